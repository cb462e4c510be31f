# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine: what happens in an account's ECS when its clock reaches it."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import lifecycle, rollout, scheduler
from sandbox.ecs.account import Account
from sandbox.ecs.model import Behaviour, Cluster, Deployment, Service, ServiceDeployment, Task, TaskDefinition


class Engine(Account):
    """An account whose tasks live and whose services are kept up."""

    def reconcile(self, service: Service, now: float) -> None:
        """Reconcile a service after a change."""
        scheduler.reconcile(self, service, now)

    def begin_later(self, service: Service, deployment: Deployment, now: float) -> None:
        """Begin a deployment after the time that ECS takes to notice it."""

        def action(moment: float) -> None:
            rollout.begin(self, service, deployment, moment)
            self.reconcile(service, moment)

        self.schedule(now + self.scaled(self.timings_for(service.name).begin), action)

    def stop_later(self, service: Service, made: ServiceDeployment, now: float) -> None:
        """Carry out a stop request after the time that ECS takes to notice it."""

        def action(moment: float) -> None:
            rollout.carry_out_stop(self, service, made, moment)
            self.reconcile(service, moment)

        self.schedule(now + self.scaled(self.timings_for(service.name).begin), action)

    def new_task(
        self, cluster: Cluster, definition: TaskDefinition, now: float, group: str, started_by: str, **extra: Any
    ) -> Task:
        """Create a task and schedule its life."""
        identity = self.hex_id()
        octets = divmod(next(self._address) % 65000, 250)
        service: Service | None = extra.get("service")
        task = Task(
            id=identity,
            arn=f"{self.arn('task')}/{cluster.name}/{identity}",
            cluster=cluster,
            task_definition=definition,
            group=group,
            started_by=started_by,
            created_at=now,
            ip=f"10.0.{octets[0]}.{octets[1] + 4}",
            images={},
            behaviour=Behaviour(),
            service=service,
            settings=dict(extra.get("settings", {})),
            tags=dict(extra.get("tags", {})),
        )
        task.images = {name: dict(one) for name, one in extra.get("images", {}).items()}
        shown = [(one["image"], task.images.get(one["name"], {}).get("digest")) for one in definition.containers]
        task.behaviour = self.world.behaviour(service.name if service else definition.family, shown)
        self.tasks[identity] = task
        if service:
            service.tasks[identity] = task
        lifecycle.launch(self, task, now)
        return task

    def start_service_task(self, service: Service, deployment: Deployment, now: float) -> Task:
        """Start one task of a deployment."""
        definition = self.definitions[deployment.task_definition]
        tags: dict[str, str] = {}
        propagate = service.settings.get("propagateTags")
        if propagate == "SERVICE":
            tags = dict(service.tags)
        elif propagate == "TASK_DEFINITION":
            tags = dict(definition.tags)
        return self.new_task(
            service.cluster,
            definition,
            now,
            group=f"service:{service.name}",
            started_by=deployment.id,
            service=service,
            settings=service.settings,
            tags=tags,
            images=deployment.revision.images,
        )

    def scale_in(self, task: Task, reason: str, now: float) -> None:
        """Stop a task because the scheduler has too many or a better one."""
        lifecycle.begin_stop(self, task, now, "ServiceSchedulerInitiated", reason)

    def stop_task(self, task: Task, reason: str, now: float) -> None:
        """StopTask: by a user."""
        lifecycle.begin_stop(self, task, now, "UserInitiated", reason)
        if task.service:
            self.reconcile(task.service, now)

    def step(self, task: Task, step: str, detail: Any, now: float) -> None:
        """Apply one scheduled step of a task, and what follows from it."""
        before = task.desired_status
        lifecycle.advance(self, task, step, detail, now)
        service = task.service
        if service is None:
            return
        deployment = next((one for one in service.deployments if one.id == task.started_by), None)
        if step == "healthy":
            task.times["healthyAt"] = now
        if deployment is not None:
            if before == "RUNNING" and task.desired_status == "STOPPED":
                if lifecycle.counts_as_failed(task, deployment, service):
                    scheduler.task_failed(self, service, deployment, task, now)
            elif step == "healthy":
                self._reset_failures(service, deployment)
        if step in ("healthy", "unhealthy", "fail_start", "die", "STOPPED"):
            self.reconcile(service, now)

    @staticmethod
    def _reset_failures(service: Service, deployment: Deployment) -> None:
        deployment.start_failures = 0
        deployment.impaired = False
        if rollout.breaker_of(service).get("resetOnHealthyTask", True):
            deployment.failed = 0
