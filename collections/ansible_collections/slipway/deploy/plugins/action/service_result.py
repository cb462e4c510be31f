# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports each service's own result, after actions that ran once for all of them. See modules/service_result.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.record.result import service_result
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """Without it a failed deploy would show as a failure of one arbitrary host."""

    REPORTED = True

    def act(self, context: Context) -> dict[str, Any]:
        """The service's part of the deploy's result."""
        return service_result(context.here, self.arguments["deploy"])
