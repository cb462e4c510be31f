# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims the environment for a host that deploys itself. See modules/host_claim.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.lock import hosts
from ansible_collections.slipway.deploy.plugins.module_utils.lock.claims import HostClaim
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """Writes below the host's own prefix of the state store only; in check mode it only looks."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "state": {"type": "str", "default": "taken", "choices": ["taken", "held", "given_back"]},
        "owner": {"type": "str", "required": True},
        "limit": {"type": "int", "default": 7200},
        "wait": {"type": "int", "default": 0},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; the claim as it is then."""
        store, env, host, owner = context.store, context.environment, context.here, self.arguments["owner"]
        if self._task.check_mode:
            return {"changed": False}
        match self.arguments["state"]:
            case "given_back":
                return {"changed": hosts.give_back(store, env, host, owner)}
            case "held":
                return {"changed": False, **_said(hosts.require(store, env, host, owner))}
            case _:
                limit, wait = float(self.arguments["limit"]), float(self.arguments["wait"])
                claim = hosts.take(store, env, host, owner, limit=limit, wait=wait)
                return {"changed": False, **_said(claim)}


def _said(claim: HostClaim) -> dict[str, Any]:
    return {"owner": claim.owner, "taken_at": claim.taken_at, "expires_at": claim.expires_at}
