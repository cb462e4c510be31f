# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions that others register, as Terraform or a person in the console does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.deploys import Deploys

_REGISTRABLE = (
    "family",
    "containerDefinitions",
    "executionRoleArn",
    "taskRoleArn",
    "networkMode",
    "cpu",
    "memory",
    "requiresCompatibilities",
    "runtimePlatform",
    "volumes",
)


def registrable(body: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of DescribeTaskDefinition's answer that RegisterTaskDefinition accepts."""
    return {name: body[name] for name in _REGISTRABLE if name in body}


def widen(deploys: Deploys) -> None:
    """Give user-service's family an unshipped revision with more memory."""
    ecs = deploys.sandbox.client("ecs")
    body = ecs.describe_task_definition(taskDefinition="sdt-local-user-service:1")["taskDefinition"]
    ecs.register_task_definition(**{**registrable(body), "memory": "2048"})
