# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parses AWS's answers into the fleet's values. Pure: dictionaries in (as botocore parses them), dataclasses out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ..common.documents import loads_or_none
from .model import Deployment, Event, ObservedService
from .observation import ResolvedImage

INDEX_TYPES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
IMAGE_TYPES = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")


def parse_time(value: Any) -> float:
    """Epoch seconds of a timestamp, which may be a ``datetime``, a number or absent (``0.0``)."""
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if value is not None else 0.0


def parse_tags(tags: Any) -> dict[str, str]:
    """ECS's list of ``{"key", "value"}`` as a dictionary."""
    return {tag["key"]: tag.get("value", "") for tag in tags or ()}


def parse_deployment(raw: Mapping[str, Any]) -> Deployment:
    """One entry of a service's ``deployments``."""
    return Deployment(
        id=raw["id"],
        status=raw["status"],
        task_definition=raw.get("taskDefinition", ""),
        rollout_state=raw.get("rolloutState"),
        rollout_state_reason=raw.get("rolloutStateReason", ""),
        desired=raw.get("desiredCount", 0),
        running=raw.get("runningCount", 0),
        pending=raw.get("pendingCount", 0),
        failed=raw.get("failedTasks", 0),
        created_at=parse_time(raw.get("createdAt")),
    )


def _of_ecs(raw: Mapping[str, Any]) -> tuple[Deployment, ...]:
    return tuple(parse_deployment(item) for item in raw.get("deployments") or ())


#: The deployment controllers whose services can be deployed, and how the deployments of a service are read for each.
CONTROLLERS: Mapping[str, Callable[[Mapping[str, Any]], tuple[Deployment, ...]]] = {"ECS": _of_ecs}


def parse_service(raw: Mapping[str, Any]) -> ObservedService:
    """One entry of DescribeServices' ``services``. Events are newest first, as ECS returns them."""
    balancers = raw.get("loadBalancers") or ()
    breaker = (raw.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
    controller = (raw.get("deploymentController") or {}).get("type") or "ECS"
    return ObservedService(
        service=raw["serviceName"],
        arn=raw.get("serviceArn", ""),
        status=raw.get("status", ""),
        task_definition=raw.get("taskDefinition", ""),
        desired=raw.get("desiredCount", 0),
        running=raw.get("runningCount", 0),
        pending=raw.get("pendingCount", 0),
        deployments=CONTROLLERS.get(controller, _of_ecs)(raw),
        events=tuple(
            Event(str(item.get("id") or ""), parse_time(item.get("createdAt")), item.get("message", ""))
            for item in raw.get("events") or ()
        ),
        scheduling=raw.get("schedulingStrategy") or "REPLICA",
        controller=controller,
        target_groups=tuple(item["targetGroupArn"] for item in balancers if item.get("targetGroupArn")),
        classic_load_balancer=any(item.get("loadBalancerName") for item in balancers),
        breaker_threshold=_threshold(breaker.get("thresholdConfiguration")),
        tags=parse_tags(raw.get("tags")),
        revisions=tuple(item["arn"] for item in raw.get("currentServiceRevisions") or () if item.get("arn")),
        platform=str(raw.get("platformFamily") or "").split("_", maxsplit=1)[0].lower(),
        launch_type=str(raw.get("launchType") or ""),
        capacity_providers=tuple(
            str(item["capacityProvider"])
            for item in raw.get("capacityProviderStrategy") or ()
            if item.get("capacityProvider")
        ),
        placement=tuple(
            str(item["expression"]) for item in raw.get("placementConstraints") or () if item.get("expression")
        ),
        created_at=parse_time(raw.get("createdAt")),
    )


def _threshold(raw: Any) -> tuple[str, int] | None:
    """A thresholdConfiguration: its type and value; ``None`` for an absent or incomplete one."""
    if not isinstance(raw, Mapping) or not raw.get("type") or not isinstance(raw.get("value"), int):
        return None
    return str(raw["type"]), int(raw["value"])


def parse_image_answer(reference: str, answer: Mapping[str, Any]) -> ResolvedImage:
    """BatchGetImage's answer for one image: its digest, and the platforms of a manifest list."""
    images = answer.get("images") or ()
    if not images:
        failures: list[Mapping[str, Any]] = list(answer.get("failures") or ())
        failure = failures[0] if failures else {}
        reason = failure.get("failureReason") or failure.get("failureCode") or "ImageNotFound"
        return ResolvedImage(reference, problem=str(reason))
    # For a tag on a manifest list, some registries also return its platforms' images: the list was requested.
    image = next((item for item in images if _is_index(item)), images[0])
    digest = str((image.get("imageId") or {}).get("imageDigest", ""))
    manifest = _manifest(image)
    if _is_index(image):
        return ResolvedImage(reference, digest, platforms=parse_platforms(manifest))
    return ResolvedImage(reference, digest, config=str((manifest.get("config") or {}).get("digest", "")))


def parse_platforms(manifest_list: Mapping[str, Any]) -> dict[str, str]:
    """The platform (``linux/amd64``) of each image digest of a manifest list; attestations are left out."""
    platforms = {}
    for item in manifest_list.get("manifests") or ():
        platform = platform_name(item.get("platform") or {})
        if item.get("digest") and platform and "unknown" not in platform:
            platforms[str(item["digest"])] = platform
    return platforms


def platform_name(raw: Mapping[str, Any]) -> str:
    """``os/architecture`` in lower case from a platform or a config blob, ``""`` if it has neither."""
    system, machine = str(raw.get("os") or "").lower(), str(raw.get("architecture") or "").lower()
    return f"{system}/{machine}" if system and machine else ""


def _is_index(image: Mapping[str, Any]) -> bool:
    declared = image.get("imageManifestMediaType") or _manifest(image).get("mediaType") or ""
    return declared in INDEX_TYPES or (not declared and "manifests" in _manifest(image))


def _manifest(image: Mapping[str, Any]) -> Mapping[str, Any]:
    manifest = loads_or_none(image.get("imageManifest") or "{}")
    return manifest if isinstance(manifest, dict) else {}


def parse_running_digest(revision: Mapping[str, Any], container: str) -> str:
    """The digest that a service revision resolved for a container, or ``""``."""
    for image in revision.get("containerImages") or ():
        if image.get("containerName") == container:
            return str(image.get("imageDigest") or "")
    return ""


def parse_task_digest(tasks: list[Mapping[str, Any]], task_definition: str, container: str) -> str:
    """The digest that all tasks of a task definition run in a container; ``""`` if none has it or they differ."""
    digests = {
        str(item["imageDigest"])
        for task in tasks
        if task.get("taskDefinitionArn") == task_definition
        for item in task.get("containers") or ()
        if item.get("name") == container and item.get("imageDigest")
    }
    return digests.pop() if len(digests) == 1 else ""
