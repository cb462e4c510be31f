# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task's life: PROVISIONING → PENDING → ACTIVATING → RUNNING → DEACTIVATING → STOPPING → DEPROVISIONING → STOPPED."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import texts
from sandbox.ecs.account import Account
from sandbox.ecs.model import Deployment, Service, Task, TaskDefinition
from sandbox.ecs.world import Pulled

# Shares of the start time at which a healthy task reaches each state. RUNNING comes earlier only
# when a health check or a target group has the last word.
PENDING_AT, PULLED_AT, ACTIVATING_AT, RUNNING_AT = 0.1, 0.3, 0.6, 0.8


def platform_of(definition: TaskDefinition) -> str:
    """The platform that a definition's images must have, as in ``linux/arm64``."""
    runtime = definition.body.get("runtimePlatform") or {}
    return "linux/arm64" if runtime.get("cpuArchitecture") == "ARM64" else "linux/amd64"


def resolve_images(engine: Account, definition: TaskDefinition) -> dict[str, dict[str, str]]:
    """Resolve every container's image to its digest now; an image that cannot be resolved keeps its tag."""
    found: dict[str, dict[str, str]] = {}
    for one in definition.containers:
        pulled = engine.world.resolve(one["image"], platform_of(definition))
        entry = {"image": one["image"]}
        if pulled.digest:
            entry["digest"] = pulled.digest
        found[one["name"]] = entry
    return found


def launch(engine: Account, task: Task, now: float) -> None:
    """Schedule the states of a new task, by what its images and its surroundings allow."""
    definition = task.task_definition
    timings = engine.timings_for(task.service.name if task.service else definition.family)
    behaviour = task.behaviour
    total = engine.scaled(timings.start if behaviour.start is None else behaviour.start)
    pull = engine.scaled(timings.pull if behaviour.pull is None else behaviour.pull)
    gated = definition.has_health_check or bool(task.service and task.service.target_groups)
    error = _start_error(engine, task)
    engine.at(now + PENDING_AT * total, task, "PENDING")
    if error:
        engine.at(now + PULLED_AT * total, task, "fail_start", error)
        return
    ready = now + pull + total
    engine.at(now + pull + ACTIVATING_AT * total, task, "ACTIVATING")
    dies = behaviour.fail in ("crash", "oom")
    if dies and behaviour.after is None:
        engine.at(now + pull + (ACTIVATING_AT + 0.1) * total, task, "die")
        return
    running = now + pull + RUNNING_AT * total if gated else ready
    engine.at(running, task, "RUNNING")
    if behaviour.fail == "unhealthy" and gated:
        engine.at(running + engine.scaled(timings.unhealthy), task, "unhealthy")
    else:
        engine.at(ready, task, "healthy")
    if dies and behaviour.after is not None:
        engine.at(running + engine.scaled(behaviour.after), task, "die")
    elif task.service is None and timings.run is not None:
        engine.at(running + engine.scaled(timings.run), task, "die")


def _start_error(engine: Account, task: Task) -> str | None:
    definition = task.task_definition
    first = definition.containers[0]["image"]
    if task.behaviour.fail == "missing":
        return texts.PULL.format(image=first)
    if task.behaviour.fail == "secret":
        return texts.SECRET.format(arn=_first_secret(definition))
    error = engine.world.initialization_error(definition)
    if error:
        return error
    for one in definition.containers:
        entry = task.images.setdefault(one["name"], {"image": one["image"]})
        reference = f"{_repository(one['image'])}@{entry['digest']}" if "digest" in entry else one["image"]
        pulled: Pulled = engine.world.resolve(reference, platform_of(definition))
        if pulled.error or not pulled.digest:
            return pulled.error or texts.PULL.format(image=one["image"])
        entry["platform"] = pulled.platform or pulled.digest
    return None


def _repository(image: str) -> str:
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


def _first_secret(definition: TaskDefinition) -> str:
    for one in definition.containers:
        for secret in one.get("secrets", []):
            return str(secret["valueFrom"])
    return "arn:aws:secretsmanager:::secret:missing"


def advance(engine: Account, task: Task, step: str, detail: Any, now: float) -> None:
    """Apply one scheduled step of a task."""
    if step in ("PENDING", "ACTIVATING", "RUNNING"):
        _starting(engine, task, step, now)
    elif step == "healthy":
        task.healthy = True
        if task.task_definition.has_health_check:
            task.health = "HEALTHY"
    elif step == "unhealthy":
        _fail_health(engine, task, now)
    elif step == "fail_start":
        begin_stop(engine, task, now, "TaskFailedToStart", str(detail))
        if task.service:
            engine.event(task.service, texts.UNPLACED.format(service=task.service.name, reason=detail), now)
    elif step == "die":
        _die(engine, task, now)
    else:
        _stopping(engine, task, step, now)


