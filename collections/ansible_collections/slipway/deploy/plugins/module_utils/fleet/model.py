# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet's values: the desired services, and the services as ECS describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The settings of one service that the plan, the record and the rollout carry: the variable of the inventory → their
#: name for it, and its type (``int``, ``float``, ``bool`` or ``str``).
SERVICE_SETTINGS: Mapping[str, tuple[str, type]] = {"service_port": ("port", int)}


@dataclass(frozen=True)
class DesiredService:
    """One service of the inventory and the image that it should run.

    ``wave`` is the priority: the services of one wave roll out together, lower waves first.
    ``selected`` is false for a service outside ``--limit``: it is observed, never changed.
    ``registry`` is the host of the image registry (``""``: Docker Hub), ``repository`` the name in it; ``tag`` may
    also be a digest.
    ``where`` is the location of the service, ``tag_where`` that of its tag, if different.
    ``settings`` are those of :data:`SERVICE_SETTINGS`; ``None`` where one is not set.
    """

    name: str
    wave: int
    cluster: str
    service: str
    container: str
    repository: str
    tag: str
    selected: bool = True
    force: bool = False
    where: str = ""
    registry: str = ""
    tag_where: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """ECS's deployment, as DescribeServices lists it. Times are epoch seconds of ECS's clock."""

    id: str
    status: str
    task_definition: str
    rollout_state: str | None = None
    rollout_state_reason: str = ""
    desired: int = 0
    running: int = 0
    pending: int = 0
    failed: int = 0
    created_at: float = 0.0


@dataclass(frozen=True)
class Event:
    """A line of a service's event log."""

    id: str
    at: float
    message: str


@dataclass(frozen=True)
class ObservedService:
    """An ECS service as DescribeServices answered."""

    service: str
    arn: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    deployments: tuple[Deployment, ...] = ()
    events: tuple[Event, ...] = ()
    scheduling: str = "REPLICA"
    controller: str = "ECS"
    target_groups: tuple[str, ...] = ()
    classic_load_balancer: bool = False
    breaker_threshold: tuple[str, int] | None = None
    """Type and value of the service's own circuit breaker threshold, ``None`` where it has ECS's default."""
    tags: Mapping[str, str] = field(default_factory=dict)
    revisions: tuple[str, ...] = ()
    """ARNs of the service revisions that run now."""
    platform: str = ""
    """``linux`` or ``windows`` when ECS says so (Fargate), else ``""``."""
    launch_type: str = ""
    """``FARGATE``, ``EC2`` or ``EXTERNAL``; ``""`` for a service with a strategy of capacity providers."""
    capacity_providers: tuple[str, ...] = ()
    placement: tuple[str, ...] = ()
    """The expressions of its placement constraints."""
    created_at: float = 0.0
    """When the service was created, in epoch seconds of ECS's clock."""

    @property
    def primary(self) -> Deployment | None:
        """The deployment that ECS is steering towards, or ``None`` (external controllers)."""
        return next((item for item in self.deployments if item.status == "PRIMARY"), None)

    def deployment(self, deployment_id: str) -> Deployment | None:
        """The deployment of that id, or ``None`` when ECS no longer lists it."""
        return next((item for item in self.deployments if item.id == deployment_id), None)
