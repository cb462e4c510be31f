# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deploy's migrations, and which releases are compatible with them. Pure.

After a migration that is not declared backward-compatible, older releases cannot run: the deploy cannot be undone
completely, and a rollback past it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..common.command import again
from ..common.errors import SlipwayError
from . import backup
from .by_kind import by_kind, of_kind
from .model import Release

#: The direction of downgrades; upgrades have none.
DOWN: Final = "down"
_NONE: dict[str, Any] = {"state": "none", "from": None, "to": None, "pending": [], "applied": [], "restore_to": None}


def planned_migrations(found: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's migrations in the record before any of them runs.

    :param found: the result of ``flyway`` for the database: ``schema_before`` and ``pending``.
    """
    pending = [_entry(item) for item in found.get("pending") or ()]
    version = found.get("schema_before")
    if not pending:
        # Flyway's callbacks run with each release: one that failed the last time must run again.
        state = "planned" if found.get("callbacks") else "none"
        return {**_NONE, "state": state, "from": version, "to": version}
    return {**_NONE, "state": "planned", "from": version, "to": pending[-1]["version"], "pending": pending}


def is_begun(migrations: Mapping[str, Any]) -> bool:
    """Whether migrations began: then the database may have changed."""
    return migrations.get("state") in ("running", "done", "failed")


def has_begun(record: Mapping[str, Any]) -> bool:
    """Whether any of a record's migrations began."""
    return any(map(is_begun, by_kind(record).values()))


def is_settled(record: Mapping[str, Any]) -> bool:
    """Whether all of a record's migrations have ended, successfully or not: until then no new release may run."""
    return all(item.get("state") not in ("planned", "running") for item in by_kind(record).values())


def known_schema(records: Iterable[Mapping[str, Any]], kind: str) -> str | None:
    """The schema's version in the newest record that has one; ``None`` if unknown.

    :param records: the environment's records, newest first; read until the first that has it.
    :param kind: the kind of host whose database it is.
    """
    for record in records:
        done = of_kind(record, kind)
        if done.get("state") in ("running", "failed"):
            return None
        if done.get("state") in ("done", "none") and done.get("to"):
            return str(done["to"])
    return None


def begun(migrations: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's migrations just before they run; ``attempts`` counts the runs that started them."""
    return {**migrations, "state": "running", "attempts": int(migrations.get("attempts") or 0) + 1}


def ended(migrations: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's migrations in the record after they ran or failed.

    :param said: the result of ``flyway``; ``failed`` when it failed.
    """
    planned = list(migrations.get("pending") or ())
    before, applied, pending = _fates(planned, said)
    failed = bool(said.get("failed"))
    # A killed run may have begun migrations that this one could not even read.
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
    """The migrations applied before this run (by a killed one), by this run, and those that may have begun."""
    if "applied" not in said:
        # Progress is unknown: all pending migrations may have begun.
        return [], [], planned
    due = {_entry(item)["version"] for item in said.get("pending", planned)}
    before = [item for item in planned if item["version"] not in due]
    applied = [_entry(item) for item in said["applied"]]
    if "failed_migrations" in said:
        # A migration that failed and was rolled back never began, for the database; nor did those after it.
        return before, applied, [_entry(item) for item in said["failed_migrations"]]
    done = {item["version"] for item in applied}
    return before, applied, [item for item in planned if item["version"] in due - done]


@dataclass(frozen=True)
class Moved:
    """The migrations since a release last ran.

    :ivar applied: all of them, the newest first.
    :ivar versions: those not declared compatible, sorted.
    :ivar restore_to: the time just before the first of these, ISO 8601, UTC.
    :ivar schema: the schema version that the release last ran with.
    :ivar backup: the backup taken just before the first of these.
    """

    applied: tuple[Mapping[str, Any], ...] = ()
    versions: tuple[str, ...] = ()
    restore_to: str | None = None
    schema: str | None = None
    backup: Mapping[str, Any] | None = None


def moved_since(records: Iterable[Mapping[str, Any]], release: Release) -> Moved:
    """The migrations since a release last ran; none for one that never ran here: it is newer than the schema.

    :param records: the environment's records, newest first; read until the newest successful one of the release.
    """
    applied: list[Mapping[str, Any]] = []
    taken_back: set[str] = set()
    versions: set[str] = set()
    first_bad: Mapping[str, Any] = {}
    for record in records:
        migrations = of_kind(record, release.group)
        ran = (record.get("releases") or {}).get(release.group) or {}
        if ran.get("digest") == release.digest and record.get("outcome") == "succeeded":
            # That run may have been forced: the schema was ahead of the release already.
            versions.update(map(str, migrations.get("behind") or ()))
            restore_to, kept = first_bad.get("restore_to"), backup.taken(first_bad)
            return Moved(tuple(applied), tuple(sorted(versions)), restore_to, migrations.get("to"), kept)
        if migrations.get("direction") == DOWN:
            taken_back.update(str(item.get("version")) for item in touched(migrations))
            continue
        since = [item for item in reversed(touched(migrations)) if str(item.get("version")) not in taken_back]
        applied += since
        bad = {str(item.get("version")) for item in since if not item.get("compatible")}
        versions |= bad
        first_bad = migrations if bad and (migrations.get("restore_to") or not first_bad) else first_bad
    return Moved()


def refuse_behind(moved: Moved, release: Release, migrations: Mapping[str, Any], *, forced: bool) -> tuple[str, ...]:
    """Refuse to run an older release on a schema that has moved past what it can read.

    :param forced: whether the operator forces it; then it is a warning.
    :return: warnings.
    :raises SlipwayError: naming the migrations and, if known, the time to restore to.
    """
    if not moved.versions:
        return ()
    what = f"the schema has moved past {release.tag}: {_migrations(moved.versions)} not declared backward-compatible"
    if forced:
        return (f"{what}; rolling back to it anyway, because force is set",)
    where = f"schema version {migrations.get('from')}" if migrations.get("from") else None
    remedy = f"{_restore(moved)} first, or insist: {again(force_schema='true')}"
    if not _unsafe(moved):
        remedy = f"Downgrade the schema as well: {again(downgrade_schema='true')}. Otherwise: {remedy}"
    raise SlipwayError(what, where, remedy)


def planned_downgrade(moved: Moved, release: Release, schema: str | None) -> dict[str, Any]:
    """A kind's migrations in the record of a rollback that downgrades the schema as well, before they run.

    :param schema: the database's version.
    :raises SlipwayError: a migration in between is not declared safe to downgrade.
    """
    unsafe = _unsafe(moved)
    if unsafe:
        what = f"the schema cannot be downgraded to {release.tag}'s: {_migrations(unsafe)} not declared downgrade-safe"
        raise SlipwayError(what, "-e downgrade_schema", f"{_restore(moved)} instead (point-in-time recovery)")
    if not moved.applied:
        return {**_NONE, "from": schema, "to": schema}
    # After this, a release of the newer schema cannot be restored.
    pending = [{**_entry(item), "compatible": False} for item in moved.applied]
    to = moved.schema or "base"
    return {**_NONE, "state": "planned", "direction": DOWN, "from": schema, "to": to, "pending": pending}


def _unsafe(moved: Moved) -> tuple[str, ...]:
    """The migrations not declared safe to downgrade; unknown for those left by a forced rollback."""
    safe = {str(item.get("version")): bool(item.get("downgrade_safe")) for item in moved.applied}
    return tuple(version for version in dict.fromkeys([*safe, *moved.versions]) if not safe.get(version))


def _migrations(versions: Sequence[str]) -> str:
    plural = len(versions) != 1
    return f"migration{'s' if plural else ''} {', '.join(versions)} {'are' if plural else 'is'}"


def _restore(moved: Moved) -> str:
    kept = backup.words(moved.backup)
    return f"Restore the database{f' to {moved.restore_to}' if moved.restore_to else ''}{f' ({kept})' if kept else ''}"


def touched(migrations: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The migrations that a deploy applied or may have begun.

    :param migrations: those of one kind in its record.
    """
    return [*(migrations.get("applied") or ()), *(migrations.get("pending") or ())] if is_begun(migrations) else []


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    entry = {
        "version": str(item.get("version")),
        "description": str(item.get("description") or ""),
        "compatible": bool(item.get("compatible")),
    }
    # Only Alembic can downgrade.
    return {**entry, "downgrade_safe": bool(item["downgrade_safe"])} if "downgrade_safe" in item else entry
