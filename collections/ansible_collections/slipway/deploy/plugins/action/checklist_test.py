# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the declared checklist on its own, without a deploy. See modules/checklist_test.py."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from ..module_utils.checks.moment import moment
from ..module_utils.checks.probes import Sentry
from ..module_utils.common.errors import SlipwayError
from ..module_utils.record.journal import history
from ..module_utils.render.checklist import checklist_table
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.checklist import declared, run_checklist, verdict_of
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading

SINCE = "checklist_since"
#: How many records are searched for the newest deploy that changed something.
_LOOKED_BACK = 50
#: Outcomes of a deploy that changed nothing.
_NOTHING = ("unchanged", "abandoned")


class ActionModule(SlipwayAction):
    """Changes nothing and takes no lock."""

    def act(self, context: Context) -> dict[str, Any]:
        """Run it; a row that is not green fails the task."""
        kinds = context.selected_by_kind
        where = f"inventories/{context.environment}"
        if not kinds:
            raise SlipwayError("there is no host to ask", where, "Add one, or correct --limit")
        given = self.arguments.get("checklist")
        probes = [probe for hosts in kinds.values() for probe in declared(context, hosts[0], given)]
        if not probes:
            raise SlipwayError(
                "no checklist is declared", where, f"Declare {' or '.join(f'{kind}_checklist' for kind in kinds)}"
            )
        since = _since(context) if any(isinstance(probe.spec, Sentry) for probe in probes) else None
        console = Console(time.time)
        if self._task.check_mode:
            console.lines([f"would ask {probe.name} ({probe.kind})" for probe in probes])
            return {"changed": False, "checklist": []}
        rows = run_checklist(context, since, rows=given)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        documents = [row.to_record(now) for row in rows]
        console.lines(checklist_table(documents, console.width))
        found = verdict_of(rows)
        result = {"changed": False, "checklist": documents}
        return {**result, "failed": True, "msg": f"{context.environment}: {found[0]}"} if found else result


def _since(context: Context) -> float | None:
    """When the newest deploy began, unless the command line overrides it."""
    given = context.variables.get(SINCE)
    if given is not None:
        said = moment(given)
        if said is None:
            raise SlipwayError(f"{str(given)[:40]!r} is not a time", f"-e {SINCE}", "Say 2026-11-20T21:04:11Z")
        return said
    if context.settings.state_store.startswith("s3://"):
        begin_reading(context, account=False)
    for record in history(context.store, context.environment, _LOOKED_BACK):
        if record.get("outcome") not in _NOTHING and record.get("started_at") is not None:
            return float(record["started_at"])
    return None
