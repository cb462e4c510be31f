# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls of a rollout: one short function per call, with AWS's errors translated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..aws.client import Clients, pages
from ..aws.errors import calling
from ..fleet.api import TASKS_A_CALL, chunks


def update_service(clients: Clients, cluster: str, service: str, task_definition: str, force: bool) -> dict[str, Any]:
    """UpdateService with the task definition only: counts, network and load balancers belong to Terraform."""
    with calling(f"point {service} at {task_definition.rsplit('/', 1)[-1]}"):
        answer: dict[str, Any] = clients("ecs").update_service(
            cluster=cluster, service=service, taskDefinition=task_definition, forceNewDeployment=force
        )["service"]
    return answer


def list_service_deployments(clients: Clients, cluster: str, service: str) -> list[dict[str, Any]]:
    """The newest service deployments of a service."""
    with calling(f"list the service deployments of {service}"):
        answer = clients("ecs").list_service_deployments(cluster=cluster, service=service, maxResults=10)
    briefs: list[dict[str, Any]] = answer.get("serviceDeployments", [])
    return briefs


def stop_service_deployment(clients: Clients, service: str, arn: str) -> None:
    """Stop a service deployment; ECS rolls the service back to its last completed revision."""
    with calling(f"stop the deployment {arn.rsplit('/', 1)[-1]} of {service}"):
        clients("ecs").stop_service_deployment(serviceDeploymentArn=arn, stopType="ROLLBACK")


def list_stopped_tasks(clients: Clients, cluster: str, service: str) -> list[str]:
    """ARNs of a service's stopped tasks; ECS lists them for about an hour."""
    with calling(f"list the stopped tasks of {service}"):
        found = pages(clients, "ecs", "list_tasks", cluster=cluster, serviceName=service, desiredStatus="STOPPED")
        return [arn for page in found for arn in page.get("taskArns", [])]


def describe_tasks(clients: Clients, cluster: str, arns: Sequence[str]) -> list[dict[str, Any]]:
    """The tasks of those ARNs."""
    tasks: list[dict[str, Any]] = []
    with calling(f"describe tasks in {cluster}"):
        for part in chunks(arns, TASKS_A_CALL):
            tasks += clients("ecs").describe_tasks(cluster=cluster, tasks=list(part)).get("tasks", [])
    return tasks


def tail_log(clients: Clients, group: str, stream: str, limit: int = 50) -> list[dict[str, Any]]:
    """The last events of a log stream, oldest first."""
    with calling(f"read the log {group} {stream}"):
        answer = clients("logs").get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=False, limit=limit
        )
    events: list[dict[str, Any]] = answer.get("events", [])
    return events
