# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows an environment on one screen: lock, last release, every selected service. See modules/fleet_status.py."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.checks.groups import groups_health
from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import ServiceStatus, status_of
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import drifts
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import look, look_at_hosts
from ansible_collections.slipway.deploy.plugins.module_utils.lock.plan import state_line
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import history
from ansible_collections.slipway.deploy.plugins.module_utils.render.status import Overview, status
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.console import Console
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.drift import dismissals
from ansible_collections.slipway.deploy.plugins.plugin_utils.hosts import hosts_status
from ansible_collections.slipway.deploy.plugins.plugin_utils.reading import begin_reading


class ActionModule(SlipwayAction):
    """Only reads, and takes no lock. It fails only when it cannot read: a service in trouble is no failure of this."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the status; what every service runs is the result."""
        desired = context.desired()
        begin_reading(context)
        overview = _overview(context, len(desired))
        items = _services(context)
        console = Console(lambda: overview.now)
        hosts = hosts_status(context)
        console.lines(status(overview, items, console.width, hosts))
        return {
            "changed": False,
            "lock": overview.lock,
            "record": overview.record["id"] if overview.record else None,
            "outcome": overview.record.get("outcome") if overview.record else None,
            "hosts": {item.name: dict(vars(item)) for item in hosts},
            "services": {
                item.name: {
                    "condition": item.condition,
                    "detail": item.detail,
                    "task_definition": item.task_definition,
                    "tag": item.tag,
                    "digest": item.digest,
                    "running": item.running,
                    "desired": item.desired,
                    "drift": item.drift,
                }
                for item in items
            },
        }


def _overview(context: Context, fleet: int) -> Overview:
    environment = context.environment
    found = look(context.store, environment)
    held = found.lock is not None and found.lock.held(found.now)
    line = state_line(found.lock, found.now, UTC) if found.lock is not None else f"{environment} is not locked"
    return Overview(
        environment=environment,
        cluster=str(context.variables.get("ecs_cluster")),
        fleet=fleet,
        now=found.now,
        lock=look_at_hosts(context.store, environment, found.now) or line,
        running=held and found.lock is not None and not found.lock.manual,
        record=next(history(context.store, environment, 1), None),
        hosts=len(context.hosts),
    )


def _services(context: Context) -> list[ServiceStatus]:
    wanted = [item for item in context.desired() if item.selected]
    if not wanted:
        return []
    observation = observe(wanted, context.clients, TaskDefinitionCache(context.cache_directory), resolve_images=False)
    arns = [arn for facts in observation.facts if facts.observed for arn in facts.observed.target_groups]
    groups = groups_health(context.clients, arns)
    drift = drifts(observation, dismissals(context.store, context.environment))
    return [status_of(facts, groups, drift.get(facts.desired.name)) for facts in observation.facts]
