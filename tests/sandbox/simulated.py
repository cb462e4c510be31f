# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine on a simulated clock, every call checked against the service model."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import api, scheduler
from sandbox.ecs.engine import Engine
from sandbox.ecs.errors import EcsError
from sandbox.ecs.model import Behaviour, Deployment, Service, Task
from sandbox.ecs.world import PlainWorld
from tests.sandbox.validate import check_answer, check_error, check_request

BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


class Watched(Engine):
    """An engine that checks the percentages whenever its scheduler starts or stops a task."""

    def start_service_task(self, service: Service, deployment: Deployment, now: float) -> Task:
        live = sum(one.live for one in service.tasks.values())
        assert live + 1 <= scheduler.limits(service)[1], "more tasks than maximumPercent allows"
        assert not deployment.halted, "a failed deployment must not start tasks"
        return super().start_service_task(service, deployment, now)

    def scale_in(self, task: Task, reason: str, now: float) -> None:
        super().scale_in(task, reason, now)
        service = task.service
        assert service is not None
        if task.health != "UNHEALTHY" and "healthyAt" in task.times:
            healthy = sum(one.healthy for one in service.tasks.values())
            assert healthy >= scheduler.limits(service)[0], "fewer healthy tasks than minimumHealthyPercent allows"


class Simulation:
    """A cluster ``c`` whose time passes when ``run`` is called."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.world = PlainWorld()
        self.engine = Watched(lambda: self.now, self.world, seed=7)
        self.engine.set_timings(None, {"stale": 0.0})
        self.call("CreateCluster", clusterName="c")

    def call(self, action: str, **body: Any) -> dict[str, Any]:
        """An API call."""
        check_request("ecs", action, body)
        answer = api.call(self.engine, action, body)
        check_answer("ecs", action, answer)
        return answer

    def refused(self, action: str, **body: Any) -> EcsError:
        """An API call that must fail; its error must be one of the action's."""
        with pytest.raises(EcsError) as caught:
            api.call(self.engine, action, body)
        check_error("ecs", action, caught.value.code)
        return caught.value

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        with self.engine.lock:
            self.engine.tick()

    def settle(self, limit: float = 600.0) -> None:
        """Let time pass until the service's primary deployment is not in progress any more."""
        end = self.now + limit
        while self.now < end and self.primary()["rolloutState"] == "IN_PROGRESS":
            self.run(0.1)

    def define(self, image: str = "app:1", family: str = "f", checked: bool = True, **body: Any) -> str:
        """Register a task definition; its ARN."""
        container: dict[str, Any] = {"name": "app", "image": image}
        if checked:
            container["healthCheck"] = {"command": ["CMD", "true"]}
        found = self.call(
            "RegisterTaskDefinition",
            family=family,
            containerDefinitions=[container],
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            **body,
        )
        return str(found["taskDefinition"]["taskDefinitionArn"])

    def create(self, definition: str | None = None, desired: int = 2, **body: Any) -> dict[str, Any]:
        """Create service ``s`` and let it become stable."""
        body.setdefault("launchType", "FARGATE")
        body.setdefault("deploymentConfiguration", BREAKER)
        if body.get("schedulingStrategy") != "DAEMON":
            body["desiredCount"] = desired
        found = self.call(
            "CreateService", cluster="c", serviceName="s", taskDefinition=definition or self.define(), **body
        )
        self.run(10)
        return found

    def update(self, **body: Any) -> dict[str, Any]:
        """UpdateService on ``s``."""
        found: dict[str, Any] = self.call("UpdateService", cluster="c", service="s", **body)["service"]
        return found

    def service(self) -> dict[str, Any]:
        """Service ``s`` as described."""
        found: dict[str, Any] = self.call("DescribeServices", cluster="c", services=["s"], include=["TAGS"])[
            "services"
        ][0]
        return found

    def primary(self) -> dict[str, Any]:
        """The PRIMARY deployment of ``s``."""
        found: dict[str, Any] = next(one for one in self.service()["deployments"] if one["status"] == "PRIMARY")
        return found

    def service_deployments(self) -> list[dict[str, Any]]:
        """The service deployments of ``s``, newest first, described."""
        listed = self.call("ListServiceDeployments", cluster="c", service="s")["serviceDeployments"]
        arns = [one["serviceDeploymentArn"] for one in listed][:20]
        found = self.call("DescribeServiceDeployments", serviceDeploymentArns=arns)["serviceDeployments"]
        return sorted(found, key=lambda one: -one["createdAt"])

    def tasks(self, status: str = "RUNNING") -> list[dict[str, Any]]:
        """The tasks of ``s`` with that desired status."""
        arns = self.call("ListTasks", cluster="c", serviceName="s", desiredStatus=status)["taskArns"]
        if not arns:
            return []
        found: list[dict[str, Any]] = self.call("DescribeTasks", cluster="c", tasks=arns[:100])["tasks"]
        return found

    def events(self) -> list[str]:
        """The messages of ``s``, oldest first."""
        return [one["message"] for one in reversed(self.service()["events"])]

    def break_image(self, image: str, **behaviour: Any) -> None:
        """Say what an image does."""
        self.world.behaviours[image] = Behaviour(**behaviour)
