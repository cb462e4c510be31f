# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at every service of the fleet after a rollout. See modules/fleet_health.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.checks import health
from ansible_collections.slipway.deploy.plugins.module_utils.checks.groups import groups_health
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService, ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe_services
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import rollout_of, with_rollout
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.engine import Fleet
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.judge import counts_as_failure, failure_of_tasks
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import StoppedTask, Target
from ansible_collections.slipway.deploy.plugins.plugin_utils.action import SlipwayAction
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context
from ansible_collections.slipway.deploy.plugins.plugin_utils.endpoint import endpoint_of
from ansible_collections.slipway.deploy.plugins.plugin_utils.verdict import Finding, heed
from ansible_collections.slipway.deploy.plugins.plugin_utils.work import Work, summary_of, work_on

#: How often, and how far apart (seconds), a fleet that is not healthy is looked at before that is believed.
LOOKS = 6
PAUSE_SECONDS = 2.0


class ActionModule(SlipwayAction):
    """Never fails for what it finds: that stands in the record, and deploy_close says it."""

    ON_RECORD = True

    def act(self, context: Context) -> dict[str, Any]:
        """Look, write it into the record and do what follows; the record in short is the result."""
        with work_on(context) as work:
            record = work.journal.record
            if record.get("cause") or record.get("hold"):
                return {"changed": False, **summary_of(record)}
            results = _with_deaths(work, self._look(context, work))
            endpoint, problem = _endpoint(context)
            work.write(health=[item.to_record() for item in results], endpoint=endpoint)
            worst = next((item for item in results if item.verdict == health.worst(results)), None)
            if worst is not None and worst.verdict in ("fail", "unknown"):
                what = f"{worst.name} is not healthy: {worst.detail}"
                heed(work, Finding(worst.verdict, what, worst.name))
            elif problem:
                heed(work, Finding("unknown", problem, None))
            return {"changed": False, "endpoint": endpoint, **summary_of(work.journal.record)}

    def _look(self, context: Context, work: Work) -> list[health.Health]:
        desired = context.desired()
        results: list[health.Health] = []
        for look in range(LOOKS):
            results = _judge(context, desired)
            if health.worst(results) in ("pass", "warn") or work.cancel.why() is not None:
                break
            if look < LOOKS - 1:
                work.cancel.wait(PAUSE_SECONDS)
        return results


def _judge(context: Context, desired: list[DesiredService]) -> list[health.Health]:
    observed: dict[str, ObservedService] = {}
    for cluster in {item.cluster for item in desired}:
        names = [item.service for item in desired if item.cluster == cluster]
        try:
            observed.update(observe_services(context.clients, cluster, names))
        except SlipwayError:
            continue  # Said as "the cluster did not list it": unknown, never green.
    known = (observed[item.service] for item in desired if item.service in observed)
    groups = groups_health(context.clients, (arn for service in known for arn in service.target_groups))
    return [health.judge(item.name, observed.get(item.service), groups, selected=item.selected) for item in desired]


def _with_deaths(work: Work, results: list[health.Health]) -> list[health.Health]:
    """The results with the services failed whose new tasks died after their deployment was stable.

    A service that starts well and dies again looks healthy each time that it has just been started.
    """
    rollout = rollout_of(work.journal.record)
    engine = work.engine()
    judged: list[health.Health] = []
    for result in results:
        target = next((item for item in rollout.targets if item.name == result.name), None)
        died = _deaths(engine.fleet, target) if target is not None else ()
        if target is None or not died:
            judged.append(result)
            continue
        failure = engine.fleet.explain(target, failure_of_tasks(died))
        rollout = rollout.with_target(replace(target, failure=failure))
        code = f", exit code {failure.exit_code}" if failure.exit_code is not None else ""
        detail = f"{len(died)} of its tasks stopped after it was stable: {failure.reason}{code}"
        judged.append(replace(result, verdict="fail", detail=detail))
    work.journal.write(with_rollout(work.journal.record, rollout))
    return judged


def _deaths(fleet: Fleet, target: Target) -> tuple[StoppedTask, ...]:
    try:
        tasks = fleet.stopped_tasks(target)
    except SlipwayError:
        return ()
    since = target.finished_at or float("inf")
    return tuple(
        task for task in tasks if counts_as_failure(task, target.deployment_id or "") and task.stopped_at > since
    )


def _endpoint(context: Context) -> tuple[str | None, str]:
    try:
        return endpoint_of(context), ""
    except SlipwayError as error:
        return None, str(error)
