# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An account's ECS: its state, its names and its clock.

Nothing happens between requests: ``tick`` pops what is due from a heap and applies it at its own time, so the
state at any moment does not depend on the number of requests. Callers hold ``lock``. What happens then is the
engine's (:mod:`.engine`).
"""

from __future__ import annotations

import heapq
import itertools
import random
import string
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.ecs.model import Cluster, Deployment, Service, ServiceDeployment, Task, TaskDefinition, Timings
from sandbox.ecs.world import World


class Account(ABC):
    """One account's ECS in one region."""

    def __init__(
        self,
        clock: Callable[[], float],
        world: World,
        account: str = "000000000000",
        region: str = "eu-west-1",
        seed: int | None = None,
    ) -> None:
        self.clock = clock
        self.world = world
        self.account = account
        self.region = region
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.speed = 1.0
        self.rollback_to_inactive = True
        self.timings = Timings()
        self.service_timings: dict[str, dict[str, float]] = {}
        self.clusters: dict[str, Cluster] = {}
        self.services: dict[tuple[str, str], Service] = {}
        self.definitions: dict[str, TaskDefinition] = {}
        self.families: dict[str, list[TaskDefinition]] = {}
        self.deleted_revisions: dict[str, int] = {}
        self.tasks: dict[str, Task] = {}
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._sequence = itertools.count()
        self._address = itertools.count(4)

    # -- names ---------------------------------------------------------------------------------------------

    def arn(self, kind: str) -> str:
        """The start of an ARN of this account and region."""
        return f"arn:aws:ecs:{self.region}:{self.account}:{kind}"

    def number(self) -> str:
        """19 digits, as in ``ecs-svc/…``."""
        return str(self.random.randrange(10**18, 10**19))

    def hex_id(self) -> str:
        """A task's id."""
        return f"{self.random.getrandbits(128):032x}"

    def short_id(self) -> str:
        """A service deployment's id."""
        return "".join(self.random.choices(string.ascii_letters + string.digits + "-_", k=21))

    # -- time ----------------------------------------------------------------------------------------------

    def scaled(self, seconds: float) -> float:
        """Seconds of the engine's clock for nominal seconds."""
        return seconds / self.speed

    def timings_for(self, name: str) -> Timings:
        """The timings of a service (or of a family, for tasks without a service)."""
        own = self.service_timings.get(name)
        return replace(self.timings, **own) if own else self.timings

    def set_timings(self, name: str | None, values: dict[str, Any]) -> Timings:
        """Change the timings of one service, or the default ones, which hold where a service has none of its own."""
        if name is None:
            self.timings = replace(self.timings, **values)
            return self.timings
        self.service_timings.setdefault(name, {}).update(values)
        return self.timings_for(name)

    def schedule(self, when: float, action: Callable[[float], None]) -> None:
        """Call ``action`` with its time when the clock reaches it."""
        heapq.heappush(self._heap, (when, next(self._sequence), action))

    def tick(self, now: float | None = None) -> float:
        """Apply everything that is due; returns the time."""
        moment = self.clock() if now is None else now
        while self._heap and self._heap[0][0] <= moment:
            when, _, action = heapq.heappop(self._heap)
            action(when)
        return moment

    @property
    def next_due(self) -> float | None:
        """When the next thing happens, or ``None``."""
        return self._heap[0][0] if self._heap else None

    def at(self, when: float, task: Task, step: str, detail: Any = None) -> None:
        """Schedule a step of a task; it is dropped if the task was stopped since."""
        generation = task.generation

        def action(now: float) -> None:
            if task.generation == generation:
                self.step(task, step, detail, now)

        self.schedule(when, action)

    def wake(self, when: float, service: Service) -> None:
        """Reconcile the service again at that time."""
        self.schedule(when, lambda now: self.reconcile(service, now))

    def forget_later(self, task: Task, now: float) -> None:
        """Forget a stopped task after the hour that ECS lists it for."""

        def action(_now: float) -> None:
            self.tasks.pop(task.id, None)
            if task.service:
                task.service.tasks.pop(task.id, None)

        self.schedule(now + self.timings.stopped_kept, action)

    def event(self, service: Service, message: str, now: float) -> None:
        """Add a line to the service's event log."""
        bits = f"{self.random.getrandbits(128):032x}"
        identity = f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"
        service.events.appendleft((identity, now, message))

    # -- what happens ----------------------------------------------------------------------------------------

    @abstractmethod
    def step(self, task: Task, step: str, detail: Any, now: float) -> None:
        """Apply one scheduled step of a task, and what follows from it."""

    @abstractmethod
    def reconcile(self, service: Service, now: float) -> None:
        """Reconcile a service after a change."""

    @abstractmethod
    def begin_later(self, service: Service, deployment: Deployment, now: float) -> None:
        """Begin a deployment after the time that ECS takes to notice it."""

    @abstractmethod
    def stop_later(self, service: Service, made: ServiceDeployment, now: float) -> None:
        """Carry out a stop request after the time that ECS takes to notice it."""

    @abstractmethod
    def start_service_task(self, service: Service, deployment: Deployment, now: float) -> Task:
        """Start one task of a deployment."""

    @abstractmethod
    def scale_in(self, task: Task, reason: str, now: float) -> None:
        """Stop a task because the scheduler has too many or a better one."""
