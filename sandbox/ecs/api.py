# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS's protocol (JSON 1.1) in front of the engine: one action in, one answer or error out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.ecs import clusters, definitions, deployments, services, tasks
from sandbox.ecs.engine import Engine
from sandbox.ecs.errors import EcsError

Handler = Callable[[Engine, dict[str, Any], float], dict[str, Any]]

TARGET = "AmazonEC2ContainerServiceV20141113."
ACTIONS: dict[str, Handler] = {
    "CreateCluster": clusters.create,
    "DescribeClusters": clusters.describe,
    "ListClusters": clusters.list_clusters,
    "DeleteCluster": clusters.delete,
    "UpdateCluster": clusters.update,
    "UpdateClusterSettings": clusters.update,
    "PutClusterCapacityProviders": clusters.update,
    "ListTagsForResource": clusters.list_tags,
    "TagResource": clusters.tag,
    "UntagResource": clusters.untag,
    "RegisterTaskDefinition": definitions.register,
    "DescribeTaskDefinition": definitions.describe,
    "ListTaskDefinitions": definitions.list_definitions,
    "ListTaskDefinitionFamilies": definitions.list_families,
    "DeregisterTaskDefinition": definitions.deregister,
    "DeleteTaskDefinitions": definitions.delete,
    "CreateService": services.create,
    "UpdateService": services.update,
    "DeleteService": services.delete,
    "DescribeServices": services.describe,
    "ListServices": services.list_services,
    "RunTask": tasks.run,
    "StopTask": tasks.stop,
    "DescribeTasks": tasks.describe,
    "ListTasks": tasks.list_tasks,
    "ListServiceDeployments": deployments.list_deployments,
    "DescribeServiceDeployments": deployments.describe,
    "DescribeServiceRevisions": deployments.describe_revisions,
    "StopServiceDeployment": deployments.stop,
}
STALE_READS = ("DescribeServices", "ListServiceDeployments")


def call(engine: Engine, action: str, body: dict[str, Any], stale: bool = False) -> dict[str, Any]:
    """Bring the engine up to date and run one action. Raises EcsError."""
    handler = ACTIONS.get(action)
    if handler is None:
        raise EcsError("UnsupportedFeatureException", f"The sandbox does not implement {action}.")
    with engine.lock:
        now = engine.tick()
        if stale and action == "DescribeServices":
            return services.describe(engine, body, now, stale=True)
        if stale and action == "ListServiceDeployments":
            return deployments.list_deployments(engine, body, now, stale=True)
        answer = handler(engine, body, now)
        engine.tick()
        return answer


def respond(engine: Engine, action: str, payload: bytes, stale: bool = False) -> tuple[int, bytes]:
    """(HTTP status, JSON body) for a request's body."""
    try:
        body = json.loads(payload or b"{}")
        if not isinstance(body, dict):
            raise ValueError("not an object")
    except ValueError:
        return 400, error_body("SerializationException", "The request body is not a JSON object.")
    try:
        with engine.lock:
            return 200, json.dumps(call(engine, action, body, stale)).encode()
    except EcsError as error:
        return error.status, error_body(error.code, error.message)


def error_body(code: str, message: str) -> bytes:
    """An error of the JSON protocol."""
    return json.dumps({"__type": code, "message": message}).encode()
