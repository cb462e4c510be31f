# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's objects as the API shows them: field names as in ECS's service model, times as epoch seconds."""

from __future__ import annotations

from typing import Any

from sandbox.ecs.model import (
    SETTINGS,
    STARTING,
    Cluster,
    Deployment,
    Revision,
    Service,
    ServiceDeployment,
    Task,
    TaskDefinition,
)


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as the API lists them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def tag_dict(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Tags of a request."""
    return {one["key"]: one.get("value", "") for one in tags or []}


def present(**fields: Any) -> dict[str, Any]:
    """The fields that are not ``None``."""
    return {key: value for key, value in fields.items() if value is not None}


def definition(one: TaskDefinition) -> dict[str, Any]:
    """A task definition, verbatim."""
    return one.body


def counts(service: Service, deployment_id: str | None = None) -> tuple[int, int]:
    """(running, pending) tasks of a service or of one of its deployments."""
    running = pending = 0
    for task in service.tasks.values():
        if deployment_id is not None and task.started_by != deployment_id:
            continue
        if task.status == "RUNNING":
            running += 1
        elif task.status in STARTING and task.live:
            pending += 1
    return running, pending


def _kept(service: Service, one: Deployment) -> int:
    """How many tasks of a deployment that is being replaced are still wanted."""
    return sum(1 for task in service.tasks.values() if task.live and task.started_by == one.id)


def deployment(service: Service, one: Deployment) -> dict[str, Any]:
    """An entry of ``deployments``."""
    running, pending = counts(service, one.id)
    settings = one.revision.settings
    shown = present(
        id=one.id,
        status=one.status,
        taskDefinition=one.task_definition,
        desiredCount=service.wanted if one.status == "PRIMARY" else _kept(service, one),
        pendingCount=pending,
        runningCount=running,
        failedTasks=one.failed,
        createdAt=one.created_at,
        updatedAt=one.updated_at,
        launchType=settings.get("launchType"),
        capacityProviderStrategy=settings.get("capacityProviderStrategy"),
        platformVersion=settings.get("platformVersion"),
        networkConfiguration=settings.get("networkConfiguration"),
    )
    if settings.get("launchType", "FARGATE") == "FARGATE":
        shown["platformFamily"] = "Linux"
    if not any(lb.get("loadBalancerName") for lb in settings.get("loadBalancers", [])):
        shown["rolloutState"] = one.rollout_state
        shown["rolloutStateReason"] = one.rollout_reason
    return shown


def service(one: Service, include_tags: bool = False) -> dict[str, Any]:
    """A service."""
    running, pending = counts(one)
    shown: dict[str, Any] = {
        "serviceArn": one.arn,
        "serviceName": one.name,
        "clusterArn": one.cluster.arn,
        "status": one.status,
        "desiredCount": one.wanted if one.daemon else one.desired,
        "runningCount": running,
        "pendingCount": pending,
        "taskDefinition": one.task_definition,
        "deployments": [deployment(one, item) for item in one.deployments],
        "events": [{"id": key, "createdAt": when, "message": text} for key, when, text in one.events],
        "createdAt": one.created_at,
        "createdBy": f"arn:aws:iam::{one.arn.split(':')[4]}:role/terraform",
        "loadBalancers": [],
        "serviceRegistries": [],
        "placementConstraints": [],
        "placementStrategy": [],
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "DISABLED",
    }
    shown.update({key: one.settings[key] for key in SETTINGS if key in one.settings})
    if one.controller != "ECS":
        shown["deployments"] = []
        shown["taskSets"] = []
    _current(one, shown)
    if one.settings.get("launchType", "FARGATE") == "FARGATE":
        shown["platformFamily"] = "Linux"
    if include_tags and one.tags:
        shown["tags"] = tag_list(one.tags)
    return shown


def _current(one: Service, shown: dict[str, Any]) -> None:
    if one.history:
        shown["currentServiceDeployment"] = one.history[-1].arn
    summaries = []
    for item in one.deployments:
        running, pending = counts(one, item.id)
        summaries.append(_summary(item.revision, one.wanted if item.status == "PRIMARY" else 0, running, pending))
    if summaries and one.controller == "ECS":
        shown["currentServiceRevisions"] = summaries


def _summary(revision: Revision, wanted: int, running: int, pending: int) -> dict[str, Any]:
    return {
        "arn": revision.arn,
        "requestedTaskCount": wanted,
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }


def service_deployment(owner: Service, one: ServiceDeployment) -> dict[str, Any]:
    """A service deployment."""
    running, pending = counts(owner, one.deployment_id)
    sources = []
    for revision in one.sources:
        old = [item for item in owner.deployments if item.revision is revision]
        numbers = counts(owner, old[0].id) if old else (0, 0)
        sources.append(_summary(revision, 0, *numbers))
    live = next((item for item in owner.deployments if item.id == one.deployment_id), None)
    count = live.failed if live and one.breaker_status == "MONITORING" else one.breaker_count
    return present(
        serviceDeploymentArn=one.arn,
        serviceArn=owner.arn,
        clusterArn=owner.cluster.arn,
        createdAt=one.created_at,
        startedAt=one.started_at,
        finishedAt=one.finished_at,
        stoppedAt=one.stopped_at,
        updatedAt=one.updated_at,
        sourceServiceRevisions=sources,
        targetServiceRevision=_summary(one.target, owner.wanted, running, pending),
        status=one.status,
        statusReason=one.reason,
        deploymentConfiguration=one.configuration,
        rollback=one.rollback,
        deploymentCircuitBreaker={
            "status": one.breaker_status,
            "failureCount": count,
            "threshold": one.breaker_threshold,
        },
        alarms={"status": "DISABLED"},
    )


def brief(owner: Service, one: ServiceDeployment) -> dict[str, Any]:
    """A service deployment as the list shows it."""
    return present(
        serviceDeploymentArn=one.arn,
        serviceArn=owner.arn,
        clusterArn=owner.cluster.arn,
        startedAt=one.started_at,
        createdAt=one.created_at,
        finishedAt=one.finished_at,
        targetServiceRevisionArn=one.target.arn,
        status=one.status,
        statusReason=one.reason,
    )


def revision(owner: Service, one: Revision) -> dict[str, Any]:
    """A service revision with the digests that its images were resolved to."""
    images = []
    for name, entry in one.images.items():
        item = {"containerName": name, "image": entry["image"]}
        if "digest" in entry:
            item["imageDigest"] = entry["digest"]
        images.append(item)
    return present(
        serviceRevisionArn=one.arn,
        serviceArn=owner.arn,
        clusterArn=owner.cluster.arn,
        taskDefinition=one.task_definition,
        containerImages=images or None,
        guardDutyEnabled=False,
        createdAt=one.created_at,
        **one.settings,
    )


def cluster(one: Cluster, services: int, running: int, pending: int, include: list[str]) -> dict[str, Any]:
    """A cluster."""
    shown: dict[str, Any] = {
        "clusterArn": one.arn,
        "clusterName": one.name,
        "status": one.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": pending,
        "activeServicesCount": services,
        "statistics": [],
        "tags": tag_list(one.tags) if "TAGS" in include else [],
        "settings": one.settings if "SETTINGS" in include else [],
        "capacityProviders": one.capacity_providers,
        "defaultCapacityProviderStrategy": one.default_strategy,
    }
    return shown


def _containers(one: Task) -> list[dict[str, Any]]:
    shown = []
    arn_start = one.arn.replace(":task/", ":container/")
    status = one.status if one.status in ("RUNNING", "STOPPED", "PENDING") else None
    for index, item in enumerate(one.task_definition.containers):
        entry = one.images.get(item["name"], {})
        container = present(
            containerArn=f"{arn_start}/{one.id[:8]}-{index:04d}-0000-0000-{one.id[:12]}",
            taskArn=one.arn,
            name=item["name"],
            image=entry.get("image", item["image"]),
            imageDigest=entry.get("platform") if "pullStoppedAt" in one.times else None,
            runtimeId=f"{one.id}-{index:010d}" if one.was_running else None,
            lastStatus=status or ("PENDING" if not one.was_running else "RUNNING"),
            exitCode=one.exit_code,
            reason=one.container_reason,
            networkBindings=[],
            networkInterfaces=[{"attachmentId": _attachment_id(one), "privateIpv4Address": one.ip}],
            healthStatus=one.health if item.get("healthCheck") else "UNKNOWN",
            cpu=str(item.get("cpu", 0)),
            memory=str(item["memory"]) if "memory" in item else None,
            memoryReservation=str(item["memoryReservation"]) if "memoryReservation" in item else None,
        )
        shown.append(container)
    return shown


def _attachment_id(one: Task) -> str:
    return f"{one.id[:8]}-{one.id[8:12]}-{one.id[12:16]}-{one.id[16:20]}-{one.id[20:]}"


def task(one: Task, include_tags: bool = False) -> dict[str, Any]:
    """A task."""
    body = one.task_definition.body
    settings = one.settings
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    subnet = (network.get("subnets") or ["subnet-00000000"])[0]
    times = {key: when for key, when in one.times.items() if key != "healthyAt"}
    attached = "DELETED" if one.status in ("DEPROVISIONING", "STOPPED") else "ATTACHED"
    return present(
        attachments=[
            {
                "id": _attachment_id(one),
                "type": "ElasticNetworkInterface",
                "status": "PRECREATED" if one.status == "PROVISIONING" else attached,
                "details": [
                    {"name": "subnetId", "value": subnet},
                    {"name": "privateIPv4Address", "value": one.ip},
                ],
            }
        ],
        attributes=[{"name": "ecs.cpu-architecture", "value": "x86_64"}],
        availabilityZone=f"{one.arn.split(':')[3]}a",
        clusterArn=one.cluster.arn,
        connectivity="CONNECTED" if "connectivityAt" in times else None,
        containers=_containers(one),
        cpu=str(body.get("cpu", "256")),
        memory=str(body.get("memory", "512")),
        createdAt=one.created_at,
        desiredStatus=one.desired_status,
        enableExecuteCommand=bool(settings.get("enableExecuteCommand", False)),
        group=one.group,
        healthStatus=one.health,
        lastStatus=one.status,
        launchType=settings.get("launchType", "FARGATE"),
        overrides=settings.get("overrides") or {"containerOverrides": [], "inferenceAcceleratorOverrides": []},
        platformVersion="1.4.0",
        platformFamily="Linux",
        startedBy=one.started_by or None,
        stopCode=one.stop_code,
        stoppedReason=one.stopped_reason,
        tags=tag_list(one.tags) if include_tags else [],
        taskArn=one.arn,
        taskDefinitionArn=one.task_definition.arn,
        version=1 + one.generation + len(times),
        ephemeralStorage={"sizeInGiB": 20},
        **times,
    )
