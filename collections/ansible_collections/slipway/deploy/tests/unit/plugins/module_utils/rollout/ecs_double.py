# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small ECS on a simulated clock: what the rollout engine is tried against, killed and resumed.

It keeps ECS's rules that matter to a rollout: an update makes a new PRIMARY deployment, an equal task definition
makes none unless forced, a failed deployment is rolled back by the circuit breaker where there is one, a stopped
deployment is rolled back to the last completed revision, and an INACTIVE task definition is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.common.failure import Failure
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Deployment, Event, ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import Record
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.engine import Refused
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import StoppedTask, Target

Result = TypeVar("Result")


class Killed(BaseException):
    """The run dies here, as by SIGKILL: nothing of it runs after this."""


@dataclass
class Behaviour:
    """How a task definition's tasks behave: stable after so many seconds, or not."""

    seconds: float = 5.0
    kind: str = "ok"  # ok | fails (breaker notices) | crashes (tasks stop, ECS goes on) | hangs | unable


@dataclass
class _Deployment:
    id: str
    task_definition: str
    started: float
    forward: bool
    state: str = "IN_PROGRESS"
    reason: str = ""


@dataclass
class _Service:
    name: str
    deployments: list[_Deployment]
    last_good: str
    breaker: bool = True
    past: list[tuple[float, ObservedService]] = field(default_factory=list)


