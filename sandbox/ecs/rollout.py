# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments: how they begin, complete, fail, roll back and are stopped."""

from __future__ import annotations

import math
from typing import Any

from sandbox.ecs import texts
from sandbox.ecs.account import Account
from sandbox.ecs.lifecycle import resolve_images
from sandbox.ecs.model import Deployment, Revision, Service, ServiceDeployment

REVISION_SETTINGS = (
    "capacityProviderStrategy",
    "launchType",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
)


def threshold(configuration: dict[str, Any], wanted: int) -> int:
    """How many failed tasks trip the breaker.

    Half of the desired count, at least 3 and at most 200, unless a thresholdConfiguration says otherwise
    (developer guide, "deployment circuit breaker"; API reference, ThresholdConfiguration).
    """
    chosen = (configuration.get("deploymentCircuitBreaker") or {}).get("thresholdConfiguration") or {}
    kind = chosen.get("type", "BOUNDED_PERCENT")
    value = int(chosen.get("value", 50))
    if kind == "COUNT":
        return value
    share = math.ceil(wanted * value / 100)
    return max(1, share) if kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def breaker_of(service: Service) -> dict[str, Any]:
    """The service's deploymentCircuitBreaker, or an empty one."""
    found: dict[str, Any] = service.configuration.get("deploymentCircuitBreaker") or {}
    return found


def new_revision(engine: Account, service: Service, now: float) -> Revision:
    """A service revision of the service's present settings."""
    settings = {key: service.settings[key] for key in REVISION_SETTINGS if key in service.settings}
    number = engine.number()
    arn = f"{engine.arn('service-revision')}/{service.cluster.name}/{service.name}/{number}"
    revision = Revision(arn, service.task_definition, now, settings)
    service.revisions[arn] = revision
    return revision


def start(engine: Account, service: Service, now: float) -> ServiceDeployment:
    """Start a deployment of the service's present settings; one that is in flight is superseded."""
    sources = [one.revision for one in service.deployments]
    for one in service.history:
        if one.ongoing:
            finish(one, "STOPPED", texts.SD_SUPERSEDED, now)
            one.stopped_at = now
    revision = new_revision(engine, service, now)
    deployment = _add_primary(engine, service, revision, now)
    breaker = breaker_of(service)
    made = ServiceDeployment(
        arn=f"{engine.arn('service-deployment')}/{service.cluster.name}/{service.name}/{engine.short_id()}",
        deployment_id=deployment.id,
        target=revision,
        created_at=now,
        updated_at=now,
        sources=sources,
        breaker_status="MONITORING" if breaker.get("enable") else "DISABLED",
        breaker_threshold=threshold(service.configuration, service.wanted),
        configuration=dict(service.configuration),
    )
    service.history.append(made)
    _forget_revisions(service)
    return made


def _add_primary(engine: Account, service: Service, revision: Revision, now: float) -> Deployment:
    for one in service.deployments:
        one.status = "ACTIVE"
        one.updated_at = now
    identity = f"ecs-svc/{engine.number()}"
    deployment = Deployment(
        id=identity,
        status="PRIMARY",
        revision=revision,
        created_at=now,
        updated_at=now,
        rollout_state="IN_PROGRESS",
        rollout_reason=texts.REASON_IN_PROGRESS.format(deployment=identity),
    )
    service.deployments.insert(0, deployment)
    service.steady = False
    engine.begin_later(service, deployment, now)
    return deployment


def _forget_revisions(service: Service) -> None:
    kept = {one.target.arn for one in service.history} | {one.revision.arn for one in service.deployments}
    for sd in service.history:
        kept.update(one.arn for one in sd.sources)
    if service.completed:
        kept.add(service.completed.revision.arn)
    for arn in [one for one in service.revisions if one not in kept]:
        del service.revisions[arn]


def current(service: Service, deployment: Deployment) -> ServiceDeployment | None:
    """The service deployment that a deployment belongs to (a rollback belongs to the one that it undoes)."""
    if deployment.rollback_of is not None:
        return deployment.rollback_of
    return next((one for one in reversed(service.history) if one.deployment_id == deployment.id), None)


def begin(engine: Account, service: Service, deployment: Deployment, now: float) -> None:
    """A deployment's start: tags become digests now, and stay so for its whole life."""
    if deployment.status != "PRIMARY" or deployment.begun:
        return
    definition = engine.definitions.get(deployment.task_definition)
    if definition and not deployment.revision.images:
        deployment.revision.images = resolve_images(engine, definition)
    deployment.begun = True
    made = current(service, deployment)
    if made and made.status == "PENDING":
        made.status = "IN_PROGRESS"
        made.started_at = made.updated_at = now


def finish(made: ServiceDeployment, status: str, reason: str | None, now: float) -> None:
    """Bring a service deployment to a final state."""
    made.status = status
    made.reason = reason or made.reason
    made.finished_at = made.updated_at = now
    if made.breaker_status == "MONITORING":
        made.breaker_status = "MONITORING_COMPLETE"


