# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's status from what was observed, as a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import TargetGroupHealth
from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import status_of
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.drift import Drift
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import (
    Deployment,
    DesiredService,
    ObservedService,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import Facts, TaskDefinition

ARN = "arn:aws:ecs:eu-west-1:962496666337:task-definition/sdt-dev-user-service:18"
WANTED = DesiredService("user-service", 4, "sdt-dev-cluster", "sdt-dev-user-service", "user-service", "sdt/x", "latest")
BODY = {"containerDefinitions": [{"name": "user-service", "image": "registry.example/sdt/x:8d20c11"}]}
STABLE = ObservedService(
    "sdt-dev-user-service",
    "",
    "ACTIVE",
    ARN,
    2,
    2,
    0,
    deployments=(Deployment("ecs-svc/1", "PRIMARY", ARN, "COMPLETED"),),
    target_groups=("tg",),
)
FACTS = Facts(WANTED, STABLE, running=TaskDefinition(ARN, BODY), running_digest="sha256:" + "ab" * 32)
GROUPS = {"tg": TargetGroupHealth("tg", 2, 2)}


def rolling(state: str, **fields: Any) -> ObservedService:
    """The service with a primary deployment of that rollout state."""
    deployment = Deployment("ecs-svc/2", "PRIMARY", ARN, state, failed=fields.pop("failed", 0))
    return replace(STABLE, deployments=(deployment,), **fields)


@pytest.mark.parametrize(
    ("observed", "condition", "detail", "rollout"),
    [
        pytest.param(STABLE, "well", "", "completed", id="as it should be"),
        pytest.param(replace(STABLE, running=1), "failing", "1 of its tasks are missing", "completed", id="missing"),
        pytest.param(rolling("IN_PROGRESS", running=1), "moving", "a deployment is in progress", "in progress"),
        pytest.param(
            rolling("IN_PROGRESS", running=0, failed=7),
            "moving",
            "a deployment is in progress, 7 of its tasks failed",
            "in progress",
            id="in a crash loop",
        ),
        pytest.param(rolling("FAILED"), "failing", "its deployment failed", "failed"),
        pytest.param(
            replace(STABLE, running=0, desired=0), "idle", "not exercised: desired count is 0", "completed", id="idle"
        ),
        pytest.param(replace(STABLE, status="DRAINING"), "failing", "the service is DRAINING", "completed"),
    ],
)
def test_condition(observed: ObservedService, condition: str, detail: str, rollout: str) -> None:
    found = status_of(replace(FACTS, observed=observed), GROUPS, None)
    assert (found.condition, found.detail, found.rollout) == (condition, detail, rollout)


def test_what_runs_and_what_drifted() -> None:
    found = status_of(FACTS, GROUPS, Drift("user-service", ARN, ARN.replace(":18", ":19"), ("memory 512 → 1024",)))
    assert (found.task_definition, found.tag, found.digest) == (ARN, "8d20c11", "sha256:" + "ab" * 32)
    assert (found.healthy, found.registered) == (2, 2)
    assert found.drift == "family head :19 differs from running :18 (memory 512 → 1024 not shipped)"


def test_a_target_group_that_cannot_be_read_is_not_green() -> None:
    found = status_of(FACTS, {"tg": None}, None)
    assert (found.condition, found.healthy) == ("unknown", None)


def test_a_service_that_is_not_there() -> None:
    found = status_of(Facts(WANTED, failure="MISSING"), {}, None)
    assert (found.condition, found.task_definition) == ("failing", None)
    assert found.detail == "there is no service sdt-dev-user-service in cluster sdt-dev-cluster (MISSING)"
