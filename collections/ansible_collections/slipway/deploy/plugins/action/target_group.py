# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deregisters a host from its target group, or registers it again. See modules/target_group.py."""

from __future__ import annotations

import time
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts import balancer
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """Runs on the control node, for the task's host."""

    def act(self, context: Context) -> dict[str, Any]:
        """Deregister or register the host; without a target group there is nothing to do."""
        wanted = str(self.arguments["name"])
        if not wanted:
            return {"changed": False, "place": "no target group"}
        instance = instance_of(context)
        group = balancer.find_group(context.clients, wanted, context.group_file(context.here))
        if self._task.check_mode:
            place = balancer.places(context.clients, group).get(instance, balancer.Place("unused")).state
            return {"changed": (place == "unused") is (self.arguments["state"] == "returned"), "place": place}
        if self.arguments["state"] == "drained":
            drained = balancer.drain(context.clients, group, instance, time.sleep)
            return {"changed": drained.how == "drained", "place": drained.how, "ports": list(drained.ports)}
        timeout, ports = float(self.arguments["timeout"]), self.arguments["ports"]
        changed = balancer.give_back(context.clients, group, instance, timeout, time.sleep, ports)
        return {"changed": changed, "place": "healthy"}


def instance_of(context: Context) -> str:
    """The host's instance id.

    :raises SlipwayError: the inventory does not define it.
    """
    instance = str(context.variables.get("ec2_instance_id") or "")
    if not instance:
        what = f"the instance id of {context.here} is not known"
        remedy = "inventories/<env>/aws_ec2.yml sets ec2_instance_id; set it yourself for a host that is listed by hand"
        raise SlipwayError(what, f"inventories/{context.environment} (host {context.here})", remedy)
    return instance
