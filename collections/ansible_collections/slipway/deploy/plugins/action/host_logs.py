# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fetches a host's logs of its service. See modules/host_logs.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ..module_utils.logs.archive import HostLogs, keep
from ..module_utils.logs.arguments import LOGS
from ..plugin_utils.context import NO_CONNECTION, Context
from ..plugin_utils.on_host import HostAction
from ..plugin_utils.reading import whole_number

MOST_LINES = 50_000
LINES = 1000
#: The directory among the run's files that the archive is made from.
STAGE = "logs"


class ActionModule(HostAction):
    """Connects to the host once; an error there is noted in the archive."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = LOGS

    def act(self, context: Context) -> dict[str, Any]:
        """Fetch the logs; the result is their summary."""
        lines = LINES
        if self.arguments.get("lines") not in (None, ""):
            lines = whole_number(self.arguments["lines"], "lines", MOST_LINES)
        host = self._fetch(context, lines)
        keep(context.files.directory / STAGE, host)
        if host.problem:
            return {"changed": False, "problem": host.problem}
        return {"changed": False, "summary": dict(host.summary)}

    def _fetch(self, context: Context, lines: int) -> HostLogs:
        kind = context.kind_of(context.here)
        if not context.is_reached(context.here, kind):
            setting = f"{kind}_connection: {NO_CONNECTION}"
            problem = f"it is not reached from here ({setting}); run this on the host itself"
            return HostLogs(context.here, problem=problem)
        try:
            answer = self.on_host(lines=lines)
        except AnsibleConnectionFailure as error:
            return HostLogs(context.here, problem=_line(error.message) or "no answer")
        if answer.get("failed") or "parts" not in answer:
            return HostLogs(context.here, problem=_line(answer.get("msg") or "the host's answer cannot be read"))
        return HostLogs(context.here, answer["parts"], answer["summary"], tuple(answer["problems"]))


def _line(message: object) -> str:
    return " ".join(str(message).split())[:300]
