# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Diagnoses why a service failed, from its tasks in ECS and their logs. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..common.redact import LINE_LENGTH, redact
from ..fleet.parse import parse_time
from .model import StoppedTask

__all__ = ["LINE_LENGTH", "LOG_LINES", "last_lines", "log_streams", "parse_stopped_task", "redact"]

#: Log lines in a failure card.
LOG_LINES = 6


#: Exit codes of a process that a signal ended: ECS stops a task's other containers by SIGTERM and then SIGKILL.
_BY_SIGNAL = frozenset({128 + 15, 128 + 9})


def parse_stopped_task(task: Mapping[str, Any], deployed: str = "", inessential: Collection[str] = ()) -> StoppedTask:
    """A stopped task of DescribeTasks' answer.

    :param deployed: the name of the container whose image was deployed: the first suspect.
    :param inessential: the names of containers whose end does not end the task.
    """
    stopped = task.get("stopCode") == "ServiceSchedulerInitiated"
    culprit = culprit_of(task.get("containers") or [], deployed, inessential, stopped=stopped)
    name, reason = str(culprit.get("name") or ""), str(culprit.get("reason") or "")
    if deployed and name not in ("", deployed):
        reason = f"container {name}: {reason}" if reason else f"container {name}"
    return StoppedTask(
        id=str(task.get("taskArn", "")).rsplit("/", 1)[-1],
        started_by=task.get("startedBy", ""),
        stop_code=task.get("stopCode", ""),
        reason=task.get("stoppedReason", "") or task.get("stopCode", "") or "stopped",
        exit_code=culprit.get("exitCode"),
        container_reason=reason,
        stopped_at=parse_time(task.get("stoppedAt")),
        container=name,
    )


def culprit_of(
    containers: Sequence[Mapping[str, Any]], deployed: str, inessential: Collection[str] = (), *, stopped: bool = False
) -> Mapping[str, Any]:
    """The container that ended a task. AWS does not report which ended first, but mostly how each ended shows it.

    One that ended by itself with an error, or with a reason from ECS, precedes those that ECS stopped after
    it; then the deployed container comes first, then the essential ones, then the highest exit code.

    :param stopped: whether ECS stopped the task, as it does after a failed health check: then exit codes do not
        count, but the container's health.
    """

    def suspicion(item: Mapping[str, Any]) -> tuple[bool, bool, bool, bool, int]:
        code = item.get("exitCode")
        by_itself = (bool(code) and code not in _BY_SIGNAL) or bool(item.get("reason"))
        guilty = item.get("healthStatus") == "UNHEALTHY" if stopped else by_itself
        name = item.get("name")
        essential = name not in inessential
        ended = code is not None
        return guilty, ended and name == deployed, essential, ended, code or 0

    # The deployed one is first, so that it is the default.
    ordered = sorted(containers, key=lambda item: item.get("name") != deployed)
    return max(ordered, key=suspicion, default={})


def inessential_of(body: Mapping[str, Any]) -> frozenset[str]:
    """The names of a task definition's containers whose end does not end the task."""
    return frozenset(
        str(item.get("name")) for item in body.get("containerDefinitions") or () if item.get("essential") is False
    )


def log_streams(body: Mapping[str, Any], task_id: str, culprit: str = "") -> list[tuple[str, str]]:
    """(log group, stream) of each container of a task that logs by awslogs, the culprit and the essential ones first.

    If the culprit is known, no other container's log is used instead: it would be read as the culprit's.

    The stream is ``prefix/container/task`` (ECS developer guide, "Using the awslogs log driver").
    """
    streams = []
    containers = body.get("containerDefinitions") or ()
    if any(item.get("name") == culprit for item in containers):
        containers = [item for item in containers if item.get("name") == culprit]
    for container in sorted(containers, key=lambda item: not item.get("essential", True)):
        configuration = container.get("logConfiguration") or {}
        options = configuration.get("options") or {}
        prefix = options.get("awslogs-stream-prefix")
        group = options.get("awslogs-group")
        if configuration.get("logDriver") == "awslogs" and group and prefix:
            streams.append((group, f"{prefix}/{container.get('name')}/{task_id}"))
    return streams


def last_lines(events: Iterable[Mapping[str, Any]], clock: Any) -> tuple[str, ...]:
    """The last lines of a log stream, oldest first, each with its time of day.

    :param clock: formats epoch seconds.
    """
    lines = [
        f"{clock(event.get('timestamp', 0) / 1000)} {part.rstrip()}"
        for event in events
        for part in str(event.get("message", "")).splitlines()
        if part.strip()
    ]
    # Frames of a stack trace show where, not what.
    telling = [line for line in lines if not re.match(r"\S+ \s*(?:at |\.\.\. \d+ more)", line)]
    return tuple(redact(line) for line in (telling or lines)[-LOG_LINES:])
