# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet's part of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..module_utils.aws.errors import error_code
from ..module_utils.builds.model import Build
from ..module_utils.builds.wanted import desired_of, explained
from ..module_utils.checks import health
from ..module_utils.checks.groups import groups_health
from ..module_utils.checks.health import Health
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.cache import TaskDefinitionCache
from ..module_utils.fleet.model import DesiredService
from ..module_utils.fleet.naming import name_images, name_running
from ..module_utils.fleet.observation import FleetObservation
from ..module_utils.fleet.observe import observe
from ..module_utils.fleet.plan import PlanOptions, plan
from ..module_utils.fleet.planned import Plan
from ..module_utils.fleet.rollback import definitions_wanted, desired_for_rollback, plan_rollback
from ..module_utils.record.history import Expected, Goal, services_of
from ..module_utils.record.journal import history
from .context import Context
from .drift import dismissals

#: How many records are searched for how long services take: not worth reading years of runs.
LOOKED_BACK = 50


def plan_fleet(context: Context, goal: Goal | None, build: Build | None = None) -> tuple[Plan, FleetObservation | None]:
    """Plan the fleet's changes; return the plan and the observation, or neither without services.

    :param goal: the goal of a rollback.
    :param build: the build that is deployed: services that it does not name stay unchanged.
    :raises SlipwayError: naming the services that cannot be deployed.
    """
    if not context.services:
        return Plan(), None
    desired = context.desired()
    dismissed = dismissals(context.store, context.environment)
    with _cluster_known(context, desired):
        if build is None:
            return _plan(context, desired, goal, dismissed)
        planned, observation = _plan(context, desired_of(build, desired), None, dismissed, build)
        # All services count for the health, as in any deploy.
        facts = zip(observation.facts, desired, strict=True)
        observed = tuple(
            replace(item, desired=replace(item.desired, selected=wanted.selected)) for item, wanted in facts
        )
        return explained(planned, build, desired), replace(observation, facts=observed)


def unhealthy(context: Context, planned: Plan, observation: FleetObservation | None) -> list[str]:
    """The services that are unhealthy before the deploy, which is then not the cause.

    Of those that it changes only certain failures: with unknown health, the deploy may still be the cause.
    """
    if observation is None:
        return []
    left = {item.desired.name for item in planned.unchanged}
    groups = groups_health(
        context.clients, (arn for item in observation.facts if item.observed for arn in item.observed.target_groups)
    )
    results = [health.judge(facts.desired.name, facts.observed, groups) for facts in observation.facts]
    return [
        item.name for item in results if item.verdict == "fail" or (item.verdict == "unknown" and item.name in left)
    ]


def running_services(observation: FleetObservation | None) -> set[str]:
    """The names of the services that run a task."""
    facts = observation.facts if observation else ()
    return {item.desired.name for item in facts if item.observed is not None and item.observed.running > 0}


def health_of_unchanged(observation: FleetObservation | None, hosts: Iterable[Health]) -> dict[str, Any]:
    """The health as observed by the plan: a deploy without changes must not report broken services as green."""
    services = [
        # Target groups are not read: nothing was started, and this must be quick.
        health.judge(
            facts.desired.name,
            replace(facts.observed, target_groups=()) if facts.observed else None,
            {},
            selected=facts.desired.selected,
        )
        for facts in (observation.facts if observation else ())
    ]
    results = [*services, *hosts]
    found: dict[str, Any] = {"health": [item.to_record() for item in results]}
    bad = [item for item in results if item.verdict in ("fail", "unknown")]
    if bad:
        what = f"nothing to deploy, but {bad[0].name} is not healthy: {bad[0].detail}"
        found["hold"] = {"what": what, "target": bad[0].name, "phase": "checking", "wave": None}
    return found


def _plan(
    context: Context,
    desired: list[DesiredService],
    goal: Goal | None,
    dismissed: Mapping[str, Any],
    build: Build | None = None,
) -> tuple[Plan, FleetObservation]:
    cache = TaskDefinitionCache(context.cache_directory)
    expected = Expected(lambda: history(context.store, context.environment, LOOKED_BACK))
    options = PlanOptions(context.settings.ship_drift, dismissed, expected)
    if goal is None:
        observation = name_running(observe(desired, context.clients, cache), context.clients)
        planned = plan(desired, observation, options)
        # The manifest has the tags of its images.
        return (planned if build else name_images(planned, context.clients)), observation
    services = services_of(goal.runs)
    wanted = desired_for_rollback(desired, services)
    observed = observe(wanted, context.clients, cache, definitions=definitions_wanted(services))
    observation = name_running(observed, context.clients)
    return plan_rollback(services, observation, options), observation


@contextmanager
def _cluster_known(context: Context, desired: Sequence[DesiredService]) -> Iterator[None]:
    """Add where a missing cluster is defined."""
    try:
        yield
    except SlipwayError as error:
        clusters = {item.cluster for item in desired}
        if error_code(error) != "ClusterNotFoundException" or len(clusters) > 1:
            raise
        what = f"cluster {clusters.pop()} does not exist in {context.aws.region} of account {context.aws.account_id}"
        raise SlipwayError(what, context.written("ecs_cluster"), "Correct ecs_cluster or aws_region") from error
