# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a service is what it should be."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import (
    Health,
    TargetGroupHealth,
    judge,
    worst,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Deployment, ObservedService

GROUP = "arn:aws:elasticloadbalancing:eu-west-1:962496666337:targetgroup/sdt-dev-user/50dc6c495c0c9188"


def observed(**fields: Any) -> ObservedService:
    deployments = (Deployment("ecs-svc/1", "PRIMARY", "td:1", fields.pop("rollout", "COMPLETED")),)
    base: dict[str, Any] = {"service": "user-service", "arn": "arn:…", "status": "ACTIVE", "task_definition": "td:1"}
    return ObservedService(**{**base, "desired": 2, "running": 2, "pending": 0, "deployments": deployments, **fields})


def group(healthy: int) -> dict[str, TargetGroupHealth | None]:
    return {GROUP: TargetGroupHealth("sdt-dev-user", healthy, 2)}


@pytest.mark.parametrize(
    ("service", "groups", "verdict", "detail"),
    [
        (observed(), {}, "pass", ""),
        (observed(running=3), {}, "pass", ""),
        (observed(running=1, pending=1), {}, "fail", "1 of its tasks are missing"),
        (observed(running=0), {}, "fail", "2 of its tasks are missing"),
        (observed(desired=0, running=0), {}, "warn", "not exercised: desired count is 0"),
        (
            observed(desired=0, running=0, scheduling="DAEMON"),
            {},
            "warn",
            "not exercised: its cluster has no container instance for it",
        ),
        (observed(status="DRAINING"), {}, "fail", "the service is DRAINING"),
        (observed(rollout="FAILED"), {}, "fail", "its deployment failed"),
        (observed(rollout="IN_PROGRESS"), {}, "unknown", "a deployment is in progress"),
        (observed(rollout=None), {}, "pass", ""),
        (observed(deployments=()), {}, "pass", ""),
        (observed(target_groups=(GROUP,)), group(2), "pass", ""),
        (
            observed(target_groups=(GROUP,)),
            group(1),
            "fail",
            "1 of 2 tasks are healthy in target group sdt-dev-user",
        ),
        (
            observed(target_groups=(GROUP,)),
            {GROUP: None},
            "unknown",
            "the health of target group sdt-dev-user could not be read",
        ),
        (
            observed(target_groups=(GROUP,)),
            {},
            "unknown",
            "the health of target group sdt-dev-user could not be read",
        ),
        (
            observed(classic_load_balancer=True),
            {},
            "unknown",
            "it is behind a classic load balancer, whose health is not read",
        ),
        (None, {}, "unknown", "ECS did not list it"),
    ],
)
def test_verdict(
    service: ObservedService | None, groups: dict[str, TargetGroupHealth | None], verdict: str, detail: str
) -> None:
    health = judge("user-service", service, groups)
    assert (health.verdict, health.detail) == (verdict, detail)
    # Outside --limit nothing fails, and nothing that is not well becomes green.
    outside = judge("user-service", service, groups, selected=False)
    assert outside.verdict == ("pass" if verdict == "pass" else "warn")
    assert outside.detail == detail


@pytest.mark.parametrize(
    ("verdicts", "all_in_all"),
    [([], "pass"), (["pass", "warn"], "warn"), (["warn", "unknown"], "unknown"), (["unknown", "fail"], "fail")],
)
def test_worst(verdicts: list[Any], all_in_all: str) -> None:
    assert worst([Health("x", verdict) for verdict in verdicts]) == all_in_all


def test_a_verdict_as_the_record_holds_it() -> None:
    assert judge("user-service", observed(running=1), {}).to_record() == {
        "name": "user-service",
        "verdict": "fail",
        "running": 1,
        "desired": 2,
        "detail": "1 of its tasks are missing",
    }


@pytest.mark.parametrize(
    ("service", "groups", "expected", "verdict", "detail"),
    [
        (observed(desired=5), {}, 2, "warn", "3 tasks that autoscaling asked for are still starting"),
        (observed(desired=5, running=1), {}, 2, "fail", "4 of its tasks are missing"),
        (observed(desired=1, running=1), {}, 2, "pass", ""),
        (observed(desired=5, running=0), {}, 0, "fail", "5 of its tasks are missing"),
        (observed(desired=5, target_groups=(GROUP,)), group(2), 2, "warn", "3 tasks that autoscaling asked for"),
        (observed(desired=5, target_groups=(GROUP,)), group(1), 2, "fail", "1 of 2 tasks are healthy"),
        (observed(desired=5, rollout="FAILED"), {}, 2, "fail", "its deployment failed"),
    ],
)
def test_what_autoscaling_asked_for_since_is_not_missing(
    service: ObservedService,
    groups: dict[str, TargetGroupHealth | None],
    expected: int,
    verdict: str,
    detail: str,
) -> None:
    health = judge("user-service", service, groups, expected=expected)
    assert health.verdict == verdict
    assert detail in health.detail
