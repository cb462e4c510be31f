# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS's own wording, as its documentation and public incident reports show it.

Sources are listed in sandbox/README.md ("Where the wording comes from").
"""

from __future__ import annotations

from collections.abc import Sequence

STEADY = "(service {service}) has reached a steady state."
COMPLETED = "(service {service}) (deployment {deployment}) deployment completed."
FAILED = "(service {service}) (deployment {deployment}) deployment failed: tasks failed to start."
ROLLING_BACK = "(service {service}) rolling back to deployment {deployment}."
IMPAIRED = "(service {service}) is unable to consistently start tasks successfully."
UNPLACED = "(service {service}) was unable to place a task. Reason: {reason}."
CONTAINER_HEALTH = "(service {service}) (task {task}) failed container health checks."
TARGET_HEALTH = (
    "(service {service}) (task {task}) (port {port}) is unhealthy in (target-group {group}) "
    "due to (reason Request timed out)."
)
BLOCKED = (
    "(service {service}) was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)
STOPPED_PENDING = "(service {service}) stopped {count} pending tasks."
DRAINING = "(service {service}) has begun draining connections on {count} tasks."
REGISTERED = "(service {service}) registered {count} targets in (target-group {group})"
DEREGISTERED = "(service {service}) deregistered {count} targets in (target-group {group})"

REASON_IN_PROGRESS = "ECS deployment {deployment} in progress."
REASON_COMPLETED = "ECS deployment {deployment} completed."
REASON_FAILED = "ECS deployment circuit breaker: tasks failed to start."
REASON_ROLLING_BACK = "ECS deployment circuit breaker: rolling back to deploymentId {deployment}."
REASON_STOPPED = "Service deployment stopped by user."

SD_ROLLED_BACK = "Service deployment rolled back because the circuit breaker threshold was exceeded."
SD_NO_CANDIDATE = "No rollback candidate was found to run the rollback."
SD_STOPPED_BREAKER = "Service deployment stopped because the circuit breaker threshold was exceeded."
SD_USER_ROLLBACK = "Service deployment rolled back by user."
SD_USER_STOP = "Service deployment stopped by user."
SD_SUPERSEDED = "Service deployment stopped because a new service deployment was started."
SD_INACTIVE = "Service deployment rollback failed: TaskDefinition is inactive."

EXITED = "Essential container in task exited"
OOM = "OutOfMemoryError: container killed due to memory usage"
OOM_CONTAINER = "OutOfMemoryError: Container killed due to memory usage"
UNHEALTHY_CONTAINER = "Task failed container health checks"
UNHEALTHY_TARGET = "Task failed ELB health checks in (target-group {group})"
SCALED = "Scaling activity initiated by (deployment {deployment})"
PULL = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
    "failed to resolve ref {image}: {image}: not found"
)
PLATFORM = (
    "CannotPullContainerError: pull image manifest has been retried 7 time(s): "
    "image Manifest does not contain descriptor matching platform '{platform}'"
)
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
SECRET = (
    SECRETS + "unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
    "{arn} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret."
)
PARAMETER = (
    SECRETS + "unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
    "invalid parameters: {names}"
)
LOG_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. "
    ": exit status 1"
)


def started(service: str, tasks: Sequence[str], unhealthy: int = 0) -> str:
    """The event for tasks that were started, by id; ``unhealthy`` of them replace unhealthy ones."""
    text = f"(service {service}) has started {len(tasks)} tasks: {_listed(tasks)}."
    return f"{text} Amazon ECS replaced {unhealthy} tasks due to an unhealthy status." if unhealthy else text


def stopped(service: str, tasks: Sequence[str]) -> str:
    """The event for running tasks that were stopped, by id."""
    return f"(service {service}) has stopped {len(tasks)} running tasks: {_listed(tasks)}."


def _listed(tasks: Sequence[str]) -> str:
    return " ".join(f"(task {one})" for one in tasks)
