# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows the tasks, events and last log lines of the selected services. See modules/fleet_logs.py."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.logs.gather import Gatherer, most_troubled
from ..module_utils.logs.model import ServiceLogs
from ..module_utils.logs.parse import recorded_failure
from ..module_utils.record.history import REMEMBERED
from ..module_utils.record.journal import history
from ..module_utils.render.logs import logs
from ..module_utils.render.when import stamp
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading, whole_number

#: How many services are shown in one run; failing services come first.
SERVICES = 12
#: Lines of each log: of one service, and of each of several.
LINES_OF_ONE = 50
LINES_OF_EACH = 10
MOST_LINES = 1000


class ActionModule(SlipwayAction):
    """Only reads; the state store is needed only for what ECS no longer has."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the logs; the result says how much was found."""
        wanted = [item for item in context.desired() if item.selected]
        count = LINES_OF_ONE if len(wanted) == 1 else LINES_OF_EACH
        if self.arguments.get("lines") not in (None, ""):
            count = whole_number(self.arguments["lines"], "lines", MOST_LINES)
        begin_reading(context)
        now = time.time()
        gatherer = Gatherer(context.clients, str(context.aws.region), count, partial(stamp, now=now))
        observed = gatherer.observe(wanted)
        shown = most_troubled(wanted, observed, SERVICES)
        found = _with_records(context, gatherer.gather(shown, observed))
        console = Console(time.time)
        console.lines(logs(found, now, console.width, hidden=len(wanted) - len(shown)))
        return {
            "changed": False,
            "services": {
                item.name: {
                    "running": item.running,
                    "desired": item.desired,
                    "failed": len(item.of_state("failed")),
                    "lines": sum(len(log.lines) for log in item.logs),
                }
                for item in found
            },
        }


def _with_records(context: Context, found: list[ServiceLogs]) -> list[ServiceLogs]:
    """Add the failure from a record to services for which ECS no longer reports one."""
    silent = [item.name for item in found if not item.of_state("failed")]
    if not silent:
        return found
    try:
        records = list(islice(history(context.store, context.environment), REMEMBERED))
    except SlipwayError as error:
        display.warning(f"the records cannot be read: {error}")
        return found
    return [
        replace(item, recorded=recorded_failure(records, item.name)) if item.name in silent else item for item in found
    ]
