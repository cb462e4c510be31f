# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and verifies, prints the plan and opens the record. See modules/fleet_plan.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import error_code
from ansible_collections.slipway.deploy.plugins.module_utils.checks import health
from ansible_collections.slipway.deploy.plugins.module_utils.checks.groups import groups_health
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.naming import name_images
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import FleetObservation
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.planned import Plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.rollback import (
    definitions_wanted,
    desired_for_rollback,
    plan_rollback,
)
from ansible_collections.slipway.deploy.plugins.module_utils.record.history import Expected, Goal, rollback_goal
from ansible_collections.slipway.deploy.plugins.module_utils.record.journal import Journal, history, newest_id
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import SCHEMA, Record, record_id
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan as plan_screen
from ansible_collections.slipway.deploy.plugins.module_utils.verify.verify import verify
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.console import Console
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.drift import dismiss, dismissals
from ansible_collections.slipway.deploy.plugins.plugin_utils.smoke import check_secrets
from ansible_collections.slipway.deploy.plugins.plugin_utils.work import (
    beat,
    check_lock,
    keep_record,
    let_go,
    store_clock,
)

#: A fleet of more services than this may take longer to read than the lock lasts without a heartbeat.
LARGE_FLEET = 50
#: Records that are searched for how long services take: nice to know, not worth reading years of runs.
LOOKED_BACK = 50


class ActionModule(SlipwayAction):
    """Changes nothing in AWS. Outside check mode it writes the record that the following tasks work from."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "kind": {"type": "str", "choices": ["deploy", "rollback"], "default": "deploy"},
        "lock": {"type": "str", "default": ""},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Plan and verify; what will change is the result."""
        if not self._task.check_mode and len(context.services) > LARGE_FLEET:
            beat(context)
        context.check_account()
        clock = store_clock(context)
        console = Console(clock)
        goal = self._goal(context, self.arguments["kind"])
        desired = context.desired()
        dismissed = dismissals(context.store, context.environment)
        with _cluster_known(context, desired):
            planned, observation = _plan(context, desired, goal, dismissed)
        record = _record(context, planned, self.arguments["kind"], goal, clock())
        if planned.changes:
            verified = verify(planned, context.clients, context.aws)
            verified.require(context.settings.verify_unverifiable)
            check_secrets(context)
            record["verify"] = verified.as_dict()
            record["unhealthy"] = [] if self._task.check_mode else _unhealthy(context, planned, observation)
        else:
            record.update(_health_of_unchanged(observation))
        console.lines(plan_screen(record, clock(), console.width, self.arguments["lock"]))
        result: dict[str, Any] = {"changed": bool(planned.changes), "record": record["id"]}
        result["services"] = {item["name"]: item["state"] for item in record["targets"]}
        if self._task.diff and planned.changes:
            result["diff"] = planned.as_diff()
        if not self._task.check_mode:
            if planned.changes:
                beat(context, record["id"])
            # A plan that took longer than the lock lasts must not hide another run's record behind its own.
            check_lock(context)
            Journal.open(context.store, record)
            keep_record(context, record)
        return result

    def fail_safe(self, context: Context) -> None:
        """Give the lock back."""
        let_go(context)

    def _goal(self, context: Context, kind: str) -> Goal | None:
        settings = context.settings
        if kind == "deploy":
            if settings.dismiss_drift and not self._task.check_mode:
                dismiss(context)
            return None
        return rollback_goal(history(context.store, context.environment), settings.to, context.environment)


def _plan(
    context: Context, desired: list[DesiredService], goal: Goal | None, dismissed: Mapping[str, Any]
) -> tuple[Plan, FleetObservation]:
    cache = TaskDefinitionCache(context.cache_directory)
    expected = Expected(lambda: history(context.store, context.environment, LOOKED_BACK))
    options = PlanOptions(context.settings.ship_drift, dismissed, expected)
    if goal is None:
        observation = observe(desired, context.clients, cache)
        return name_images(plan(desired, observation, options), context.clients), observation
    wanted = desired_for_rollback(desired, goal.runs)
    observation = observe(wanted, context.clients, cache, definitions=definitions_wanted(goal.runs))
    return plan_rollback(goal.runs, observation, options), observation


