# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports how a pipeline ended. See modules/report.py."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ..module_utils.common.documents import loads_or_none
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import clean
from ..module_utils.dispatch.report import Report, report
from ..module_utils.notify.pipeline import pipeline_message, pipeline_summary
from ..module_utils.notify.slack_channel import send
from ..module_utils.notify.summary_file import write_summary
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.smoke import secrets_of_run

_JOBS, _CHANGE = "SLIPWAY_JOBS", "SLIPWAY_CHANGE"
_TO = ("slack", "summary")


class ActionModule(SlipwayAction):
    """Writes a summary or sends a message; what cannot be delivered is a warning."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the verdict; it is the result."""
        to = str(self.arguments["to"])
        if to not in _TO:
            raise SlipwayError(f"{to[:40]!r} is no destination", "-e report_to", "Write slack or summary")
        found = report(loads_or_none(os.environ.get(_JOBS, "")), _JOBS)
        change = loads_or_none(os.environ.get(_CHANGE, ""))
        known = {str(name): str(value) for name, value in change.items()} if isinstance(change, Mapping) else {}
        display.display(clean(f"{context.environment}: {found.words}"))
        for name, result in found.jobs:
            display.display(clean(f"  {name}: {result}"))
        problem = "" if self._task.check_mode else self._deliver(context, to, found, known)
        if problem:
            display.warning(problem)
        return {"changed": False, "verdict": found.verdict, "words": found.words}

    def _deliver(self, context: Context, to: str, found: Report, change: Mapping[str, str]) -> str:
        variables = context.variables
        if to == "summary":
            text = pipeline_summary(found, context.environment, change)
            return write_summary(text, str(variables.get("summary_file") or "") or None, os.environ).error or ""
        message = pipeline_message(found, context.environment, change, str(context.actor["url"] or ""))
        return send(variables.get("slack"), message, secrets_of_run(context), stage="end", pause=time.sleep).said()
