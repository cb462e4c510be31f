# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the health of every service and host after a rollout. See modules/health.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.checks import health
from ..module_utils.checks.groups import groups_health
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.model import DesiredService, ObservedService
from ..module_utils.fleet.observe import observe_services
from ..module_utils.record.model import Record
from ..module_utils.record.step import health_in_step
from ..module_utils.rollout.document import rollout_of, with_rollout
from ..module_utils.rollout.engine import Fleet
from ..module_utils.rollout.judge import deaths_after, failure_of_tasks
from ..module_utils.rollout.model import Limits, StoppedTask, Target
from ..plugin_utils.checking import CheckingAction
from ..plugin_utils.context import Context
from ..plugin_utils.endpoint import endpoint_of
from ..plugin_utils.hosts import hosts_health
from ..plugin_utils.verdict import Finding, apply_finding, finding_of, weighed
from ..plugin_utils.work import Work

#: How often, and at what interval (seconds), an unhealthy fleet is checked again before the verdict counts.
LOOKS = 6
PAUSE_SECONDS = 2.0


class ActionModule(CheckingAction):
    """Fails only for a service or host that the deploy changed."""

    def check(self, context: Context, work: Work) -> dict[str, Any]:
        """Check, write the results into the record and act on them."""
        results = _with_deaths(work, self._look(context, work)) if context.services else []
        results += hosts_health(context, work.journal.record)
        endpoint, problem = _endpoint(context)
        work.write(health=[item.to_record() for item in results], endpoint=endpoint)
        finding = finding_of(results, _targets(work), work.journal.record.get("unhealthy") or ())
        if finding is None and problem:
            finding = Finding("unknown", problem, None)
        if finding is not None:
            apply_finding(work, finding)
        return {"endpoint": endpoint}

    def _look(self, context: Context, work: Work) -> list[health.Health]:
        desired, targets = context.desired(), _targets(work)
        counts = {item.name: item.desired for item in rollout_of(work.journal.record).targets if item.state == "stable"}
        unhealthy = work.journal.record.get("unhealthy") or ()
        results: list[health.Health] = []
        for look in range(LOOKS):
            results = weighed(_judge(context, desired, counts, work.journal.record), targets, unhealthy)
            if health.worst(results) in ("pass", "warn") or work.cancel.why() is not None:
                break
            if look < LOOKS - 1:
                work.cancel.wait(PAUSE_SECONDS)
        return results


def _targets(work: Work) -> set[str]:
    return {item["name"] for item in work.journal.record["targets"]}


def _judge(
    context: Context, desired: list[DesiredService], counts: Mapping[str, int], record: Record
) -> list[health.Health]:
    """Every service's health.

    :param counts: how many tasks each service's deployment was completed with, by the service's name.
    """
    observed: dict[str, ObservedService] = {}
    for cluster in {item.cluster for item in desired}:
        names = [item.service for item in desired if item.cluster == cluster]
        try:
            observed.update(observe_services(context.clients, cluster, names))
        except SlipwayError:
            continue  # Reported as "ECS did not list it": unknown, never green.
    known = (observed[item.service] for item in desired if item.service in observed)
    groups = groups_health(context.clients, (arn for service in known for arn in service.target_groups))
    return [
        health_in_step(
            health.judge(
                item.name, observed.get(item.service), groups, selected=item.selected, expected=counts.get(item.name)
            ),
            observed.get(item.service),
            record,
        )
        for item in desired
    ]


def _with_deaths(work: Work, results: list[health.Health]) -> list[health.Health]:
    """The results, with services marked as failed whose new tasks died after their deployment was stable.

    A service that starts and soon dies looks healthy right after each start.
    """
    rollout = rollout_of(work.journal.record)
    engine = work.engine()
    judged: list[health.Health] = []
    for result in results:
        target = next((item for item in rollout.targets if item.name == result.name), None)
        died = _deaths(engine.fleet, target, rollout.limits) if target is not None else ()
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


def _deaths(fleet: Fleet, target: Target, limits: Limits) -> tuple[StoppedTask, ...]:
    try:
        return deaths_after(target, fleet.stopped_tasks(target), limits)
    except SlipwayError:
        return ()


def _endpoint(context: Context) -> tuple[str | None, str]:
    try:
        return endpoint_of(context), ""
    except SlipwayError as error:
        return None, str(error)