@dataclass
class Ecs:
    """The double. ``trip`` is called at the boundary of every mutation with its name, and may raise.

    ``lost`` is the error that every question is answered with from now on.
    """

    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    stale_seconds: float = 0.0
    trip: Callable[[str], None] = lambda _boundary: None
    now: float = 1_000.0
    services: dict[str, _Service] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    mutations: list[tuple[float, str, str, str]] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    serial: int = 0
    lost: SlipwayError | None = None

    def add(self, name: str, task_definition: str, breaker: bool = True) -> None:
        """A service that runs a task definition, settled."""
        deployment = _Deployment(self._id(), task_definition, self.now, False, "COMPLETED")
        self.services[name] = _Service(name, [deployment], task_definition, breaker)

    def advance(self, seconds: float) -> None:
        """Let time pass, in steps as small as ECS's own notice needs."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.25)
            for service in self.services.values():
                self._tick(service)

    def running(self, name: str) -> tuple[str, str]:
        """The task definition of a service's PRIMARY, and its rollout state."""
        primary = self.services[name].deployments[0]
        return primary.task_definition, primary.state

    def in_flight(self) -> set[str]:
        """The services whose PRIMARY is a change on its way forward."""
        return {
            name
            for name, service in self.services.items()
            if service.deployments[0].forward and service.deployments[0].state == "IN_PROGRESS"
        }

    # What the engine calls.

    def register(self, target: Target) -> str:
        return self._mutate("register", target, lambda: f"{target.service}:new")

    def register_undo(self, target: Target) -> str:
        if target.previous not in self.inactive | self.moved:
            return target.previous
        return self._mutate("register_undo", target, lambda: f"{target.previous}-clone")

    def update(self, target: Target, task_definition: str, force: bool) -> ObservedService:
        if task_definition in self.inactive:
            raise Refused("TaskDefinition is inactive", inactive=True)
        forward = task_definition == target.task_definition and target.undo is None
        kind = "update" if forward else "undo"

        def effect() -> ObservedService:
            service = self.services[target.name]
            if force or service.deployments[0].task_definition != task_definition:
                self._deploy(service, task_definition, forward)
            return self._now(service)

        return self._mutate(kind, target, effect)

    def service_deployment(self, target: Target) -> str | None:
        self._count("service_deployment")
        return f"arn:{target.deployment_id}" if target.deployment_id else None

    def stop(self, target: Target, service_deployment: str) -> None:
        service = self.services[target.name]
        primary = service.deployments[0]
        if f"arn:{primary.id}" != service_deployment or primary.state != "IN_PROGRESS":
            raise Refused("the deployment is not in progress")

        def effect() -> None:
            primary.state, primary.reason = "FAILED", "stopped"
            self._deploy(service, service.last_good, False)

        self._mutate("stop", target, effect)

    def describe(self, targets: Sequence[Target]) -> Mapping[str, ObservedService]:
        self._count("describe")
        assert len(targets) <= 10
        if self.lost is not None:
            raise self.lost
        if "describe" in self.unanswered:
            raise SlipwayError("Rate exceeded")
        return {target.name: self._seen(self.services[target.name]) for target in targets}

    def stopped_tasks(self, target: Target) -> tuple[StoppedTask, ...]:
        self._count("stopped_tasks")
        primary = self.services[target.name].deployments[0]
        behaviour = self._behaviour(primary)
        if behaviour.kind not in ("crashes", "fails"):
            return ()
        count = int((self.now - primary.started) // 2)
        return tuple(
            StoppedTask(f"task-{number}", primary.id, "EssentialContainerExited", "Essential container exited", 1)
            for number in range(count)
        )

    def explain(self, target: Target, failure: Failure) -> Failure:
        return failure

    # ECS itself.

    def _id(self) -> str:
        self.serial += 1
        return f"ecs-svc/{self.serial:019d}"

    def _count(self, call: str) -> None:
        self.calls[call] = self.calls.get(call, 0) + 1

    def _mutate(self, kind: str, target: Target, effect: Callable[[], Result]) -> Result:
        self._count(kind)
        self.trip(f"before {kind}")
        result = effect()
        self.mutations.append((self.now, kind, target.name, target.state))
        self.trip(f"after {kind}")
        return result

    def _behaviour(self, deployment: _Deployment) -> Behaviour:
        return self.behaviours.get(deployment.task_definition, Behaviour(2.0))

    def _deploy(self, service: _Service, task_definition: str, forward: bool) -> None:
        service.past.append((self.now, self._now(service)))
        service.deployments.insert(0, _Deployment(self._id(), task_definition, self.now, forward))

    def _tick(self, service: _Service) -> None:
        primary = service.deployments[0]
        behaviour = self._behaviour(primary)
        if primary.state != "IN_PROGRESS" or self.now - primary.started < behaviour.seconds:
            return
        if behaviour.kind == "ok":
            primary.state = "COMPLETED"
            service.last_good = primary.task_definition
            service.deployments = [primary]
        elif behaviour.kind == "fails":
            primary.state, primary.reason = "FAILED", "ECS deployment circuit breaker: tasks failed to start."
            if service.breaker:
                self._deploy(service, service.last_good, False)

    def _seen(self, service: _Service) -> ObservedService:
        for changed, before in service.past:
            if self.now - changed < self.stale_seconds:
                return before
        return self._now(service)

    def _now(self, service: _Service) -> ObservedService:
        deployments = tuple(self._describe(item, index == 0) for index, item in enumerate(service.deployments))
        primary = service.deployments[0]
        unable = self._behaviour(primary).kind == "unable" and self.now - primary.started > 1
        message = f"(service {service.name}) was unable to place a task because no container instance met its needs."
        return ObservedService(
            service=service.name,
            arn=f"arn:service/{service.name}",
            status="ACTIVE",
            task_definition=primary.task_definition,
            desired=2,
            running=2,
            pending=0,
            deployments=deployments,
            events=(Event("1", primary.started + 1, message),) if unable else (),
        )

    def _describe(self, item: _Deployment, first: bool) -> Deployment:
        failed = int((self.now - item.started) // 2) if self._behaviour(item).kind == "crashes" else 0
        return Deployment(
            id=item.id,
            status="PRIMARY" if first else "ACTIVE",
            task_definition=item.task_definition,
            rollout_state=item.state,
            rollout_state_reason=item.reason,
            desired=2,
            running=2 if item.state == "COMPLETED" else 0,
            failed=failed,
            created_at=item.started,
        )


@dataclass
class Memory:
    """A journal in memory that survives the run: what a new run reads after a kill."""

    record: Record
    trip: Callable[[str], None] = lambda _boundary: None
    written: list[Record] = field(default_factory=list)

    def write(self, record: Record) -> None:
        """Keep a record's next state; ``trip`` may kill the run before or after it."""
        if record == self.record:
            return
        self.trip("before write")
        self.record = record
        self.written.append(record)
        self.trip("after write")
