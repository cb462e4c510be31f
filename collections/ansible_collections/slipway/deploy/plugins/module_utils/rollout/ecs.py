# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's fleet on ECS: AWS's, the sandbox's or another emulator's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..aws.client import Clients
from ..aws.errors import is_refusal
from ..common.errors import SlipwayError
from ..common.failure import Failure
from ..fleet import api as fleet_api
from ..fleet.model import ObservedService
from ..fleet.parse import parse_service, parse_tags
from ..fleet.registration import build_registration
from ..fleet.taskdef import TAG_RELEASE, family_of
from ..image.reference import parse_image
from . import api, diagnose
from .engine import Refused
from .judge import counts_as_failure, with_tasks
from .model import StoppedTask, Target

#: How many revisions of a family are searched for one that a killed run registered.
SEARCHED_REVISIONS = 5
_RUNNING = frozenset({"PENDING", "IN_PROGRESS"})


class EcsFleet:
    """Calls ECS for the engine.

    :param clients: the environment's clients.
    :param plans: the record's target documents by name: the source of each new revision, and its image.
    :param release: the record's id, with which new revisions are tagged.
    :param resumed: whether a killed run may have registered revisions already.
    :param clock: formats epoch seconds as a time of day, for log lines.
    """

    def __init__(
        self,
        clients: Clients,
        plans: Mapping[str, Mapping[str, Any]],
        release: str,
        resumed: bool,
        clock: Callable[[float], str],
    ) -> None:
        self._clients = clients
        self._plans = plans
        self._release = release
        self._resumed = resumed
        self._clock = clock

    def register(self, target: Target) -> str:
        """Register the planned revision, or find the one that a killed run registered."""
        plan = self._plans[target.name]
        if self._resumed:
            found = self._registered_before(family_of(plan["clone_of"]))
            if found:
                return found
        return fleet_api.register(self._clients, build_registration(self._clients, plan, self._release))

    def register_undo(self, target: Target) -> str:
        """The revision for an undo: the recorded one if it still refers to what ran, else a clone that pins it."""
        if self._still_means_what_ran(target):
            return target.previous
        plan = {**self._plans[target.name], "clone_of": target.previous, "to": self._plans[target.name]["from"]}
        return fleet_api.register(self._clients, build_registration(self._clients, plan, self._release))

    def _still_means_what_ran(self, target: Target) -> bool:
        body, _tags, _unknown = fleet_api.describe_task_definition(self._clients, target.previous)
        if body.get("status") != "ACTIVE":
            return False
        before = self._plans[target.name]["from"]
        image = parse_image(str(before["image"]))
        if image.pinned or not before.get("digest"):
            return True
        found = fleet_api.resolve_image(self._clients, image.registry, image.repository, image.tag)
        return found.is_same_image(str(before["digest"]))

    def update(self, target: Target, task_definition: str, force: bool) -> ObservedService:
        """Point the service at a task definition.

        :raises Refused: ECS refuses; ``inactive`` if the task definition is the reason.
        """
        try:
            answer = api.update_service(self._clients, target.cluster, target.service, task_definition, force)
        except SlipwayError as error:
            if not is_refusal(error.__cause__):
                raise
            raise Refused(str(error), inactive="inactive" in str(error).lower()) from error
        return parse_service(answer)

    def service_deployment(self, target: Target) -> str | None:
        """The newest running service deployment towards the target's task definition."""
        briefs = api.list_service_deployments(self._clients, target.cluster, target.service)
        running = [item for item in briefs if item.get("status") in _RUNNING]
        revisions = [item["targetServiceRevisionArn"] for item in running if item.get("targetServiceRevisionArn")]
        if not revisions:
            return None
        known = fleet_api.describe_service_revisions(self._clients, revisions)
        ours = [
            item
            for item in running
            if known.get(item.get("targetServiceRevisionArn", ""), {}).get("taskDefinition") == target.task_definition
        ]
        # Newest first: the service's own currentServiceDeployment may lag behind (kayac/ecspresso #945).
        ours.sort(key=lambda item: str(item.get("createdAt", "")), reverse=True)
        return str(ours[0]["serviceDeploymentArn"]) if ours else None

    def stop(self, target: Target, service_deployment: str) -> None:
        """Stop the deployment, which makes ECS roll the service back."""
        api.stop_service_deployment(self._clients, target.service, service_deployment)

    def describe(self, targets: Sequence[Target]) -> Mapping[str, ObservedService]:
        """The services of at most ten targets of one cluster."""
        names = {target.service: target.name for target in targets}
        found, _missing = fleet_api.describe_services(self._clients, targets[0].cluster, list(names))
        services = (parse_service(item) for item in found)
        return {names[service.service]: service for service in services if service.service in names}

    def stopped_tasks(self, target: Target) -> tuple[StoppedTask, ...]:
        """The service's stopped tasks that ECS still lists."""
        return self._stopped_tasks(target, frozenset())

    def _stopped_tasks(self, target: Target, inessential: frozenset[str]) -> tuple[StoppedTask, ...]:
        arns = api.list_stopped_tasks(self._clients, target.cluster, target.service)
        deployed = self._container(target)
        tasks = api.describe_tasks(self._clients, target.cluster, arns)
        return tuple(diagnose.parse_stopped_task(task, deployed, inessential) for task in tasks)

    def _container(self, target: Target) -> str:
        """The container whose image is deployed."""
        return str(self._plans.get(target.name, {}).get("container") or "")

    def explain(self, target: Target, failure: Failure) -> Failure:
        """The failure with the last log lines of the deployment's newest failed task."""
        try:
            body = self._body(target)
            stopped = self._stopped_tasks(target, diagnose.inessential_of(body))
            failure = with_tasks(failure, target, stopped)
            # ListTasks is not ordered.
            newest = sorted(stopped, key=lambda task: task.stopped_at or 0.0, reverse=True)
            against = [task for task in newest if counts_as_failure(task, target.deployment_id or "")]
            if not against:
                return failure
            lines: tuple[str, ...] = ()
            for task in against:
                lines = self._log_of(body, task)
                if lines:
                    break
            return replace(failure, log=lines)
        except SlipwayError:
            return failure  # The card has less information; the undo continues.

    def _body(self, target: Target) -> Mapping[str, Any]:
        """The task definition of the target's tasks; empty if unknown or unreadable."""
        if target.task_definition is None:
            return {}
        try:
            return fleet_api.describe_task_definition(self._clients, target.task_definition)[0]
        except SlipwayError:
            return {}

    def _log_of(self, body: Mapping[str, Any], task: StoppedTask) -> tuple[str, ...]:
        for group, stream in diagnose.log_streams(body, task.id, task.container):
            try:
                lines = diagnose.last_lines(api.tail_log(self._clients, group, stream), self._clock)
            except SlipwayError:
                continue
            if lines:
                return lines
        return ()

    def _registered_before(self, family: str) -> str | None:
        for arn in fleet_api.list_revisions(self._clients, family)[:SEARCHED_REVISIONS]:
            _body, tags, _unknown = fleet_api.describe_task_definition(self._clients, arn)
            if parse_tags(tags).get(TAG_RELEASE) == self._release:
                return arn
        return None
