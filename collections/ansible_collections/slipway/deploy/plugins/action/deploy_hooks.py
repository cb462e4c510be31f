# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Returns the hooks that are due at a point of a deploy, and records a failed hook. See modules/deploy_hooks.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.failure import Cause
from ..module_utils.common.text import clean
from ..module_utils.environment.hooks import HOOKS, is_due
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.task_files import hook_files
from ..plugin_utils.work import work_on


class ActionModule(SlipwayAction):
    """Does not fail for a failed hook: the record makes the deploy undo its changes."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """The result lists the hook files that are due."""
        point, failed = self.arguments["point"], clean(self.arguments["failed"])
        files = hook_files(context).get(point, [])
        if not files:
            return {"changed": False, "files": []}
        held = context.files.load()
        if held is None or held.record is None:
            # The deploy has ended, and its lock is free.
            if failed:
                display.warning(_failure(point, failed))
            return {"changed": False, "files": files if point == "after_finish" and not failed else []}
        with work_on(context) as work:
            record = work.journal.record
            if failed and record.get("cause"):
                display.warning(_failure(point, failed))
            elif failed:
                work.turn_back(Cause(_failure(point, failed), phase=str(record["phase"])))
            due = not failed and is_due(point, bool(record["targets"]), bool(record.get("cause")))
        return {"changed": False, "files": files if due else []}


def _failure(point: str, reason: str) -> str:
    return f"a hook of {HOOKS}.{point} failed: {reason.rstrip('.')}"
