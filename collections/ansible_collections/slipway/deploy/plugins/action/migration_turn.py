# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records that the database is migrated, and the result. See modules/migration_turn.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.common.failure import Cause
from ..module_utils.hosts import backup, by_kind, migrations
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.backup_hook import failure, hook_file
from ..plugin_utils.context import Context
from ..plugin_utils.hosts import failure_of
from ..plugin_utils.work import Work, summary_of, work_on


class ActionModule(SlipwayAction):
    """Runs once per deploy and kind of host; a resumed deploy reads its migrations again."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Run the step; the result says whether there is something to migrate, and has a summary of the record."""
        with work_on(context) as work:
            work.apply_cancel()
            if self.arguments["step"] == "back_up":
                return {"changed": False, **_back_up(work), **summary_of(work.journal.record)}
            if self.arguments["step"] == "begin":
                return {"changed": False, "due": _begin(work), **summary_of(work.journal.record)}
            given = self.arguments["result"]
            result = given if isinstance(given, Mapping) else {}
            if self.arguments["step"] == "backed_up":
                _backed_up(work, result, self.arguments["failure"], succeeded=self.arguments["succeeded"])
            else:
                _end(work, result, self.arguments["failure"])
            return {"changed": False, "due": False, **summary_of(work.journal.record)}


def _back_up(work: Work) -> dict[str, Any]:
    """Before the hook: return its variables. A backup that a killed run took is not repeated."""
    record, kind = work.journal.record, _kind(work)
    due = backup.is_due(record, by_kind.of_kind(record, kind))
    hook = hook_file(work.context, work.context.here) if due else None
    if hook is None:
        return {"due": False}
    work.guard()
    begun = backup.begun(record, work.time_of_day(), kind=kind if by_kind.has_several(record) else "")
    _write(work, begun, phase="backing_up")
    release = (record.get("releases") or {}).get(kind) or {}
    return {"due": True, "hook": str(hook), "label": begun["backup"]["label"], "release": release.get("tag") or ""}


def _backed_up(work: Work, backup_said: Mapping[str, Any], failed: Mapping[str, Any], *, succeeded: bool) -> None:
    """After the hook: without a backup there is no migration."""
    host = work.context.here
    if failed or not succeeded:
        reason = failure(failed, failure_of(failed)) if failed else "the hook did not finish"
        remedy = f"Correct {_kind(work)}_backup_hook, or what it needs, then run this again"
        what = f"the backup before the migration failed: {reason.rstrip('.')}. {remedy}"
        work.turn_back(Cause(what, host, phase="backing_up"))
    else:
        _write(work, backup.ended(by_kind.of_kind(work.journal.record, _kind(work)), backup_said))


def _kind(work: Work) -> str:
    """The kind of the host that migrates."""
    return work.context.kind_of(work.context.here)


def _write(work: Work, changed: Mapping[str, Any], **fields: Any) -> None:
    """Record the migrations of the kind."""
    work.write(migrations=by_kind.with_kind(work.journal.record, _kind(work), changed), **fields)


def _begin(work: Work) -> bool:
    record = work.journal.record
    found = by_kind.of_kind(record, _kind(work))
    due = found.get("state") in ("planned", "running") and not record.get("cause") and not record.get("hold")
    if due:
        work.guard()
        # The time to restore to is the database's own, which the migration reports; until then the store's is used.
        restore_to = found.get("restore_to") or work.time_of_day()
        _write(work, {**migrations.begun(found), "restore_to": restore_to}, phase="migrating")
    return due


def _end(work: Work, result: Mapping[str, Any], failed: Mapping[str, Any]) -> None:
    host, found = work.context.here, by_kind.of_kind(work.journal.record, _kind(work))
    if found.get("state") != "running":
        return
    reason = failure_of(failed)
    said: dict[str, Any] = dict(failed or result)
    if reason or said.get("unreachable") or not said:
        said["failed"] = True
        reason = reason or "the host that runs the migration cannot be reached, so its progress is not known"
    _write(work, migrations.ended(found, said))
    if said.get("failed"):
        work.turn_back(Cause(f"the migration failed: {reason}", host, phase="migrating"))
