# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows an environment on one screen: lock, last release, every selected service. See modules/fleet_status.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC
from typing import Any

from ..module_utils.checks.groups import groups_health
from ..module_utils.checks.status import ServiceStatus, status_of
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.plan import drifts
from ..module_utils.lock.lease import look, look_at_hosts
from ..module_utils.lock.plan import state_line
from ..module_utils.record.journal import history
from ..module_utils.record.model import Record
from ..module_utils.record.step import with_step
from ..module_utils.render.hosts import HostStatus
from ..module_utils.render.status import Overview, out_of_step, status
from ..module_utils.state.model import StoreUnreachable
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.drift import dismissals
from ..plugin_utils.hosts import HEALTH, hosts_status
from ..plugin_utils.reading import begin_reading
from ..plugin_utils.released import Releases, find_releases, in_step, observe_released, own_hosts_status
from ..plugin_utils.smoke import failing_before

#: What the result says of a service.
_SAID = (
    *("condition", "detail", "task_definition", "tag", "digest", "running", "desired", "drift"),
    *("step", "stray", "release"),
)


class ActionModule(SlipwayAction):
    """Only reads, and takes no lock. Shows everything, then fails if something is wrong."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the status; the result says what every service runs."""
        desired = context.desired()
        begin_reading(context)
        overview = _overview(context, len(desired))
        known = find_releases(context, [*(item.name for item in desired if item.selected), *context.selected_hosts])
        items = _services(context, known, running=overview.running)
        hosts = [*_hosts(context, known), *own_hosts_status(context)]
        console = Console(lambda: overview.now)
        console.lines(status(overview, items, console.width, hosts))
        problem = out_of_step(overview, items, hosts)
        return {
            **({"failed": True, "msg": problem} if problem else {}),
            "changed": False,
            "lock": overview.lock,
            "record": overview.record["id"] if overview.record else None,
            "outcome": overview.record.get("outcome") if overview.record else None,
            "hosts": {item.name: dict(vars(item)) for item in hosts},
            "services": {item.name: {name: getattr(item, name) for name in _SAID} for item in items},
        }


def _overview(context: Context, fleet: int) -> Overview:
    environment = context.environment
    found = look(context.store, environment)
    held = found.lock is not None and found.lock.held(found.now)
    line = state_line(found.lock, found.now, UTC) if found.lock is not None else f"{environment} is not locked"
    record, problem = _newest(context)
    return Overview(
        environment=environment,
        cluster=str(context.variables.get("ecs_cluster")),
        fleet=fleet,
        now=found.now,
        lock=look_at_hosts(context.store, environment, found.now) or line,
        running=held and found.lock is not None and not found.lock.manual,
        record=record,
        hosts=len(context.hosts),
        problem=problem,
    )


def _newest(context: Context) -> tuple[Record | None, str]:
    """The newest record, or why it is unknown: what runs can be shown without it."""
    try:
        return next(history(context.store, context.environment, 1), None), ""
    except StoreUnreachable:
        raise
    except SlipwayError as error:
        return None, str(error)


def _services(context: Context, known: Releases, *, running: bool) -> list[ServiceStatus]:
    wanted = [item for item in context.desired() if item.selected]
    if not wanted:
        return []
    observation, steps = observe_released(context, wanted, known)
    arns = [arn for facts in observation.facts if facts.observed for arn in facts.observed.target_groups]
    groups = groups_health(context.clients, arns)
    drift = drifts(observation, dismissals(context.store, context.environment))
    return [
        with_step(
            status_of(facts, groups, drift.get(facts.desired.name)), steps.get(facts.desired.name), running=running
        )
        for facts in observation.facts
    ]


def _hosts(context: Context, known: Releases) -> list[HostStatus]:
    items = [
        in_step(item, known.host_step(item.name, context.kind_of(item.name), context.said(item.name, HEALTH)))
        for item in hosts_status(context)
    ]
    well = {item.name for item in items if item.verdict in ("pass", "warn", "out_of_step")}
    failing = _failing_smoke(context, well) if well else {}
    return [
        replace(item, verdict=failing[item.name][0], detail=failing[item.name][1]) if item.name in failing else item
        for item in items
    ]


def _failing_smoke(context: Context, names: Collection[str]) -> dict[str, tuple[str, str]]:
    """The verdict and its reason for each host whose smoke checks do not pass: other sources may miss that."""
    try:
        found = failing_before(context, None, names)
    except SlipwayError as error:
        return dict.fromkeys(names, ("unknown", f"the smoke checks cannot be run: {error}"))
    words = {"fail": ("fail", "failed"), "inconclusive": ("unknown", "is inconclusive")}
    said: dict[str, tuple[str, str]] = {}
    for item in found:
        verdict, word = words.get(str(item["verdict"]), words["inconclusive"])
        detail = f"smoke check {item['check']} {word}: {item['detail']}"
        said.setdefault(str(item["name"]), (verdict, detail))
    return said
