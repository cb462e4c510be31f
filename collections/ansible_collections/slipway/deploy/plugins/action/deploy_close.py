# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ends a deploy: undoes what must be undone, closes the record and releases the lock. See modules/deploy_close.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.command import resume_commands
from ..module_utils.hosts import progress
from ..module_utils.record.model import Record, closed, outcome_of, undo_was_asked
from ..module_utils.record.result import GOOD
from ..module_utils.render.card import card
from ..module_utils.render.recap import recap
from ..module_utils.rollout import machine
from ..module_utils.rollout.document import rollout_of
from ..module_utils.rollout.model import Rollout
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.notify import notify
from ..plugin_utils.work import Work, release_lock, summary_of, work_on
from ..plugin_utils.workflow import annotate, write_outputs


class ActionModule(SlipwayAction):
    """Does not fail for a failed deploy: service_result reports that for each service, on its own host."""

    ON_RECORD = True
    CLOSES_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """End it; the result is a summary of the closed record."""
        held = context.files.load()
        if held is None or held.record is None:
            release_lock(context)
            return {"changed": False}
        with work_on(context) as work:
            work.apply_cancel()
            self._settle(work)
            late = work.cancel.why() if work.journal.record["outcome"] in GOOD else None
            release_lock(context)
            notify(context, work, "end")
            record = work.journal.record
            work.console.finish()
            work.console.lines(_screen(record, work.console.width))
            write_outputs({"record": record["id"], "outcome": record["outcome"] or "unfinished"})
            if record["outcome"] not in GOOD and not undo_was_asked(record):
                annotate(
                    card(record) or _screen(record, None),
                    f"{record['environment']}: {record['outcome'] or 'unfinished'}",
                )
            if late:
                work.console.lines([f"{late}, but the deploy had already ended: nothing is undone"])
        hosts = [item["name"] for item in progress.hosts_of(record)]
        return {"changed": bool(record["targets"]), "hosts": hosts, **summary_of(record)}

    def _settle(self, work: Work) -> None:
        rollout = rollout_of(work.journal.record)
        if rollout.cause is not None and not machine.finished(rollout):
            rollout = work.undo()
        record = work.journal.record
        left = progress.left_behind(record)
        if left is not None and not record.get("hold"):
            record = {**record, "hold": left.to_record()}
        outcome = _outcome(record, rollout)
        if outcome is None:
            return  # The next run resumes it.
        if outcome == "held":
            record = {**record, "cause": record["hold"]}
        work.journal.write(closed(record, outcome, work.clock()))


def _outcome(record: Record, rollout: Rollout) -> str | None:
    if not machine.finished(rollout) or not progress.finished(record):
        return None
    if rollout.cause is not None:
        return "needs_person" if progress.needs_person(record) else outcome_of(rollout)
    if record.get("hold"):
        return "held"
    return "succeeded" if record["targets"] else "unchanged"


def _screen(record: Record, width: int | None) -> list[str]:
    if record["outcome"] is None:
        go_on = resume_commands(record["environment"])
        return [f"{record['environment']}: the deploy {record['id']} is unfinished. Resume it: {go_on}"]
    return recap(record, width) + card(record, width)
