# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks at every service of the fleet after a rollout. See modules/fleet_health.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.checks import api, health
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService, ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe_services
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

    def act(self, context: Context, arguments: Mapping[str, Any]) -> dict[str, Any]:
        with work_on(context) as work:
            record = work.journal.record
            if record.get("cause") or record.get("hold"):
                return {"changed": False, **summary_of(record)}
            results = self._look(context, work)
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
    groups = {
        arn: _group(context, arn)
        for item in desired
        if item.service in observed
        for arn in observed[item.service].target_groups
    }
    return [
        health.judge(item.name, observed.get(item.service), groups, selected=item.selected) for item in desired
    ]


def _group(context: Context, arn: str) -> health.TargetGroupHealth | None:
    try:
        states = api.target_health(context.clients, arn)
    except SlipwayError:
        return None
    return health.TargetGroupHealth(arn.split("/")[-2], states.count("healthy"), len(states))


def _endpoint(context: Context) -> tuple[str | None, str]:
    try:
        return endpoint_of(context), ""
    except SlipwayError as error:
        return None, str(error)
