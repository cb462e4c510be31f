# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services as ECS describes them, whoever deploys them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet import parse
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Deployment
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import Facts
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import service_errors

from .builders import desired

# Its shape: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskSet.html
RAW = {
    "serviceName": "user-service",
    "status": "ACTIVE",
    "deploymentController": {"type": "CODE_DEPLOY"},
    "deployments": [],
    "taskSets": [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": "user-service:3", "runningCount": 2}],
}


def test_another_controller_needs_the_registry_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_task_sets(raw: Mapping[str, Any]) -> tuple[Deployment, ...]:
        return tuple(parse.parse_deployment(item) for item in raw["taskSets"])

    service = parse.parse_service(RAW)
    assert service.primary is None
    (refused,) = service_errors(Facts(desired(), service))
    assert "is deployed by CODE_DEPLOY, which Slipway does not support" in str(refused)
    monkeypatch.setitem(parse.CONTROLLERS, "CODE_DEPLOY", of_task_sets)
    service = parse.parse_service(RAW)
    assert service.primary == Deployment("ecs-svc/1", "PRIMARY", "user-service:3", running=2)
    assert "has no task definition" in str(service_errors(Facts(desired(), service))[0])
