# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy does to the database, and which releases can live with it. Pure.

A migration that is not declared backward-compatible is one that older releases cannot run on: after it, nothing can be
all as before, and a rollback past it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.model import Release

_NONE: dict[str, Any] = {"state": "none", "from": None, "to": None, "pending": [], "applied": [], "restore_to": None}


def planned_migrations(found: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` before any is carried out.

    :param found: what ``database_migration`` said of the database: ``schema_before`` and ``pending``.
    """
    pending = [_entry(item) for item in found.get("pending") or ()]
    version = found.get("schema_before")
    if not pending:
        return {**_NONE, "from": version, "to": version}
    return {**_NONE, "state": "planned", "from": version, "to": pending[-1]["version"], "pending": pending}


def begun(migrations: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` just before they are carried out."""
    return {**migrations, "state": "running"}


def ended(migrations: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` after they were carried out, or were not.

    :param said: the result of ``database_migration``; ``failed`` when it failed.
    """
    if "applied" in said:
        applied = [_entry(item) for item in said["applied"]]
        done = {item["version"] for item in applied}
        pending = [item for item in migrations.get("pending") or () if item["version"] not in done]
    else:
        # It did not say how far it came: all that were to run may have begun.
        applied, pending = [], list(migrations.get("pending") or ())
    # Without a word about the failing one, a failure before the first statement is a failure of nothing.
    untouched = said.get("failed") and said.get("begun") is False
    failed = bool(said.get("failed"))
    return {
        **migrations,
        "state": "planned" if untouched else "failed" if failed else "done",
        "to": said.get("schema_after") or migrations.get("to"),
        "applied": applied,
        "pending": pending if failed else [],
        "restore_to": said.get("started_at") or migrations.get("restore_to"),
    }


def refuse_behind(
    records: Iterable[Mapping[str, Any]], release: Release, migrations: Mapping[str, Any], *, forced: bool
) -> tuple[str, ...]:
    """Refuse to run an older release on a schema that has moved past what it can read.

    :param records: the environment's records, newest first; read back to the one that first ran the release.
    :param forced: whether the operator insists; then it is a warning.
    :return: warnings.
    :raises SlipwayError: naming the migrations between the release and now that are not declared compatible.
    """
    moved: list[str] = []
    known = False
    for record in records:
        ran = (record.get("releases") or {}).get(release.group) or {}
        if ran.get("digest") == release.digest and record.get("outcome") == "succeeded":
            known = True
            break
        done = record.get("migrations") or {}
        touched = done.get("applied") or (done.get("pending") if done.get("state") == "failed" else ()) or ()
        moved += [str(item.get("version")) for item in touched if not item.get("compatible")]
    if not moved or not known:
        return ()  # A release that never ran here is newer than the schema; Flyway says if it is not.
    versions = ", ".join(sorted(set(moved)))
    what = f"the schema has moved past {release.tag}: migration {versions} is not declared backward-compatible"
    if forced:
        return (f"{what}; going back to it all the same, because force is given",)
    where = f"schema version {migrations.get('from')}" if migrations.get("from") else None
    raise SlipwayError(what, where, "Restore the database first, or insist with -e force_schema=true")


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": str(item.get("version")),
        "description": str(item.get("description") or ""),
        "compatible": bool(item.get("compatible")),
    }
