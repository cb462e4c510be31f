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
    """Never fails because a channel does not answer."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Notify the environment's channels, if any; the result is a summary of the record."""
        if not has_channel(context.variables, "start"):
            return {"changed": False}
        with work_on(context) as work:
            notify(context, work, "start")
            return {"changed": False, **summary_of(work.journal.record)}
