# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told about a service's tasks: plain values, log lines already redacted. Times are epoch seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..fleet.model import Event

TaskState = Literal["failed", "running", "starting", "replaced"]


@dataclass(frozen=True)
class Task:
    """A task of a service.

    :ivar state: ``replaced`` is a task that a deployment, scaling or a person stopped: nothing went wrong with it.
    :ivar at: when it stopped; for one that runs, when it was started; 0.0 when ECS does not say.
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
    """Where a container's log is. ``problem`` says why it cannot be read, where that is known beforehand."""

    container: str
    group: str = ""
    stream: str = ""
    problem: str = ""


@dataclass(frozen=True)
class ContainerLog:
    """The last lines of a container's log, oldest first; ``problem`` says why there are none."""

    source: Source
    task: str
    lines: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Recorded:
    """The failure of a service that a release's record keeps, long after ECS has forgotten the tasks."""

    release: str
    reason: str
    exit_code: int | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceLogs:
    """Everything that is told about one service.

    :ivar problem: why nothing can be told, e.g. that the cluster has no such service.
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
