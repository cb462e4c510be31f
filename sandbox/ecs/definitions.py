# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions: register, describe, list, deregister, delete."""

from __future__ import annotations

import copy
import re
from typing import Any

from sandbox.ecs import errors, render
from sandbox.ecs.engine import Engine
from sandbox.ecs.model import TaskDefinition
from sandbox.ecs.paging import page

FAMILY = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
CONTAINER_DEFAULTS: dict[str, Any] = {
    "cpu": 0,
    "portMappings": [],
    "essential": True,
    "environment": [],
    "mountPoints": [],
    "volumesFrom": [],
    "systemControls": [],
}
SECRET_ATTRIBUTES = (
    ("secretsmanager", "ecs.capability.secrets.asm.environment-variables"),
    ("ssm", "ecs.capability.secrets.ssm.environment-variables"),
)


def find(engine: Engine, reference: str) -> TaskDefinition | None:
    """By ARN, ``family:revision`` or ``family`` (the newest ACTIVE revision)."""
    if reference in engine.definitions:
        return engine.definitions[reference]
    name = reference.rpartition("/")[2] if reference.startswith("arn:") else reference
    if reference.startswith("arn:") and not reference.startswith(engine.arn("task-definition/")):
        return None
    family, colon, number = name.partition(":")
    if colon:
        return engine.definitions.get(f"{engine.arn('task-definition')}/{family}:{number}")
    active = [one for one in engine.families.get(family, []) if one.status == "ACTIVE"]
    return active[-1] if active else None


