# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Combines Flyway's state of the database with the files' declarations. Pure; Python 3.8."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model import Migration, MigrationPlan, Row, Script, version_key

# The words of Flyway's MigrationState.
_PENDING, _IGNORED, _MISSING, _FUTURE = "Pending", "Ignored", "Missing", "Future"
_BASELINE = "Baseline"
_APPLIED = frozenset({"Success", _MISSING, _FUTURE, "Out of Order", _BASELINE, "Outdated", "Superseded"})


def plan_migrations(rows: Sequence[Row], scripts: Iterable[Script], baseline: str | None = None) -> MigrationPlan:
    """What Flyway would do.

    :param baseline: the version assumed for a schema without history: older migrations are not applied.
    """
    if baseline is not None:
        below = version_key(baseline)
        rows = [
            row for row in rows if not (row.state == _PENDING and row.version and version_key(row.version) <= below)
        ]
    files = {script.key: script for script in scripts}

    def joined(row: Row) -> Migration:
        file = files.get(row.key)
        return Migration(row.version, row.description, file.path if file else "", bool(file and file.compatible))

    def those(*states: str) -> tuple[Migration, ...]:
        return tuple(joined(row) for row in rows if row.state in states)

    return MigrationPlan(
        schema=_highest(row.version for row in rows if row.state in _APPLIED),
        target=_highest(script.version for script in files.values()),
        pending=those(_PENDING),
        failed=tuple(joined(row) for row in rows if row.state.startswith("Failed")),
        out_of_order=those(_IGNORED),
        missing=those(_MISSING),
        future=those(_FUTURE),
        applied=those(*(_APPLIED - {_BASELINE})),
    )


def newly_applied(before: MigrationPlan, after: MigrationPlan) -> tuple[Migration, ...]:
    """Migrations that were pending and are applied now."""
    still = {item.key for item in (*after.pending, *after.failed)}
    done = {item.key for item in after.applied}
    return tuple(item for item in before.pending if item.key in done and item.key not in still)


def untouched(before: MigrationPlan, after: MigrationPlan) -> bool:
    """Whether a failed migration was rolled back completely, and none before it was applied."""
    return not after.failed and not newly_applied(before, after) and after.schema == before.schema


def _highest(versions: Iterable[str]) -> str | None:
    return max((version for version in versions if version), key=version_key, default=None)
