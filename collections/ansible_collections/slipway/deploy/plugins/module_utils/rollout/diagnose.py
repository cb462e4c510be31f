# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a service failed, from what ECS and CloudWatch Logs keep of its tasks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.parse import parse_time
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import StoppedTask

#: Log lines in a failure card.
LOG_LINES = 6
#: Characters of a log line that are kept.
LINE_LENGTH = 300

# Longer lines are cut before anything is looked for in them, so that no line costs more than a moment.
_LOOKED_AT = 4000
_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization)[\w.-]*"
)
_QUOTED = r"""\\"(?:.*?)(?:\\"|$) | "(?:\\.|[^"\\])*(?:"|$) | '(?:\\.|[^'\\])*(?:'|$)"""
# Without quotes nothing says where a secret ends: it is all up to what looks like the next name, or the end.
_SECRET = re.compile(
    rf"""(?ix)
    ({_NAME} (?:\\?["'])? \s* (?:=>|[=:]) \s* (?:bearer\s+|basic\s+)?)
    (?:{_QUOTED} | \S.*? (?=[\s,;&]{{1,5}} ["']? [\w.-]+ ["']? \s{{0,5}} (?:=|:\s) | $))
    """
)
_OPTION = re.compile(rf"(?ix) ((?<![\w-]) --? (?:[\w.]+-)*? [\w.]*? {_NAME} \s+) (?:{_QUOTED} | \S+)")
# A password may hold a slash or an at sign: it ends at the last one.
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s]+@", re.IGNORECASE)
_TOKEN_LIKE = re.compile(
    r"\b(?:eyJ[\w-]+\.[\w-]+\.[\w-]*|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]+)"
)


def redact(line: str) -> str:
    """A log line without what looks like a secret, shortened to :data:`LINE_LENGTH`."""
    line = _TOKEN_LIKE.sub("[redacted]", line[:_LOOKED_AT])
    line = _USER_INFO.sub(r"\1[redacted]@", line)
    line = _OPTION.sub(r"\1[redacted]", line)
    line = _SECRET.sub(r"\1[redacted]", line)
    return line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 1] + "…"


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
