# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notifies the channels that a deploy starts. See modules/notify.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.notify.channels import has_channel
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.notify import notify
from ..plugin_utils.work import summary_of, work_on


class ActionModule(SlipwayAction):
    """Never fails for a channel that does not answer."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Notify the environment's channels, if it has any; the record in short is the result."""
        if not has_channel(context.variables, "start"):
            return {"changed": False}
        with work_on(context) as work:
            notify(context, work, "start")
            return {"changed": False, **summary_of(work.journal.record)}
