# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists an environment's releases. See modules/history.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.common.command import command
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.lock.lease import look
from ..module_utils.record.journal import history
from ..module_utils.record.model import Record, is_open, is_touched
from ..module_utils.render.history import history as history_screen
from ..module_utils.render.history import releases
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.hosts import HEALTH
from ..plugin_utils.reading import begin_reading, whole_number
from ..plugin_utils.released import find_releases, observe_released, own_records
from ..plugin_utils.workflow import write_outputs

#: Records that a rollback considers (the default of ``record.journal.history``).
LOOKED_BACK = 50
MOST_ENTRIES = 1000


class ActionModule(SlipwayAction):
    """Only reads the state store."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the releases and return them."""
        entries = whole_number(self.arguments["entries"], "entries", MOST_ENTRIES)
        begin_reading(context, account=False)
        records, problem = _read(context, max(entries, LOOKED_BACK))
        found = releases(records, context.environment, entries, LOOKED_BACK, own_records(context))
        if records and problem is None:
            astray, why = _compared(context)
            found = replace(found, astray=tuple(astray), not_compared=why)
        console = Console(lambda: 0.0)
        if found.shown or problem is None:
            console.lines(history_screen(found, console.width))
        if problem is not None:
            # What could be read is shown above; a rollback would fail on this as well.
            raise problem
        newest = records[0] if records else None
        unfinished = newest is not None and is_open(newest) and is_touched(newest)
        write_outputs({"unfinished": unfinished})
        status = command("status", context.environment)
        what = f"{context.environment} does not run what was released: {status} shows what to do"
        return {
            **({"failed": True, "msg": what} if found.astray else {}),
            "changed": False,
            "releases": [_summary(record) for record in found.shown],
            "current": found.current["id"] if found.current else None,
            "rollback_to": found.goal.release if found.goal else None,
            "out_of_step": list(found.astray),
            "unfinished": unfinished,
        }


def _compared(context: Context) -> tuple[list[str], str]:
    """Targets that do not run their release, or why that is unknown: AWS may be unreadable."""
    try:
        if context.services:
            begin_reading(context)
        wanted = [item for item in context.desired() if item.selected]
        known = find_releases(context, [*(item.name for item in wanted), *context.selected_hosts])
        _observation, steps = observe_released(context, wanted, known) if wanted else (None, {})
    except SlipwayError as error:
        return [], str(error)
    for name in context.hosts:
        said = context.said(name, HEALTH)
        if name in context.selected_hosts and not said.get("unreachable") and not said.get("failed") and said:
            steps[name] = known.host_step(name, context.kind_of(name), said)
    found = look(context.store, context.environment)
    if found.lock is not None and found.lock.held(found.now) and not found.lock.manual:
        return [], "a deploy is running"
    return [f"{name}: {step.what}" for name, step in steps.items() if step.kind == "out_of_step"], ""


def _read(context: Context, most: int) -> tuple[list[Record], SlipwayError | None]:
    records: list[Record] = []
    problems: list[SlipwayError] = []
    try:
        records.extend(history(context.store, context.environment, most, problems.append))
    except SlipwayError as error:
        problems.append(error)
    return records, SlipwayErrors(problems) if len(problems) > 1 else next(iter(problems), None)


def _summary(record: Mapping[str, Any]) -> dict[str, Any]:
    names = ("id", "kind", "label", "title", "outcome", "started_at", "finished_at")
    services = [item["name"] for item in record["targets"]]
    build = (record.get("build") or {}).get("id")
    return {**{name: record.get(name) for name in names}, "build": build, "services": services}
