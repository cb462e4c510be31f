# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes into the record that the database is migrated, and what became of it. See modules/migration_turn.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.common.failure import Cause
from ..module_utils.hosts import backup, migrations
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.backup_hook import failure, hook_file
from ..plugin_utils.context import Context
from ..plugin_utils.hosts import failure_of
from ..plugin_utils.work import Work, summary_of, work_on


class ActionModule(SlipwayAction):
    """Once per deploy: migrations of a deploy that is taken up again are looked at anew by Flyway itself."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Carry the step out; whether there is something to migrate, and the record in short."""
        with work_on(context) as work:
            work.heed_cancel()
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
    """Before the hook; what it is told. A backup that a killed run has taken is not taken again."""
    record = work.journal.record
    hook = hook_file(work.context) if backup.is_due(record) else None
    if hook is None:
        return {"due": False}
    work.guard()
    work.write(phase="backing_up", migrations=backup.begun(record, work.time_of_day()))
    release = (record.get("releases") or {}).get(work.context.group) or {}
    return {
        "due": True,
        "hook": str(hook),
        "label": work.journal.record["migrations"]["backup"]["label"],
        "release": release.get("tag") or "",
    }


def _backed_up(work: Work, backup_said: Mapping[str, Any], failed: Mapping[str, Any], *, succeeded: bool) -> None:
    """After the hook: without a backup there is no migration."""
    context, host = work.context, work.context.here
    found = work.journal.record["migrations"]
    if failed or not succeeded:
        reason = failure(failed, failure_of(failed)) if failed else "the hook did not finish"
        remedy = f"Correct {context.group}_backup_hook, or what it needs, then run this again"
        what = f"the backup before the migration failed: {reason.rstrip('.')}. {remedy}"
        work.turn_back(Cause(what, host, phase="backing_up"))
    else:
        work.write(migrations=backup.ended(found, backup_said))


def _begin(work: Work) -> bool:
    record = work.journal.record
    found = record.get("migrations") or {}
    due = found.get("state") in ("planned", "running") and not record.get("cause") and not record.get("hold")
    if due:
        work.guard()
        # The moment to restore to is the database's own, which the migration says; until then the store's will do.
        restore_to = found.get("restore_to") or work.time_of_day()
        work.write(phase="migrating", migrations={**migrations.begun(found), "restore_to": restore_to})
    return due


def _end(work: Work, result: Mapping[str, Any], failed: Mapping[str, Any]) -> None:
    record, host = work.journal.record, work.context.here
    if (record.get("migrations") or {}).get("state") != "running":
        return
    reason = failure_of(failed)
    said: dict[str, Any] = dict(failed or result)
    if reason or said.get("unreachable") or not said:
        said["failed"] = True
        reason = reason or "the host that runs the migration cannot be reached, so its progress is not known"
    work.write(migrations=migrations.ended(record["migrations"], said))
    if said.get("failed"):
        work.turn_back(Cause(f"the migration failed: {reason}", host, phase="migrating"))