@contextmanager
def _cluster_known(context: Context, desired: Sequence[DesiredService]) -> Iterator[None]:
    """Say where a cluster that does not exist is written."""
    try:
        yield
    except SlipwayError as error:
        clusters = {item.cluster for item in desired}
        if error_code(error) != "ClusterNotFoundException" or len(clusters) > 1:
            raise
        what = f"cluster {clusters.pop()} does not exist in {context.aws.region} of account {context.aws.account_id}"
        raise SlipwayError(what, context.written("ecs_cluster"), "Correct ecs_cluster or aws_region") from error


def _record(context: Context, planned: Plan, kind: str, goal: Goal | None, now: float) -> Record:
    settings = context.settings
    label = goal.label if goal else _label(planned)
    limits = settings.limits
    return {
        "schema": SCHEMA,
        "id": record_id(now, f"rollback-to-{label}" if goal else label),
        "environment": context.environment,
        "kind": kind,
        "label": label,
        "title": settings.title,
        "reason": settings.reason,
        "actor": context.actor,
        "started_at": now,
        "finished_at": None,
        "account_id": context.aws.account_id,
        "region": context.aws.region,
        "cluster": context.variables.get("ecs_cluster"),
        "registry": context.variables.get("ecr_registry"),
        "previous": newest_id(context.store, context.environment),
        "of": goal.release if goal else None,
        "phase": "planned",
        "outcome": None,
        "cause": None,
        "settings": {
            "max_parallel": limits.max_parallel,
            "stabilise_timeout": limits.stabilise_timeout,
            "failed_tasks_threshold": limits.failed_tasks_threshold,
            "on_failure": settings.on_failure,
        },
        "targets": planned.targets(),
        "unchanged": planned.unchanged_records(),
        "verify": {"checked": {}, "platforms": [], "unverifiable": []},
        "warnings": list(planned.warnings),
        "health": [],
        "endpoint": None,
        "smoke": [],
        "notifications": {},
    }


def _label(planned: Plan) -> str:
    """The one tag of the changed images, or what they are together."""
    sides = [change.after for change in planned.changes]
    sides = sides or [item.running for item in planned.unchanged if item.desired.selected]
    tags = {side.tag for side in sides if side.tag}
    return next(iter(tags)) if len(tags) == 1 else f"{len(sides)} images"


def _unhealthy(context: Context, planned: Plan, observation: FleetObservation) -> list[str]:
    """The services that stay as they are and are not healthy: not the deploy's fault when it looks at them later."""
    names = {item.desired.name for item in planned.unchanged}
    left = [facts for facts in observation.facts if facts.desired.name in names]
    groups = groups_health(
        context.clients, (arn for item in left if item.observed for arn in item.observed.target_groups)
    )
    results = [health.judge(facts.desired.name, facts.observed, groups) for facts in left]
    return [item.name for item in results if item.verdict in ("fail", "unknown")]


def _health_of_unchanged(observation: FleetObservation) -> dict[str, Any]:
    """The services' health as the plan saw it: a deploy that changes nothing must not say green over a broken fleet."""
    results = [
        # Target groups are not asked: nothing was started, and this has to be quick.
        health.judge(
            facts.desired.name,
            replace(facts.observed, target_groups=()) if facts.observed else None,
            {},
            selected=facts.desired.selected,
        )
        for facts in observation.facts
    ]
    found: dict[str, Any] = {"health": [item.to_record() for item in results]}
    bad = [item for item in results if item.verdict in ("fail", "unknown")]
    if bad:
        what = f"nothing to deploy, but {bad[0].name} is not healthy: {bad[0].detail}"
        found["hold"] = {"what": what, "target": bad[0].name, "phase": "checking", "wave": None}
    return found
