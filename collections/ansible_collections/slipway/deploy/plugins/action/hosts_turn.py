# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records which step hosts are about to take, and its result. See modules/hosts_turn.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..module_utils.common.command import resume_commands
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.failure import Cause
from ..module_utils.hosts import progress
from ..module_utils.hosts.by_kind import of_kind
from ..module_utils.hosts.migrations import is_settled
from ..module_utils.render.hosts import host_lines
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.hosts import STAGE_FAILED, STAGED, after_turn, failure_of, missing
from ..plugin_utils.work import Work, summary_of, work_on


class ActionModule(SlipwayAction):
    """Checks the lock before hosts are changed; the result says which hosts take the step."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Run the step; the result has the hosts of this batch that take it, and a summary of the record."""
        steps: dict[str, Callable[[Work, Sequence[str]], list[str]]] = {
            "stage": _stage,
            "staged": _staged,
            "switch": _switch,
            "switched": _switched,
            "undo": _undo,
            "undone": _undone,
        }
        with work_on(context) as work:
            work.apply_cancel()
            names = steps[self.arguments["step"]](work, context.batch)
            record = work.journal.record
            work.console.lines(_said(record, names, self.arguments["step"]))
            # A host of a resumed deploy may no longer be in the inventory.
            batch = [item for item in progress.hosts_of(record) if item["name"] in context.batch]
            return {
                "changed": False,
                "hosts": names,
                "changing": [item["name"] for item in progress.hosts_of(record)],
                "kinds": {kind: _of_kind(context, record, kind, names) for kind in record.get("releases") or {}},
                "links": {
                    item["name"]: progress.links_before(item, str(context.of_group(item["name"], "service")))
                    for item in batch
                },
                "files": {item["name"]: progress.files_before(item) for item in batch},
                "before": {item["name"]: progress.release_before(item) for item in batch},
                **summary_of(record),
            }


def _of_kind(context: Context, record: Mapping[str, Any], kind: str, names: Sequence[str]) -> dict[str, Any]:
    """What the tasks of a kind of host need from the record."""
    migrations = of_kind(record, kind)
    return {
        "release": record["releases"][kind],
        "schema": migrations.get("to"),
        "direction": migrations.get("direction"),
        "lost": progress.point_of_no_return(record, kind),
        "hosts": [name for name in names if context.kind_of(name) == kind],
    }


def _said(record: Mapping[str, Any], names: Sequence[str], step: str) -> list[str]:
    """The hosts' results, for the screen."""
    if step not in ("switched", "undone"):
        return []
    return [line for item in progress.hosts_of(record) if item["name"] in names for line in host_lines(item)]


def _stage(work: Work, batch: Sequence[str]) -> list[str]:
    names = _those(batch, progress.to_switch(work.journal.record))
    if names:
        work.guard()
    return names


def _staged(work: Work, batch: Sequence[str]) -> list[str]:
    for name in _those(batch, progress.to_switch(work.journal.record)):
        reason = failure_of(work.context.said(name, STAGE_FAILED)) or missing(work.context, name, STAGED)
        if reason:
            work.turn_back(Cause(reason, name, phase="staging"))
            break
    return _those(batch, progress.to_switch(work.journal.record))


def _switch(work: Work, batch: Sequence[str]) -> list[str]:
    names = _those(batch, progress.to_switch(work.journal.record))
    if names:
        work.guard()
        if not is_settled(work.journal.record):
            # The play that migrates ends for a host whose task failed, and the others' plays go on.
            what = "the record does not say how the migration ended"
            raise SlipwayError(
                what, work.journal.record["id"], f"Resume it: {resume_commands(work.context.environment)}"
            )
        work.write(phase="switching", **_part(progress.begin(work.journal.record, names, work.clock())))
    return names


def _switched(work: Work, batch: Sequence[str]) -> list[str]:
    record = work.journal.record
    names = _those(batch, [item["name"] for item in progress.hosts_of(record) if item["state"] == "updating"])
    thresholds = work.context.settings.host_failure_thresholds
    record = progress.end(record, after_turn(work.context, names), thresholds, work.clock())
    last = not record.get("cause") and not progress.to_switch(record)
    work.write(phase="checking" if last else record["phase"], **_part(record))
    return names


def _undo(work: Work, batch: Sequence[str]) -> list[str]:
    names = _those(batch, progress.to_undo(work.journal.record))
    if names:
        work.guard()
        work.write(phase="undoing", **_part(progress.begin_undo(work.journal.record, names, work.clock())))
    return names


def _undone(work: Work, batch: Sequence[str]) -> list[str]:
    record = work.journal.record
    names = _those(batch, [item["name"] for item in progress.hosts_of(record) if item["state"] == "undoing"])
    work.write(**_part(progress.end_undo(record, after_turn(work.context, names), work.clock())))
    return names


def _those(batch: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in batch if name in names]


def _part(record: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a record that the core changed."""
    return {"targets": record["targets"], "cause": record.get("cause")}
