# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The service scheduler: which tasks to start and stop so that the percentages hold."""

from __future__ import annotations

import math

from sandbox.ecs import rollout, texts
from sandbox.ecs.account import Account
from sandbox.ecs.lifecycle import begin_stop
from sandbox.ecs.model import Deployment, Service, Task

BACKOFF_AFTER = 3
BACKOFF_LIMIT = 900.0


def limits(service: Service) -> tuple[int, int]:
    """(fewest healthy, most running or pending) tasks that a deployment may leave the service with."""
    wanted = service.wanted
    fewest = math.ceil(wanted * int(service.configuration.get("minimumHealthyPercent", 100)) / 100)
    most = math.floor(wanted * int(service.configuration.get("maximumPercent", 200)) / 100)
    return fewest, most


def tasks_of(service: Service, deployment: Deployment) -> list[Task]:
    """The live tasks of a deployment, oldest first."""
    return [one for one in service.tasks.values() if one.live and one.started_by == deployment.id]


def reconcile(engine: Account, service: Service, now: float) -> None:
    """Bring the service one step nearer to its primary deployment; called whenever something changed."""
    primary = service.primary
    if service.status == "INACTIVE" or service.controller != "ECS":
        return
    if primary is None or service.status == "DRAINING":
        _drain(engine, service, now)
        return
    if not primary.begun:
        return
    _stop_surplus(engine, service, primary, now)
    _start_missing(engine, service, primary, now)
    _stop_replaced(engine, service, primary, now)
    # Stopping may have made room under maximumPercent.
    _start_missing(engine, service, primary, now)
    _retire(service, primary)
    rollout.judge(engine, service, primary, now)


def _drain(engine: Account, service: Service, now: float) -> None:
    for task in list(service.tasks.values()):
        if task.live:
            begin_stop(engine, task, now, "ServiceSchedulerInitiated", f"Service {service.name} was deleted")
    if not any(one.status != "STOPPED" for one in service.tasks.values()):
        service.status = "INACTIVE"
        service.deployments.clear()


def _stop_surplus(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    mine = tasks_of(service, primary)
    surplus = len(mine) - service.wanted
    if surplus > 0:
        # Those that are not healthy yet go first, then the youngest.
        victims = sorted(mine, key=lambda one: (one.healthy, -one.created_at))[:surplus]
        _scale_in(engine, service, victims, primary, now)


def _start_missing(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    if primary.halted:
        return
    live = sum(1 for one in service.tasks.values() if one.live)
    missing = service.wanted - len(tasks_of(service, primary))
    room = limits(service)[1] - live
    count = min(missing, max(room, 0))
    if count <= 0:
        return
    if now < primary.next_start:
        engine.wake(primary.next_start, service)
        return
    started = [engine.start_service_task(service, primary, now).id for _ in range(count)]
    engine.event(service, texts.started(service.name, started, min(primary.unhealthy, count)), now)
    primary.unhealthy = 0
    service.steady = False


def _stop_replaced(engine: Account, service: Service, primary: Deployment, now: float) -> None:
    mine = tasks_of(service, primary)
    others = [one for one in service.tasks.values() if one.live and one.started_by != primary.id]
    if not others:
        return
    fewest, most = limits(service)
    unhealthy = [one for one in others if not one.healthy]
    healthy = sorted((one for one in others if one.healthy), key=lambda one: one.created_at)
    ready = sum(1 for one in mine if one.healthy)
    free = max(0, ready + len(healthy) - fewest)
    surplus = len(healthy) if ready >= service.wanted else max(0, ready + len(healthy) - service.wanted)
    lacking = 0 if primary.halted else max(0, service.wanted - len(mine))
    blocked = max(0, lacking - max(0, most - len(mine) - len(healthy)))
    count = min(free, max(surplus, blocked))
    victims = healthy[:count] + ([] if primary.halted else unhealthy)
    if victims:
        _scale_in(engine, service, victims, primary, now)
    elif blocked and lacking == service.wanted - ready and not primary.blocked and free == 0 and most <= fewest:
        primary.blocked = True
        engine.event(service, texts.BLOCKED.format(service=service.name), now)


def _scale_in(engine: Account, service: Service, victims: list[Task], primary: Deployment, now: float) -> None:
    running = [one.id for one in victims if one.status == "RUNNING"]
    pending = len(victims) - len(running)
    reason = texts.SCALED.format(deployment=primary.id)
    for task in victims:
        engine.scale_in(task, reason, now)
    if running and service.target_groups:
        engine.event(service, texts.DRAINING.format(service=service.name, count=len(running)), now)
        for group in service.target_groups:
            arn = group["targetGroupArn"]
            engine.event(service, texts.DEREGISTERED.format(service=service.name, count=len(running), group=arn), now)
    if running:
        engine.event(service, texts.stopped(service.name, running), now)
    if pending:
        engine.event(service, texts.STOPPED_PENDING.format(service=service.name, count=pending), now)
    service.steady = False


def _retire(service: Service, primary: Deployment) -> None:
    healthy = sum(1 for one in tasks_of(service, primary) if one.healthy)
    kept = []
    for one in service.deployments:
        # A failed deployment is listed until what replaces it runs: that is how deployers get to see it.
        listed = one.rollout_state == "FAILED" and healthy < service.wanted
        if one is primary or listed or tasks_of(service, one):
            kept.append(one)
        else:
            one.status = "INACTIVE"
    service.deployments = kept


def task_failed(engine: Account, service: Service, deployment: Deployment, task: Task, now: float) -> None:
    """Count a failure and slow the next starts down, as the service throttle logic does."""
    deployment.failed += 1
    deployment.unhealthy += task.stop_code == "ServiceSchedulerInitiated"
    deployment.updated_at = now
    delay = engine.scaled(engine.timings_for(service.name).restart)
    if not task.was_running:
        deployment.start_failures += 1
        if deployment.start_failures >= BACKOFF_AFTER:
            delay = min(delay * 2 ** (deployment.start_failures - BACKOFF_AFTER + 1), engine.scaled(BACKOFF_LIMIT))
            if not deployment.impaired:
                deployment.impaired = True
                engine.event(service, texts.IMPAIRED.format(service=service.name), now)
    deployment.next_start = now + delay
    engine.wake(deployment.next_start, service)
