# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the release that the environment's hosts should run. See modules/hosts_release.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.hosts.migrations import known_schema
from ..module_utils.record.journal import history
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.kinds.registry import host_kind
from ..plugin_utils.work import let_go


class ActionModule(SlipwayAction):
    """Only reads. Without a selected host there is nothing to find."""

    def act(self, context: Context) -> dict[str, Any]:
        """Find it; the release is the result."""
        none: dict[str, Any] = {"changed": False, "release": {}, "hosts": [], "migrate": False, "needs": {}}
        kind = self.arguments["kind"]
        # A host that boots speaks for itself, also where the others are not reached from anywhere.
        hosts = [context.here] if kind == "boot" else [n for n in context.hosts if n in context.selected_hosts]
        if not hosts:
            return none
        context.check_account()
        of_kind = host_kind(context.group)
        found = of_kind.find_release(context, kind, hosts[0])
        if found is None:
            return none
        result: dict[str, Any] = {
            "changed": False,
            "release": {**found.release.to_record(), **({"notes": found.notes.to_record()} if found.notes else {})},
            "hosts": hosts,
            "migrate": kind == "deploy" and of_kind.migrates(context, hosts[0], found.release),
            "needs": found.needs.to_document() if found.needs else {},
        }
        if kind == "boot":
            result["schema"] = known_schema(history(context.store, context.environment))
        return result

    def fail_safe(self, context: Context) -> None:
        """Give the lock back."""
        let_go(context)
