# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks: run, stop, describe, list."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import clusters, definitions, errors, render
from sandbox.ecs.engine import Engine
from sandbox.ecs.model import Task
from sandbox.ecs.paging import page

LIMIT = 100


def _find(engine: Engine, cluster_name: str, reference: str) -> Task | None:
    found = engine.tasks.get(reference.rpartition("/")[2])
    return found if found and found.cluster.name == cluster_name else None


def run(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """RunTask."""
    cluster = clusters.find(engine, body.get("cluster"))
    count = int(body.get("count") or 1)
    if not 1 <= count <= 10:
        raise errors.invalid("Task count must be between 1 and 10.")
    definition = definitions.find(engine, str(body.get("taskDefinition", "")))
    if definition is None:
        raise errors.client("TaskDefinition not found.")
    if definition.status != "ACTIVE":
        # RunTask uses another error code than UpdateService.
        raise errors.invalid("TaskDefinition is inactive")
    if definition.body.get("networkMode") == "awsvpc" and not body.get("networkConfiguration"):
        raise errors.invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    tags = render.tag_dict(body.get("tags"))
    if body.get("propagateTags") == "TASK_DEFINITION":
        tags = {**definition.tags, **tags}
    made = [
        engine.new_task(
            cluster,
            definition,
            now,
            group=body.get("group") or f"family:{definition.family}",
            started_by=body.get("startedBy", ""),
            settings={"launchType": "FARGATE", **body},
            tags=tags,
        )
        for _ in range(count)
    ]
    return {"tasks": [render.task(one, include_tags=True) for one in made], "failures": []}


def stop(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """StopTask."""
    cluster = clusters.find(engine, body.get("cluster"))
    found = _find(engine, cluster.name, str(body.get("task", "")))
    if found is None:
        raise errors.invalid("The referenced task was not found.")
    engine.stop_task(found, body.get("reason") or "Task stopped by user", now)
    return {"task": render.task(found)}


def describe(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DescribeTasks."""
    cluster = clusters.find(engine, body.get("cluster"))
    wanted = body.get("tasks") or []
    if not wanted:
        raise errors.invalid("Tasks cannot be empty.")
    if len(wanted) > LIMIT:
        raise errors.invalid(f"Cannot describe more than {LIMIT} tasks.")
    tags = "TAGS" in (body.get("include") or [])
    found, failures = [], []
    for reference in wanted:
        one = _find(engine, cluster.name, reference)
        if one is None:
            name = reference.rpartition("/")[2]
            failures.append({"arn": f"{engine.arn('task')}/{cluster.name}/{name}", "reason": "MISSING"})
        else:
            found.append(render.task(one, tags))
    return {"tasks": found, "failures": failures}


def list_tasks(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListTasks; ``startedBy`` must be the only filter (API reference)."""
    cluster = clusters.find(engine, body.get("cluster"))
    service = body.get("serviceName")
    started_by = body.get("startedBy")
    others = [key for key in ("serviceName", "family", "containerInstance", "launchType") if body.get(key)]
    if started_by and others:
        raise errors.invalid(f"cannot specify {others[0]} and startedBy. Please provide only one.")
    if service:
        service = service.rpartition("/")[2]
        found = engine.services.get((cluster.name, service))
        if found is None:
            raise errors.service_not_found()
        candidates = list(found.tasks.values())
    else:
        candidates = [one for one in engine.tasks.values() if one.cluster is cluster]
    desired = body.get("desiredStatus", "RUNNING")
    family, launch = body.get("family"), body.get("launchType")
    arns = [
        one.arn
        for one in candidates
        if one.desired_status == desired
        and family in (None, one.task_definition.family)
        and started_by in (None, one.started_by)
        and launch in (None, one.settings.get("launchType", "FARGATE"))
    ]
    return page(arns, body, "taskArns", LIMIT)
