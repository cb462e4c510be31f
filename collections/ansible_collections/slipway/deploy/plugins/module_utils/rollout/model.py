# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rollout as data: the changes, their progress, and the next actions.

The record has the same words (``targets[].state``), so that a killed rollout can be read back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from ..common.failure import Cause, Failure
from ..fleet.model import ObservedService

State = Literal[
    "planned",
    "registering",
    "updating",
    "in_flight",
    "stable",
    "failed",
    "stopping",
    "undo_registering",
    "undo_updating",
    "undoing",
    "undone",
    "undo_failed",
]

#: States in which the service was not changed: there is nothing to undo.
UNTOUCHED: frozenset[State] = frozenset({"planned", "registering"})
#: States of a change that rolls out; they count against ``max_parallel``.
GOING_FORWARD: frozenset[State] = frozenset({"registering", "updating", "in_flight"})
#: States of a change that is being undone; they count against ``max_parallel``.
GOING_BACK: frozenset[State] = frozenset({"stopping", "undo_registering", "undo_updating", "undoing"})
#: States that an undo does not change.
UNDO_ENDED: frozenset[State] = frozenset({"undone", "undo_failed", *UNTOUCHED})
#: States that are judged by observing the service.
WATCHED: frozenset[State] = frozenset({"in_flight", "stopping", "undoing"})


@dataclass(frozen=True)
class Undo:
    """The goal of an undo. ``equivalent_of`` is set if the recorded revision had to be registered again."""

    task_definition: str
    equivalent_of: str | None = None
    deployment_id: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    attempts: int = 0
    detail: str = ""


@dataclass(frozen=True)
class Target:
    """One service that the rollout changes.

    ``previous`` and ``previous_deployment`` are what the plan observed: the task definition to return to and the id of
    the deployment that was PRIMARY. ``pinned`` is false if the former names its image by a tag, which may have
    moved: updating the service to it again could start another image, so an undo registers it with the digest that
    ran. ``task_definition`` is what it should run, ``None`` until it is registered.
    ``event`` is what ECS reports that it is unable to do for a deployment in flight, which may pass by itself.
    ``settings`` are the service's own, as in :class:`~..fleet.model.DesiredService`.
    Times are epoch seconds of the state store's clock.
    """

    name: str
    wave: int
    cluster: str
    service: str
    previous: str
    previous_deployment: str | None
    task_definition: str | None
    force: bool = False
    pinned: bool = True
    state: State = "planned"
    deployment_id: str | None = None
    service_deployment: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    desired: int = 0
    running: int = 0
    failure: Failure | None = None
    undo: Undo | None = None
    event: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def back_to(self) -> str:
        """The task definition that an undo returns to: the recorded one, or its clone."""
        return self.undo.task_definition if self.undo else self.previous


@dataclass(frozen=True)
class Limits:
    """How many services change at once, how long one may take (seconds), and how many of its tasks may stop.

    ``failed_tasks_threshold`` is ``None`` for ECS's own threshold, which grows with the desired count.
    An undo is retried up to ``undo_attempts`` times if a call fails, and up to ``undo_deployments`` times if
    its deployment fails, which takes long.
    """

    max_parallel: int = 4
    stabilise_timeout: float = 600.0
    failed_tasks_threshold: int | None = None
    undo_attempts: int = 6
    undo_deployments: int = 2


@dataclass(frozen=True)
class Rollout:
    """The whole rollout. With a ``cause`` nothing new is started and all changes are undone."""

    targets: tuple[Target, ...]
    limits: Limits = field(default_factory=Limits)
    cause: Cause | None = None

    def target(self, name: str) -> Target:
        """The target of that name.

        :raises KeyError: there is none.
        """
        for item in self.targets:
            if item.name == name:
                return item
        raise KeyError(name)

    def with_target(self, target: Target) -> Rollout:
        """The same rollout with one target replaced."""
        return replace(self, targets=tuple(target if item.name == target.name else item for item in self.targets))

    def turn_back(self, cause: Cause) -> Rollout:
        """The same rollout with an undo; the first cause is kept."""
        return self if self.cause else replace(self, cause=cause)


@dataclass(frozen=True)
class StoppedTask:
    """A stopped task of a service, as DescribeTasks returned it.

    ``container`` is the one that ended it, if known; exit code and reason are that container's.
    """

    id: str
    started_by: str
    stop_code: str
    reason: str
    exit_code: int | None = None
    container_reason: str = ""
    stopped_at: float = 0.0
    container: str = ""


@dataclass(frozen=True)
class Action:
    """A mutation of AWS, which the engine runs once its intent is recorded.

    ``register``: register the new task definition. ``update``: update the service to it. ``stop``: stop the
    deployment and let ECS roll it back. ``register_undo``: register the recorded revision again, because it is
    INACTIVE or names its image by a tag that has moved. ``undo``: update the service back.
    """

    kind: Literal["register", "update", "stop", "register_undo", "undo"]
    target: str


@dataclass(frozen=True)
class Registered:
    """A task definition was registered for the target (forward, or for its undo)."""

    target: str
    task_definition: str


@dataclass(frozen=True)
class Updated:
    """UpdateService succeeded: the resulting service."""

    target: str
    service: ObservedService


@dataclass(frozen=True)
class Stopped:
    """StopServiceDeployment was accepted; ECS rolls the service back."""

    target: str
    service_deployment: str


@dataclass(frozen=True)
class ActionFailed:
    """An action did not succeed.

    ``inactive``: because the task definition is INACTIVE. ``refused``: it certainly had no effect; otherwise (a lost
    answer, an error of the server) it may have had one.
    """

    target: str
    kind: str
    error: str
    inactive: bool = False
    refused: bool = False


@dataclass(frozen=True)
class Observed:
    """An observation of a service. ``stopped`` is ``None`` if stopped tasks were not read."""

    target: str
    service: ObservedService
    stopped: tuple[StoppedTask, ...] | None = None


Happening: TypeAlias = "Registered | Updated | Stopped | ActionFailed | Observed"
