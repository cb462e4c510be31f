# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tasks, events and log lines of services: one heading per service, problems first. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..common.command import here
from ..common.text import clean, columns, hanging, plural
from ..fleet.model import Event
from ..logs.model import ContainerLog, Recorded, ServiceLogs, Task, TaskState
from .facts import finish, joined, revision
from .when import since, stamp

#: How many tasks of a kind get a separate line.
TASKS = 3
_SHOWN: tuple[TaskState, ...] = ("failed", "running", "starting")
_ID = 8
# Events begin with the service's name and name target groups by their ARN.
_SERVICE = re.compile(r"^\(service [^)]*\) ")
_TARGET_GROUP = re.compile(r"target-group arn:\S+:targetgroup/([^/\s]+)/[0-9a-f]+")


def logs(found: Sequence[ServiceLogs], now: float, width: int | None = None, hidden: int = 0) -> list[str]:
    """The screen of some services.

    :param now: epoch seconds.
    :param width: columns of the terminal; log lines are never cut.
    :param hidden: how many selected services are left out.
    """
    lines: list[str] = []
    for item in found:
        lines += [*([""] if lines else []), *_service(item, now, width)]
    if hidden:
        lines += ["", f"… and {hidden:,} more services: {here('logs', '--limit', '…')}"]
    return finish(lines, None)


def _service(item: ServiceLogs, now: float, width: int | None) -> list[str]:
    if item.problem and not item.events:
        return joined([clean(item.name), item.problem], width)
    failed = len(item.of_state("failed"))
    parts = [clean(item.name), f"{item.running}/{item.desired} running"]
    if item.rollout and item.rollout != "COMPLETED":
        parts.append(f"deployment {item.rollout.lower().replace('_', ' ')}")
    if failed:
        parts.append(f"{plural(failed, 'task')} failed in about the last hour")
    lines = [*joined(parts, width), *_tasks(item, now, width)]
    lines += [line for text in _events(item.events, now) for line in hanging("event", text, width)]
    if item.problem:
        lines += hanging("problem", item.problem, width)
    several = len({log.source.container for log in item.logs}) > 1
    for log in item.logs:
        lines += _log(log, item, several, width)
    if not failed and item.recorded is not None:
        lines += _recorded(item.recorded, width)
    return lines


def _events(events: Sequence[Event], now: float) -> list[str]:
    """The events without the heading's text; repeated ones are counted."""
    said: list[tuple[str, str, int]] = []
    for event in events:
        message = _TARGET_GROUP.sub(r"target-group \1", _SERVICE.sub("", clean(event.message)))
        at, times = stamp(event.at, now), 1
        if said and said[-1][1] == message:
            times += said.pop()[2]
        said.append((at, message, times))
    return [f"{at} {message}{f' ({times} times)' if times > 1 else ''}" for at, message, times in said]


def _tasks(item: ServiceLogs, now: float, width: int | None) -> list[str]:
    kept = [task for state in _SHOWN for task in item.of_state(state)[:TASKS]]
    lines: list[str] = []
    following = [*(task.reason for task in kept[1:]), ""]
    for task, row, after in zip(kept, columns([_facts(task, now) for task in kept]), following, strict=False):
        # ECS's own text follows below, at any length, and once for tasks that stopped for the same reason.
        lines += [row, *(hanging("reason", task.reason, width) if task.reason != after else [])]
    more = [f"{count:,} {state}" for state in _SHOWN if (count := len(item.of_state(state)) - TASKS) > 0]
    replaced = len(item.of_state("replaced"))
    more += [f"{replaced:,} stopped normally (replaced, scaled in or by hand)"] if replaced else []
    if more:
        lines += hanging("more", f"tasks: {', '.join(more)}", width)
    if not item.tasks and not item.problem:
        lines += hanging("tasks", "none: nothing runs, and ECS forgets stopped tasks after about an hour", width)
    return lines


def _facts(task: Task, now: float) -> tuple[str, ...]:
    mark = {"failed": "✘", "running": "✔", "starting": "…"}[task.state]
    if task.state == "running" and task.health not in ("", "HEALTHY"):
        mark = "✘"
    verb = {"failed": "stopped", "running": "running since", "starting": "starting since"}[task.state]
    when = f"{verb} {since(task.at, now)}" if task.at else verb.removesuffix(" since")
    code = f"exit code {task.exit_code}" if task.exit_code is not None else ""
    return (f"{mark} {task.id[:_ID]}", revision(task.task_definition), when, code or task.health.lower())


def _log(log: ContainerLog, item: ServiceLogs, several: bool, width: int | None) -> list[str]:
    task = next((task for task in item.tasks if task.id == log.task), None)
    state = f" ({task.state})" if task is not None else ""
    container = f", container {clean(log.source.container)}" if several else ""
    subject = f"task {log.task[:_ID]}{state}{container}"
    place = " ".join(part for part in (clean(log.source.group), clean(log.source.stream)) if part)
    if log.problem:
        where = f" {place}:" if place else ""
        return hanging("log", f"{subject}:{where} {log.problem}", width)
    # The stream's name is not cut, so that it can be copied.
    return [*hanging("log", f"{subject}: {place}", None), *(f"    {line}" for line in log.lines)]


def _recorded(recorded: Recorded, width: int | None) -> list[str]:
    code = f", exit code {recorded.exit_code}" if recorded.exit_code is not None else ""
    said = f"it failed in release {clean(recorded.release)}: {clean(recorded.reason)}{code}"
    lines = hanging("record", said, width)
    return [*lines, *(f"    {clean(line)}" for line in recorded.log)]
