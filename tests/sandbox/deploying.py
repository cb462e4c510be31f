# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deploys to the sandbox as another deployer makes them, by boto3."""

from __future__ import annotations

from typing import Any

from sandbox.testing import Sandbox
from tests.sandbox.conftest import CLUSTER
from tests.support.definitions import registrable

QUICK = {"Delay": 1, "MaxAttempts": 20}


def name_of(service: str) -> str:
    return f"sdt-local-{service}"


def image_of(service: str, tag: str) -> str:
    return f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/sdt/local/{service}:{tag}"


def deploy(aws: Sandbox, service: str, tag: str, **changes: Any) -> str:
    """Clone a service's definition with another image and update the service; the new deployment's id."""
    ecs = aws.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[name_of(service)])["services"][0]
    body = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    container = {**body["containerDefinitions"][0], "image": image_of(service, tag), **changes}
    made = ecs.register_task_definition(**{**registrable(body), "containerDefinitions": [container]})
    arn = made["taskDefinition"]["taskDefinitionArn"]
    answer = ecs.update_service(cluster=CLUSTER, service=name_of(service), taskDefinition=arn)["service"]
    return str(answer["deployments"][0]["id"])


def wait_stable(aws: Sandbox, service: str) -> dict[str, Any]:
    """boto3's own waiter, then the service."""
    ecs = aws.client("ecs")
    ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=[name_of(service)], WaiterConfig=QUICK)
    found: dict[str, Any] = ecs.describe_services(cluster=CLUSTER, services=[name_of(service)])["services"][0]
    return found
