# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a service failed, from what ECS and CloudWatch Logs keep of its tasks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.redact import LINE_LENGTH, redact
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.parse import parse_time
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import StoppedTask

__all__ = ["LINE_LENGTH", "LOG_LINES", "last_lines", "log_streams", "parse_stopped_task", "redact"]

#: Log lines in a failure card.
LOG_LINES = 6


def parse_stopped_task(task: Mapping[str, Any]) -> StoppedTask:
    """A stopped task of DescribeTasks' answer.

    The culprit is the container with a non-zero exit code, else the first.
    """
    containers = task.get("containers") or [{}]
    culprit = next((item for item in containers if item.get("exitCode")), None)
    culprit = culprit or next((item for item in containers if item.get("reason")), containers[0])
    return StoppedTask(
        id=str(task.get("taskArn", "")).rsplit("/", 1)[-1],
        started_by=task.get("startedBy", ""),
        stop_code=task.get("stopCode", ""),
        reason=task.get("stoppedReason", "") or task.get("stopCode", "") or "stopped",
        exit_code=culprit.get("exitCode"),
        container_reason=culprit.get("reason", ""),
        stopped_at=parse_time(task.get("stoppedAt")),
    )


def log_streams(body: Mapping[str, Any], task_id: str) -> list[tuple[str, str]]:
    """(log group, stream) of each container of a task that logs by awslogs, the essential ones first.

    The stream is ``prefix/container/task`` (ECS developer guide, "Using the awslogs log driver").
    """
    streams = []
    for container in sorted(body.get("containerDefinitions", ()), key=lambda item: not item.get("essential", True)):
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
    # Frames of a stack trace say where, not what.
    telling = [line for line in lines if not re.match(r"\S+ \s*(?:at |\.\.\. \d+ more)", line)]
    return tuple(redact(line) for line in (telling or lines)[-LOG_LINES:])