def _starting(engine: Account, task: Task, step: str, now: float) -> None:
    task.status = step
    if step == "PENDING":
        task.times["pullStartedAt"] = now
        task.times["connectivityAt"] = now
    elif step == "ACTIVATING":
        task.times["pullStoppedAt"] = now
    else:
        task.was_running = True
        task.times["startedAt"] = now
        _register_targets(engine, task, now)
        engine.world.write_log(task, "started", now)


def _register_targets(engine: Account, task: Task, now: float) -> None:
    if task.service is None:
        return
    for one in task.service.target_groups:
        text = texts.REGISTERED.format(service=task.service.name, count=1, group=one["targetGroupArn"])
        engine.event(task.service, text, now)


def _die(engine: Account, task: Task, now: float) -> None:
    oom = task.behaviour.fail == "oom"
    one_off = task.behaviour.fail is None
    task.exit_code = 137 if oom else 0 if one_off else task.behaviour.exit_code
    task.container_reason = texts.OOM_CONTAINER if oom else None
    engine.world.write_log(task, "finished" if one_off else "crashed", now)
    begin_stop(engine, task, now, "EssentialContainerExited", texts.OOM if oom else texts.EXITED)


def _fail_health(engine: Account, task: Task, now: float) -> None:
    service = task.service
    if task.task_definition.has_health_check:
        task.health = "UNHEALTHY"
        reason = texts.UNHEALTHY_CONTAINER
        event = texts.CONTAINER_HEALTH.format(service=service.name if service else "", task=task.id)
    else:
        group = service.target_groups[0] if service else {}
        reason = texts.UNHEALTHY_TARGET.format(group=group.get("targetGroupArn"))
        event = texts.TARGET_HEALTH.format(
            service=service.name if service else "",
            task=task.id,
            port=group.get("containerPort"),
            group=group.get("targetGroupArn"),
        )
    if service:
        engine.event(service, event, now)
        engine.event(service, texts.stopped(service.name, [task.id]), now)
    task.exit_code = 143
    begin_stop(engine, task, now, "ServiceSchedulerInitiated", reason)


def _stopping(engine: Account, task: Task, step: str, now: float) -> None:
    task.status = step
    if step == "STOPPING":
        task.times.setdefault("stoppingAt", now)
    elif step == "DEPROVISIONING":
        task.times["executionStoppedAt"] = now
        if task.exit_code is None and task.was_running:
            # The JVM's answer to SIGTERM.
            task.exit_code = 143
    else:
        task.times["stoppedAt"] = now
        engine.forget_later(task, now)


def begin_stop(engine: Account, task: Task, now: float, code: str, reason: str) -> None:
    """Set the desired status to STOPPED and schedule the way down; what was scheduled before is dropped."""
    if task.desired_status == "STOPPED":
        return
    task.desired_status = "STOPPED"
    task.stop_code = code
    task.stopped_reason = reason
    task.healthy = False
    task.generation += 1
    task.times["stoppingAt"] = now
    timings = engine.timings_for(task.service.name if task.service else task.task_definition.family)
    total = engine.scaled(timings.stop)
    if task.status == "RUNNING":
        task.status = "DEACTIVATING"
    elif code == "TaskFailedToStart":
        task.status = "DEPROVISIONING"
    else:
        task.status = "STOPPING"
    if task.status == "DEACTIVATING":
        engine.at(now + 0.3 * total, task, "STOPPING")
    if task.status != "DEPROVISIONING":
        engine.at(now + 0.7 * total, task, "DEPROVISIONING")
    engine.at(now + total, task, "STOPPED")


def counts_as_failed(task: Task, deployment: Deployment, service: Service) -> bool:
    """Whether a stopped task is a failure in the sense of ``failedTasks``.

    The API reference: the scheduler cannot launch it, it does not reach RUNNING, or it fails a health
    check and is stopped. A task with a health check that exits before it passed has failed it.
    """
    if task.stop_code in ("UserInitiated",) or task.stopped_reason == texts.SCALED.format(deployment=deployment.id):
        return False
    if not task.was_running:
        return True
    if task.stop_code == "ServiceSchedulerInitiated":
        return True
    gated = task.task_definition.has_health_check or bool(service.target_groups)
    return gated and "healthyAt" not in task.times
