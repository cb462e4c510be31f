# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rolls out the services of the open record, or undoes them. See modules/fleet_rollout.py."""

from __future__ import annotations

from typing import Any

from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.work import summary_of, work_on


class ActionModule(SlipwayAction):
    """Never fails because of a service: that is in the record, and deploy_close reports it."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Run the engine until nothing is left to do; the result is a summary of the record."""
        with work_on(context) as work:
            if work.journal.record["phase"] == "planned":
                work.console.start(work.journal.record)
                work.write(phase="rolling_out", started_at=work.journal.record.get("started_at") or work.clock())
            rollout = work.engine().run()
            work.console.finish()
            if rollout.cause is None:
                work.write(phase="checking")
            return {"changed": True, **summary_of(work.journal.record)}
