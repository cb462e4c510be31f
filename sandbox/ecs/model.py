# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's data: clusters, task definitions, services, deployments, tasks.

All times are epoch seconds of the engine's clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")
ONGOING = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
"""Service deployment states that are not final (developer guide, "service deployments")."""
SETTINGS = (
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "deploymentConfiguration",
    "placementConstraints",
    "placementStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)
"""What a request says about a service that the answers show as it was said."""


@dataclass
class Timings:
    """How long things take, in seconds, before the clock's speed is applied.

    A rolling update of healthy tasks takes ``begin + start + steady`` when all new tasks may start at once.
    """

    begin: float = 0.2
    start: float = 3.0
    pull: float = 0.0
    stop: float = 1.0
    steady: float = 0.3
    unhealthy: float = 2.0
    restart: float = 0.2
    stale: float = 0.1
    run: float | None = None
    stopped_kept: float = 3600.0


@dataclass
class Behaviour:
    """What an image or a service does when it runs; ``count`` limits it to the next so many tasks.

    ``fail``: crash, unhealthy, oom, missing, secret, or none. ``after``: seconds after RUNNING (crash, oom);
    without it the task dies before it is RUNNING. ``http``: how the load balancer's port answers.
    """

    fail: str | None = None
    exit_code: int = 1
    after: float | None = None
    count: int | None = None
    start: float | None = None
    pull: float | None = None
    log: list[str] = field(default_factory=list)
    http: dict[str, Any] = field(default_factory=dict)


@dataclass
class Cluster:
    """An ECS cluster."""

    name: str
    arn: str
    tags: dict[str, str] = field(default_factory=dict)
    settings: list[dict[str, str]] = field(default_factory=list)
    instances: int = 2
    status: str = "ACTIVE"
    capacity_providers: list[str] = field(default_factory=list)
    default_strategy: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class TaskDefinition:
    """A task definition revision; ``body`` is ECS's answer, verbatim."""

    arn: str
    family: str
    revision: int
    body: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """ACTIVE, INACTIVE or DELETE_IN_PROGRESS."""
        return str(self.body["status"])

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The container definitions."""
        found: list[dict[str, Any]] = self.body["containerDefinitions"]
        return found

    @property
    def has_health_check(self) -> bool:
        """Whether an essential container declares a health check."""
        return any(one.get("healthCheck") and one.get("essential", True) for one in self.containers)


@dataclass
class Revision:
    """A service revision: what a deployment deploys, with the images resolved at its start."""

    arn: str
    task_definition: str
    created_at: float
    settings: dict[str, Any]
    images: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Deployment:
    """One entry of a service's ``deployments``."""

    id: str
    status: str
    revision: Revision
    created_at: float
    updated_at: float
    rollout_state: str
    rollout_reason: str
    failed: int = 0
    begun: bool = False
    healthy_since: float | None = None
    next_start: float = 0.0
    start_failures: int = 0
    unhealthy: int = 0
    completed_once: bool = False
    halted: bool = False
    rollback_of: ServiceDeployment | None = None
    blocked: bool = False
    impaired: bool = False

    @property
    def task_definition(self) -> str:
        """The task definition's ARN."""
        return self.revision.task_definition


@dataclass
class ServiceDeployment:
    """A service deployment as ListServiceDeployments knows it."""

    arn: str
    deployment_id: str
    target: Revision
    created_at: float
    updated_at: float
    sources: list[Revision] = field(default_factory=list)
    status: str = "PENDING"
    reason: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    stopped_at: float | None = None
    rollback: dict[str, Any] | None = None
    breaker_status: str = "DISABLED"
    breaker_count: int = 0
    breaker_threshold: int = 0
    configuration: dict[str, Any] = field(default_factory=dict)

    @property
    def ongoing(self) -> bool:
        """Whether it has not reached a final state."""
        return self.status in ONGOING


@dataclass
class Service:
    """An ECS service; ``settings`` holds what a caller set and ECS echoes."""

    name: str
    arn: str
    cluster: Cluster
    desired: int
    task_definition: str
    created_at: float
    settings: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list)
    history: deque[ServiceDeployment] = field(default_factory=lambda: deque(maxlen=100))
    revisions: dict[str, Revision] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    events: deque[tuple[str, float, str]] = field(default_factory=lambda: deque(maxlen=100))
    completed: Deployment | None = None
    steady: bool = False
    snapshot: dict[str, Any] | None = None
    stale_until: float = 0.0

    @property
    def primary(self) -> Deployment | None:
        """The PRIMARY deployment."""
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)

    @property
    def controller(self) -> str:
        """ECS, CODE_DEPLOY or EXTERNAL."""
        return str(self.settings.get("deploymentController", {}).get("type", "ECS"))

    @property
    def daemon(self) -> bool:
        """Whether it runs one task per container instance."""
        return self.settings.get("schedulingStrategy") == "DAEMON"

    @property
    def wanted(self) -> int:
        """How many tasks it should run."""
        return self.cluster.instances if self.daemon else self.desired

    @property
    def configuration(self) -> dict[str, Any]:
        """The deploymentConfiguration."""
        found: dict[str, Any] = self.settings["deploymentConfiguration"]
        return found

    @property
    def target_groups(self) -> list[dict[str, Any]]:
        """The load balancers that have a target group."""
        return [one for one in self.settings.get("loadBalancers", []) if one.get("targetGroupArn")]


@dataclass
class Task:
    """A task and its state."""

    id: str
    arn: str
    cluster: Cluster
    task_definition: TaskDefinition
    group: str
    started_by: str
    created_at: float
    ip: str
    images: dict[str, dict[str, str]]
    behaviour: Behaviour
    service: Service | None = None
    status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    health: str = "UNKNOWN"
    healthy: bool = False
    generation: int = 0
    was_running: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    stop_code: str | None = None
    stopped_reason: str | None = None
    container_reason: str | None = None
    exit_code: int | None = None

    @property
    def live(self) -> bool:
        """Whether the scheduler counts it: wanted, and starting or running."""
        return self.desired_status == "RUNNING"