def register(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """RegisterTaskDefinition: what was sent is kept verbatim, ECS's defaults are added."""
    made = add(engine, body, now)
    return {"taskDefinition": render.definition(made), "tags": render.tag_list(made.tags)}


def add(engine: Engine, body: dict[str, Any], now: float) -> TaskDefinition:
    """Register a definition and return it."""
    family = body.get("family") or ""
    containers = body.get("containerDefinitions")
    if not FAMILY.match(family):
        raise errors.client(
            "Family should be between 1 and 255 characters, letters, numbers, underscores and hyphens only."
        )
    if not containers:
        raise errors.client("Container definitions should not be null or empty.")
    _check_containers(body, containers)
    kept = copy.deepcopy({key: value for key, value in body.items() if key != "tags"})
    for one in kept["containerDefinitions"]:
        for key, default in CONTAINER_DEFAULTS.items():
            one.setdefault(key, copy.copy(default))
        for port in one["portMappings"]:
            port.setdefault("protocol", "tcp")
            if body.get("networkMode") == "awsvpc":
                port.setdefault("hostPort", port["containerPort"])
    revision = max(
        [one.revision for one in engine.families.get(family, [])] + [engine.deleted_revisions.get(family, 0)]
    )
    arn = f"{engine.arn('task-definition')}/{family}:{revision + 1}"
    fargate = "FARGATE" in (body.get("requiresCompatibilities") or []) or body.get("networkMode") == "awsvpc"
    kept.update(
        taskDefinitionArn=arn,
        revision=revision + 1,
        status="ACTIVE",
        compatibilities=["EC2", "FARGATE"] if fargate else ["EXTERNAL", "EC2"],
        registeredAt=now,
        registeredBy=f"arn:aws:iam::{engine.account}:root",
        requiresAttributes=_attributes(kept),
    )
    kept.setdefault("volumes", [])
    kept.setdefault("placementConstraints", [])
    made = TaskDefinition(arn, family, revision + 1, kept, render.tag_dict(body.get("tags")))
    engine.definitions[arn] = made
    engine.families.setdefault(family, []).append(made)
    return made


def _check_containers(body: dict[str, Any], containers: list[dict[str, Any]]) -> None:
    names = [one.get("name") for one in containers]
    if any(not name for name in names):
        raise errors.client("Container.name should not be null or empty.")
    if any(not one.get("image") for one in containers):
        raise errors.client("Container.image should not be null or empty.")
    if len(set(names)) != len(names):
        raise errors.client("Container names must be unique within a task definition.")
    if not any(one.get("essential", True) for one in containers):
        raise errors.client("At least one container definition must be marked as essential.")
    fargate = "FARGATE" in (body.get("requiresCompatibilities") or [])
    if fargate and not (body.get("cpu") and body.get("memory")):
        raise errors.client("Fargate requires that 'cpu' be defined at the task level.")
    if fargate and body.get("networkMode") != "awsvpc":
        raise errors.client("Fargate only supports network mode 'awsvpc'.")
    if not fargate and not body.get("memory"):
        for one in containers:
            if "memory" not in one and "memoryReservation" not in one:
                raise errors.client(
                    "Invalid setting for container '" + one["name"] + "'. At least one of 'memory' or "
                    "'memoryReservation' must be specified."
                )


def _attributes(body: dict[str, Any]) -> list[dict[str, str]]:
    names = ["com.amazonaws.ecs.capability.docker-remote-api.1.18"]
    text = [value["valueFrom"] for one in body["containerDefinitions"] for value in one.get("secrets", [])]
    for one in body["containerDefinitions"]:
        if (one.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            names.append("com.amazonaws.ecs.capability.logging-driver.awslogs")
        if ".dkr.ecr." in one["image"]:
            names.append("com.amazonaws.ecs.capability.ecr-auth")
        if one.get("healthCheck"):
            names.append("ecs.capability.container-health-check")
    for value in text:
        kind = "secretsmanager" if ":secretsmanager:" in value else "ssm"
        names.append(dict(SECRET_ATTRIBUTES)[kind])
    if body.get("taskRoleArn"):
        names.append("com.amazonaws.ecs.capability.task-iam-role")
    if body.get("executionRoleArn"):
        names.append("ecs.capability.execution-role-awslogs")
    if body.get("networkMode") == "awsvpc":
        names.append("ecs.capability.task-eni")
    return [{"name": name} for name in dict.fromkeys(names)]


def describe(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DescribeTaskDefinition."""
    found = find(engine, str(body.get("taskDefinition", "")))
    if found is None:
        raise errors.client("Unable to describe task definition.")
    answer: dict[str, Any] = {"taskDefinition": render.definition(found)}
    if "TAGS" in body.get("include", []):
        answer["tags"] = render.tag_list(found.tags)
    return answer


def list_definitions(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListTaskDefinitions; ``familyPrefix`` is the whole family's name, whatever its name says."""
    wanted = body.get("status", "ACTIVE")
    prefix = body.get("familyPrefix")
    families = sorted(engine.families) if prefix is None else [prefix]
    arns = [one.arn for family in families for one in engine.families.get(family, []) if one.status == wanted]
    if body.get("sort") == "DESC":
        arns.reverse()
    return page(arns, body, "taskDefinitionArns", 100)


def list_families(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListTaskDefinitionFamilies."""
    wanted = body.get("status", "ACTIVE")
    prefix = body.get("familyPrefix", "")
    found = []
    for family in sorted(engine.families):
        active = any(one.status == "ACTIVE" for one in engine.families[family])
        if family.startswith(prefix) and (wanted == "ALL" or active == (wanted == "ACTIVE")):
            found.append(family)
    return page(found, body, "families", 100)


def deregister(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """DeregisterTaskDefinition."""
    reference = str(body.get("taskDefinition", ""))
    if ":" not in reference.rpartition("/")[2]:
        raise errors.client("Missing revision number in task definition.")
    found = find(engine, reference)
    if found is None:
        raise errors.client("Unable to describe task definition.")
    if found.status == "ACTIVE":
        found.body["status"] = "INACTIVE"
        found.body["deregisteredAt"] = now
    return {"taskDefinition": render.definition(found)}


def delete(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """DeleteTaskDefinitions: only INACTIVE ones, which stay described while something runs on them."""
    done, failures = [], []
    for reference in body.get("taskDefinitions", []):
        found = find(engine, reference)
        if found is None:
            failures.append({"arn": reference, "reason": "TASK_DEFINITION_NOT_FOUND"})
        elif found.status == "ACTIVE":
            failures.append(
                {
                    "arn": found.arn,
                    "reason": "The specified task definition is still in ACTIVE status. Please deregister the target "
                    "and try again.",
                }
            )
        else:
            found.body["status"] = "DELETE_IN_PROGRESS"
            found.body["deleteRequestedAt"] = now
            done.append(copy.copy(found.body))
            engine.schedule(now + engine.scaled(2.0), lambda _now, gone=found: _remove(engine, gone))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return {"taskDefinitions": done, "failures": failures}


def _remove(engine: Engine, gone: TaskDefinition) -> None:
    if any(gone.arn == one.task_definition for service in engine.services.values() for one in service.deployments):
        return
    engine.definitions.pop(gone.arn, None)
    engine.families[gone.family].remove(gone)
    engine.deleted_revisions[gone.family] = max(engine.deleted_revisions.get(gone.family, 0), gone.revision)
