# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parses answers of ECS and CloudWatch Logs. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..common.text import clean
from ..fleet.model import Event, ObservedService
from ..fleet.parse import parse_time
from ..rollout.diagnose import parse_stopped_task, redact
from ..rollout.judge import counts_as_failure
from .model import Recorded, Source, Task, TaskState

_ORDER: tuple[TaskState, ...] = ("failed", "running", "starting", "replaced")
_TAB = 4
#: How many events of a service are shown: the last ones, and earlier ones about problems.
LAST_EVENTS = 5
TROUBLE_EVENTS = 3
# Words of ECS's service event messages (developer guide, "Amazon ECS service event messages").
_TROUBLE = re.compile(r"unable to|fail|unhealthy|rolling back|exceeded|throttl|not enough|insufficient", re.IGNORECASE)


def parse_task(raw: Mapping[str, Any]) -> Task:
    """A task of DescribeTasks' answer, running or stopped."""
    identity = str(raw.get("taskArn", "")).rsplit("/", 1)[-1]
    definition = str(raw.get("taskDefinitionArn", ""))
    health = str(raw.get("healthStatus") or "")
    if "STOPPED" not in (raw.get("lastStatus"), raw.get("desiredStatus")):
        started = parse_time(raw.get("startedAt"))
        state: TaskState = "running" if raw.get("lastStatus") == "RUNNING" else "starting"
        at = started or parse_time(raw.get("createdAt"))
        return Task(identity, definition, state, at, health="" if health == "UNKNOWN" else health)
    stopped = parse_stopped_task(raw)
    reason = f"{stopped.reason}: {stopped.container_reason}" if stopped.container_reason else stopped.reason
    return Task(
        identity,
        definition,
        "failed" if counts_as_failure(stopped, stopped.started_by) else "replaced",
        stopped.stopped_at or parse_time(raw.get("stoppingAt")),
        redact(clean(reason)),
        stopped.exit_code,
    )


def ordered(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Failed tasks first, then running, then replaced ones; the newest first."""
    return tuple(sorted(tasks, key=lambda task: (_ORDER.index(task.state), -task.at)))


def sources(body: Mapping[str, Any], task_id: str, region: str) -> list[Source]:
    """Where each container of a task logs, the essential ones first.

    The stream is ``prefix/container/task`` (ECS developer guide, "Using the awslogs log driver").
    """
    containers = sorted(body.get("containerDefinitions") or (), key=lambda item: not item.get("essential", True))
    return [_source(container, task_id, region) for container in containers]


def _source(container: Mapping[str, Any], task_id: str, region: str) -> Source:
    name = str(container.get("name", ""))
    configuration = container.get("logConfiguration") or {}
    driver = configuration.get("logDriver")
    options = configuration.get("options") or {}
    group, prefix = options.get("awslogs-group"), options.get("awslogs-stream-prefix")
    if driver != "awslogs":
        said = f"its log driver is {driver}" if driver else "its task definition has no logConfiguration"
        return Source(name, problem=f"{said}, not awslogs: look where that sends its lines")
    if not group or not prefix:
        lacks = "awslogs-stream-prefix" if group else "awslogs-group"
        return Source(
            name, str(group or ""), problem=f"its task definition sets no {lacks}, so its stream has no known name"
        )
    elsewhere = options.get("awslogs-region") or region
    problem = (
        f"it logs to region {elsewhere}, which is not this environment's ({region})" if elsewhere != region else ""
    )
    return Source(name, str(group), f"{prefix}/{name}/{task_id}", problem)


def log_lines(events: Iterable[Mapping[str, Any]], count: int, stamp: Callable[[float], str]) -> tuple[str, ...]:
    """The last ``count`` lines of a log stream, oldest first, redacted, each with its time.

    :param stamp: formats epoch seconds.
    """
    lines = [
        redact(f"{stamp(parse_time(event.get('timestamp')) / 1000)} {_indented(part)}")
        for event in events
        for part in str(event.get("message", "")).splitlines()
        if part.strip()
    ]
    return tuple(lines[-count:])


def _indented(part: str) -> str:
    """A line's printable text with its indentation, which shows the frames of a stack trace."""
    expanded = part.expandtabs(_TAB)
    return " " * (len(expanded) - len(expanded.lstrip(" "))) + clean(expanded)


def telling_events(events: Sequence[Event]) -> tuple[Event, ...]:
    """The last events, and the last ones about problems, which an undo's events would hide. Oldest first.

    :param events: newest first, as ECS returns them.
    """
    trouble = [event for event in events[LAST_EVENTS:] if _TROUBLE.search(event.message)][:TROUBLE_EVENTS]
    return tuple(reversed([*events[:LAST_EVENTS], *trouble]))


def recorded_failure(records: Iterable[Mapping[str, Any]], name: str) -> Recorded | None:
    """The failure of a service in the newest record that changed it, or ``None`` without one.

    :param records: newest first.
    """
    for record in records:
        target = next((item for item in record.get("targets") or () if item.get("name") == name), None)
        if target is not None:
            failure = target.get("failure") or {}
            if not failure.get("reason"):
                return None
            return Recorded(
                str(record["id"]), str(failure["reason"]), failure.get("exit_code"), tuple(failure.get("log") or ())
            )
    return None


def is_troubled(service: ObservedService | None) -> bool:
    """Whether a service has problems and is shown first."""
    if service is None or service.status != "ACTIVE" or service.running < service.desired:
        return True
    return service.primary is not None and service.primary.rollout_state in ("FAILED", "IN_PROGRESS")
