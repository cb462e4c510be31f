# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services: create, update, delete, describe, list."""

from __future__ import annotations

import copy
from typing import Any

from sandbox.ecs import clusters, definitions, errors, render, rollout, scheduler
from sandbox.ecs.engine import Engine
from sandbox.ecs.model import SETTINGS, Cluster, Service, TaskDefinition
from sandbox.ecs.paging import page

# Changing one of these starts a deployment (API reference, UpdateService).
DEPLOYING = (
    "loadBalancers",
    "serviceRegistries",
    "capacityProviderStrategy",
    "platformVersion",
    "networkConfiguration",
)
DESCRIBE_LIMIT = 10


def find(engine: Engine, cluster: Cluster, reference: str) -> Service | None:
    """By name or ARN, deleted ones too."""
    return engine.services.get((cluster.name, reference.rpartition("/")[2]))


def active(engine: Engine, body: dict[str, Any]) -> Service:
    """The ACTIVE service that a request names."""
    found = find(engine, clusters.find(engine, body.get("cluster")), str(body.get("service", "")))
    if found is None:
        raise errors.service_not_found()
    if found.status != "ACTIVE":
        raise errors.service_not_active()
    return found


def _usable(engine: Engine, reference: str) -> TaskDefinition:
    found = definitions.find(engine, reference)
    if found is None:
        raise errors.client("TaskDefinition not found.")
    if found.status != "ACTIVE":
        raise errors.client("TaskDefinition is inactive")
    return found


def _configuration(given: dict[str, Any] | None, daemon: bool, before: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 100 if daemon else 200,
        "minimumHealthyPercent": 0 if daemon else 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
    }
    made.update(before or {})
    made.update(copy.deepcopy(given or {}))
    if made["strategy"] != "ROLLING":
        raise errors.EcsError("UnsupportedFeatureException", "The sandbox knows rolling deployments only.")
    if made["maximumPercent"] <= 100 and made["minimumHealthyPercent"] >= 100:
        raise errors.invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
        )
    return made


