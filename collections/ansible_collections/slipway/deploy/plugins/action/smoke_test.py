# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the declared HTTP checks on their own, without a deploy. See modules/smoke_test.py."""

from __future__ import annotations

import time
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.render.checks import smoke_table
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.endpoint import endpoint_of
from ..plugin_utils.reading import begin_reading
from ..plugin_utils.smoke import declared_jobs, idle_services, run_jobs


class ActionModule(SlipwayAction):
    """Changes nothing and takes no lock."""

    def act(self, context: Context) -> dict[str, Any]:
        """Run them; a check that does not pass fails the task."""
        begin_reading(context)
        endpoint = endpoint_of(context) if context.services else None
        jobs = declared_jobs(context, endpoint, self.arguments.get("smoke_checks"))
        if not jobs:
            where = f"inventories/{context.environment}"
            raise SlipwayError("no smoke check is declared", where, "Declare smoke_checks, or <group>_smoke_checks")
        documents = run_jobs(context, jobs, idle_services(context), lambda: False)
        console = Console(time.time)
        console.lines(smoke_table(documents, console.width))
        bad = [item for item in documents if item["verdict"] not in ("pass", "warn")]
        if not bad:
            return {"changed": False, "smoke": documents}
        first = bad[0]
        what = f"{len(bad)} of {len(documents)} smoke checks did not pass"
        where = f"{first['name']} {first['check']}: {first['detail']}"
        return {"changed": False, "failed": True, "smoke": documents, "msg": f"{context.environment}: {what}: {where}"}