def judge(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    """Complete or fail the primary deployment by what its tasks do."""
    made = current(service, primary)
    if made and made.status in ("STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        if primary.rollout_state == "IN_PROGRESS" and _tripped(service, primary):
            _fail(engine, service, primary, made, now)
        return
    mine = [one for one in service.tasks.values() if one.live and one.started_by == primary.id]
    steady = len(mine) == service.wanted and all(one.healthy for one in mine) and len(service.deployments) == 1
    if primary.rollout_state == "IN_PROGRESS" and _tripped(service, primary):
        trip(engine, service, primary, now)
        return
    if not steady:
        primary.healthy_since = None
        service.steady = False
        return
    if primary.healthy_since is None:
        primary.healthy_since = now
    due = primary.healthy_since + engine.scaled(engine.timings_for(service.name).steady)
    if primary.rollout_state == "IN_PROGRESS" and now < due:
        engine.wake(due, service)
        return
    if primary.rollout_state == "IN_PROGRESS":
        _complete(engine, service, primary, now)
    if not service.steady:
        service.steady = True
        engine.event(service, texts.STEADY.format(service=service.name), now)


def _tripped(service: Service, primary: Deployment) -> bool:
    return bool(breaker_of(service).get("enable")) and primary.failed >= threshold(
        service.configuration, service.wanted
    )


def _complete(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    primary.rollout_state = "COMPLETED"
    primary.rollout_reason = texts.REASON_COMPLETED.format(deployment=primary.id)
    primary.updated_at = now
    service.completed = primary
    engine.event(service, texts.COMPLETED.format(service=service.name, deployment=primary.id), now)
    made = current(service, primary)
    if made and made.ongoing:
        finish(made, "ROLLBACK_SUCCESSFUL" if primary.rollback_of else "SUCCESSFUL", None, now)


def trip(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    """The circuit breaker opens: the deployment fails and, if so configured, the service rolls back."""
    made = current(service, primary)
    _fail(engine, service, primary, made, now)
    if primary.rollback_of is not None:
        if made:
            finish(made, "ROLLBACK_FAILED", made.reason, now)
        return
    if not breaker_of(service).get("rollback"):
        if made:
            finish(made, "STOPPED", texts.SD_STOPPED_BREAKER, now)
            made.stopped_at = now
        return
    if made:
        made.status = "ROLLBACK_REQUESTED"
        made.reason = texts.SD_ROLLED_BACK
    roll_back(engine, service, primary, made, now, texts.SD_ROLLED_BACK)


def _fail(engine: Account, service: Service, primary: Deployment, made: ServiceDeployment | None, now: float) -> None:
    """The deployment is FAILED and starts no more tasks.

    A stop that was requested before still decides about the service: see :func:`carry_out_stop`.
    """
    primary.rollout_state = "FAILED"
    primary.rollout_reason = texts.REASON_FAILED
    primary.updated_at = now
    primary.halted = True
    engine.event(service, texts.FAILED.format(service=service.name, deployment=primary.id), now)
    if made:
        made.breaker_status = "TRIGGERED"
        made.breaker_count = primary.failed


def roll_back(
    engine: Account, service: Service, failed: Deployment, made: ServiceDeployment | None, now: float, reason: str
) -> None:
    """Make the last completed revision the primary deployment again, under a new deployment id."""
    target = service.completed
    definition = engine.definitions.get(target.task_definition) if target else None
    unusable = definition is not None and definition.status != "ACTIVE" and not engine.rollback_to_inactive
    if target is None or target is failed or definition is None or unusable:
        if made:
            finish(made, "ROLLBACK_FAILED", texts.SD_INACTIVE if unusable else texts.SD_NO_CANDIDATE, now)
        return
    service.task_definition = target.task_definition
    fresh = _add_primary(engine, service, target.revision, now)
    fresh.rollback_of = made
    # ECS names the new deployment, the one that its event says is completed later, not the old good one.
    fresh.rollout_reason = texts.REASON_ROLLING_BACK.format(deployment=fresh.id)
    engine.event(service, texts.ROLLING_BACK.format(service=service.name, deployment=fresh.id), now)
    if made:
        made.status = "ROLLBACK_IN_PROGRESS"
        made.reason = reason
        made.updated_at = now
        made.rollback = {"reason": reason, "startedAt": now, "serviceRevisionArn": target.revision.arn}


def stop(engine: Account, service: Service, made: ServiceDeployment, kind: str, now: float) -> None:
    """StopServiceDeployment: request it; what it does happens at the next moment of the clock."""
    if made.status in ("STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"):
        return
    made.status = "STOP_REQUESTED" if kind == "ABORT" else "ROLLBACK_REQUESTED"
    made.updated_at = now
    engine.stop_later(service, made, now)


def carry_out_stop(engine: Account, service: Service, made: ServiceDeployment, now: float) -> None:
    """Do what was requested by StopServiceDeployment."""
    primary = service.primary
    if primary is None or made.status not in ("STOP_REQUESTED", "ROLLBACK_REQUESTED"):
        return
    if primary.id != made.deployment_id:
        finish(made, "STOPPED", texts.SD_SUPERSEDED, now)
        return
    if primary.rollout_state != "FAILED":  # By the circuit breaker, since the stop was requested.
        primary.halted = True
        primary.rollout_state = "FAILED"
        primary.rollout_reason = texts.REASON_STOPPED
        primary.updated_at = now
    if made.status == "STOP_REQUESTED":
        finish(made, "STOPPED", texts.SD_USER_STOP, now)
        made.stopped_at = now
        return
    made.stopped_at = now
    roll_back(engine, service, primary, made, now, texts.SD_USER_ROLLBACK)
