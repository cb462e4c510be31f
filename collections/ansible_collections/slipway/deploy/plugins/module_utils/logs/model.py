# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's tasks and logs: plain values, log lines already redacted. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..fleet.model import Event

TaskState = Literal["failed", "running", "starting", "replaced"]


@dataclass(frozen=True)
class Task:
    """A task of a service.

    :ivar state: ``replaced`` is a task that a deployment, scaling or a person stopped: it did not fail.
    :ivar at: when it stopped; for a running one, when it started; 0.0 if ECS does not say.
    :ivar reason: why it stopped.
    :ivar health: ECS's word (``HEALTHY``), or ``""`` without a health check.
    """

    id: str
    task_definition: str
    state: TaskState
    at: float
    reason: str = ""
    exit_code: int | None = None
    health: str = ""


@dataclass(frozen=True)
class Source:
    """The location of a container's log. ``problem`` says why it cannot be read, if already known."""

    container: str
    group: str = ""
    stream: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ContainerLog:
    """The last lines of a container's log, oldest first; ``problem`` says why they are missing."""

    source: Source
    task: str
    lines: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Recorded:
    """The failure of a service in a release's record, which outlasts ECS's stopped tasks."""

    release: str
    reason: str
    exit_code: int | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceLogs:
    """The logs of one service.

    :ivar problem: why there are none, e.g. the service does not exist.
    :ivar rollout: ECS's rollout state of what the service is set to, or ``""``.
    :ivar tasks: failed ones first, newest first.
    :ivar events: oldest first.
    """

    name: str
    problem: str = ""
    running: int = 0
    desired: int = 0
    rollout: str = ""
    tasks: tuple[Task, ...] = ()
    events: tuple[Event, ...] = ()
    logs: tuple[ContainerLog, ...] = ()
    recorded: Recorded | None = None

    def of_state(self, state: TaskState) -> tuple[Task, ...]:
        """Its tasks of that state."""
        return tuple(task for task in self.tasks if task.state == state)