def create(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """CreateService."""
    cluster = clusters.find(engine, body.get("cluster"))
    name = body.get("serviceName")
    if not name:
        raise errors.invalid("Service name cannot be empty.")
    known = engine.services.get((cluster.name, name))
    if known is not None and known.status != "INACTIVE":
        raise errors.invalid("Creation of service was not idempotent.")
    daemon = body.get("schedulingStrategy") == "DAEMON"
    if daemon and body.get("desiredCount") is not None:
        raise errors.invalid("The daemon scheduling strategy does not support a desired count for services.")
    if not daemon and body.get("desiredCount") is None:
        raise errors.invalid("desiredCount should be specified for the REPLICA scheduling strategy.")
    settings = {key: copy.deepcopy(body[key]) for key in SETTINGS if key in body}
    settings.setdefault("schedulingStrategy", "REPLICA")
    settings.setdefault("deploymentController", {"type": "ECS"})
    if "capacityProviderStrategy" not in settings:
        settings.setdefault("launchType", "EC2")
    if settings.get("launchType") == "FARGATE":
        settings.setdefault("platformVersion", "LATEST")
    settings["deploymentConfiguration"] = _configuration(body.get("deploymentConfiguration"), daemon)
    external = settings["deploymentController"]["type"] == "EXTERNAL"
    definition = (
        "" if external and not body.get("taskDefinition") else _usable(engine, str(body.get("taskDefinition", ""))).arn
    )
    made = Service(
        name=name,
        arn=f"{engine.arn('service')}/{cluster.name}/{name}",
        cluster=cluster,
        desired=int(body.get("desiredCount") or 0),
        task_definition=definition,
        created_at=now,
        settings=settings,
        tags=render.tag_dict(body.get("tags")),
    )
    engine.services[(cluster.name, name)] = made
    if made.controller == "ECS":
        rollout.start(engine, made, now)
    return {"service": render.service(made, include_tags=True)}


def remember(engine: Engine, service: Service, now: float) -> None:
    """Keep what reads saw before a mutation: they may go on seeing it for a moment."""
    service.snapshot = render.service(service, include_tags=True)
    service.stale_until = now + engine.timings_for(service.name).stale


def update(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """UpdateService: a new deployment only for a changed definition, a deploying setting or force."""
    service = active(engine, body)
    if service.controller != "ECS":
        _refuse_foreign(service, body)
    if service.daemon and body.get("desiredCount") is not None:
        raise errors.invalid("The daemon scheduling strategy does not support a desired count for services.")
    definition = _usable(engine, str(body["taskDefinition"])) if body.get("taskDefinition") else None
    configuration = _configuration(body.get("deploymentConfiguration"), service.daemon, service.configuration)
    deploy = bool(body.get("forceNewDeployment"))
    deploy |= definition is not None and definition.arn != service.task_definition
    deploy |= any(key in body and body[key] != service.settings.get(key) for key in DEPLOYING)
    remember(engine, service, now)
    service.settings["deploymentConfiguration"] = configuration
    for key in SETTINGS:
        if key in body and key not in ("deploymentConfiguration", "schedulingStrategy"):
            service.settings[key] = copy.deepcopy(body[key])
    if body.get("desiredCount") is not None:
        service.desired = int(body["desiredCount"])
    if definition is not None:
        service.task_definition = definition.arn
    if deploy and service.controller == "ECS":
        rollout.start(engine, service, now)
    scheduler.reconcile(engine, service, now)
    return {"service": render.service(service, include_tags=True)}


def _refuse_foreign(service: Service, body: dict[str, Any]) -> None:
    if service.controller == "CODE_DEPLOY" and body.get("taskDefinition"):
        raise errors.invalid(
            "Unable to update task definition on services with a CODE_DEPLOY deployment controller. "
            "Use AWS CodeDeploy to trigger a new deployment."
        )
    if body.get("forceNewDeployment"):
        raise errors.invalid(
            f"Cannot force a new deployment on services with a {service.controller} deployment controller."
        )
    if service.controller == "EXTERNAL" and body.get("taskDefinition"):
        raise errors.invalid("Unable to update task definition on services with a EXTERNAL deployment controller.")


def delete(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """DeleteService: it drains, then is INACTIVE."""
    service = find(engine, clusters.find(engine, body.get("cluster")), str(body.get("service", "")))
    if service is None:
        raise errors.service_not_found()
    if service.status == "INACTIVE":
        raise errors.service_not_active()
    if service.desired > 0 and not service.daemon and not body.get("force"):
        raise errors.invalid("The service cannot be stopped while it is scaled above 0.")
    service.status = "DRAINING"
    service.desired = 0
    for one in service.deployments:
        one.status = "PRIMARY" if one is service.primary else "ACTIVE"
        one.halted = True
    answer = render.service(service)
    scheduler.reconcile(engine, service, now)
    return {"service": answer}


def describe(engine: Engine, body: dict[str, Any], now: float, stale: bool = False) -> dict[str, Any]:
    """DescribeServices; ``stale`` answers with what was before the last mutation."""
    cluster = clusters.find(engine, body.get("cluster"))
    wanted = body.get("services") or []
    if not wanted:
        raise errors.invalid("Services cannot be empty.")
    if len(wanted) > DESCRIBE_LIMIT:
        raise errors.invalid(f"Cannot describe more than {DESCRIBE_LIMIT} services.")
    tags = "TAGS" in (body.get("include") or [])
    found, failures = [], []
    for reference in wanted:
        one = find(engine, cluster, reference)
        if one is None:
            name = reference.rpartition("/")[2]
            failures.append({"arn": f"{engine.arn('service')}/{cluster.name}/{name}", "reason": "MISSING"})
        elif one.snapshot is not None and (stale or now < one.stale_until):
            found.append({key: value for key, value in one.snapshot.items() if tags or key != "tags"})
        else:
            found.append(render.service(one, tags))
    return {"services": found, "failures": failures}


def list_services(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListServices: 10 a page unless asked for up to 100."""
    cluster = clusters.find(engine, body.get("cluster"))
    launch, strategy = body.get("launchType"), body.get("schedulingStrategy")
    arns = [
        one.arn
        for one in engine.services.values()
        if one.cluster is cluster
        and one.status == "ACTIVE"
        and launch in (None, one.settings.get("launchType"))
        and strategy in (None, one.settings.get("schedulingStrategy"))
    ]
    return page(arns, {**body, "maxResults": body.get("maxResults") or 10}, "serviceArns", 100)
