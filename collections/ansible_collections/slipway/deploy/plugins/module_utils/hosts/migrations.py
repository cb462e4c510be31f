# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy does to the database, and which releases can live with it. Pure.

A migration that is not declared backward-compatible is one that older releases cannot run on: after it, nothing can be
all as before, and a rollback past it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def has_begun(record: Mapping[str, Any]) -> bool:
    """Whether a record's migrations began: then the database may not be as it was before."""
    return (record.get("migrations") or {}).get("state") in ("running", "done", "failed")


def is_settled(record: Mapping[str, Any]) -> bool:
    """Whether a record's migrations are over, well or badly: until then no new release may be run."""
    return (record.get("migrations") or {}).get("state") not in ("planned", "running")


def known_schema(records: Iterable[Mapping[str, Any]]) -> str | None:
    """The schema's version as the newest record that dealt with it says; ``None`` when nobody knows.

    :param records: the environment's records, newest first; read back to the first that says it.
    """
    for record in records:
        done = record.get("migrations") or {}
        if done.get("state") in ("running", "failed"):
            return None
        if done.get("state") in ("done", "none") and done.get("to"):
            return str(done["to"])
    return None


def begun(migrations: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` just before they are carried out; ``attempts`` counts the runs that did that."""
    return {**migrations, "state": "running", "attempts": int(migrations.get("attempts") or 0) + 1}


def ended(migrations: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` after they were carried out, or were not.

    :param said: the result of ``database_migration``; ``failed`` when it failed.
    """
    planned = list(migrations.get("pending") or ())
    before, applied, pending = _fates(planned, said)
    failed = bool(said.get("failed"))
    # A run that was killed may have begun what this one could not even look at.
    known = "pending" in said or int(migrations.get("attempts") or 1) <= 1
    untouched = failed and said.get("begun") is False and known and not before
    restore_to = migrations.get("restore_to") if before else said.get("started_at")
    return {
        **migrations,
        "state": "planned" if untouched else "failed" if failed else "done",
        "to": said.get("schema_after") or migrations.get("to"),
        "applied": [*before, *applied],
        "pending": planned if untouched else pending if failed else [],
        "restore_to": restore_to or migrations.get("restore_to"),
    }


def _fates(
    planned: list[dict[str, Any]], said: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """What was applied before this run (by one that was killed), what this one applied, and what may have begun."""
    if "applied" not in said:
        # It did not say how far it came: all that were to run may have begun.
        return [], [], planned
    due = {_entry(item)["version"] for item in said.get("pending", planned)}
    before = [item for item in planned if item["version"] not in due]
    applied = [_entry(item) for item in said["applied"]]
    if "failed_migrations" in said:
        # What failed and was rolled back whole never began, for the database; what was to come after it neither.
        return before, applied, [_entry(item) for item in said["failed_migrations"]]
    done = {item["version"] for item in applied}
    return before, applied, [item for item in planned if item["version"] in due - done]


def moved_past(records: Iterable[Mapping[str, Any]], release: Release) -> list[str]:
    """The migrations since a release last ran that are not declared compatible, by version.

    :param records: the environment's records, newest first; read back to the newest that ran the release well.
    """
    moved: list[str] = []
    for record in records:
        ran = (record.get("releases") or {}).get(release.group) or {}
        if ran.get("digest") == release.digest and record.get("outcome") == "succeeded":
            # Somebody may have insisted on that run: the schema was past the release then already.
            return sorted({*moved, *map(str, (record.get("migrations") or {}).get("behind") or ())})
        moved += [str(item.get("version")) for item in touched(record) if not item.get("compatible")]
    return []  # A release that never ran here is newer than the schema; Flyway says if it is not.


def refuse_behind(
    moved: Sequence[str], release: Release, migrations: Mapping[str, Any], *, forced: bool
) -> tuple[str, ...]:
    """Refuse to run an older release on a schema that has moved past what it can read.

    :param moved: what :func:`moved_past` found.
    :param forced: whether the operator insists; then it is a warning.
    :return: warnings.
    :raises SlipwayError: naming the migrations.
    """
    if not moved:
        return ()
    verb = "is" if len(moved) == 1 else "are"
    names = f"migration{'' if len(moved) == 1 else 's'} {', '.join(moved)} {verb}"
    what = f"the schema has moved past {release.tag}: {names} not declared backward-compatible"
    if forced:
        return (f"{what}; going back to it all the same, because force is given",)
    where = f"schema version {migrations.get('from')}" if migrations.get("from") else None
    raise SlipwayError(what, where, "Restore the database first, or insist with -e force_schema=true")


def touched(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The migrations that a record's deploy applied or may have begun."""
    migrations = record.get("migrations") or {}
    return [*(migrations.get("applied") or ()), *(migrations.get("pending") or ())] if has_begun(record) else []


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": str(item.get("version")),
        "description": str(item.get("description") or ""),
        "compatible": bool(item.get("compatible")),
    }
