# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters, and the tags of every ECS resource."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import errors, render
from sandbox.ecs.engine import Engine
from sandbox.ecs.model import STARTING, Cluster
from sandbox.ecs.paging import page


def find(engine: Engine, reference: str | None) -> Cluster:
    """By name or ARN; the default one when none is named."""
    name = (reference or "default").rpartition("/")[2]
    found = engine.clusters.get(name)
    if found is None or found.status != "ACTIVE":
        raise errors.cluster_not_found()
    return found


def create(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """CreateCluster; idempotent, as ECS's is."""
    name = body.get("clusterName", "default")
    made = engine.clusters.get(name)
    if made is None or made.status != "ACTIVE":
        made = Cluster(
            name=name,
            arn=f"{engine.arn('cluster')}/{name}",
            tags=render.tag_dict(body.get("tags")),
            settings=body.get("settings", [{"name": "containerInsights", "value": "disabled"}]),
            capacity_providers=body.get("capacityProviders", []),
            default_strategy=body.get("defaultCapacityProviderStrategy", []),
        )
        engine.clusters[name] = made
    return {"cluster": _render(engine, made, ["TAGS", "SETTINGS"])}


def _render(engine: Engine, one: Cluster, include: list[str]) -> dict[str, Any]:
    services = sum(1 for item in engine.services.values() if item.cluster is one and item.status == "ACTIVE")
    mine = [item for item in engine.tasks.values() if item.cluster is one]
    running = sum(1 for item in mine if item.status == "RUNNING")
    pending = sum(1 for item in mine if item.status in STARTING)
    return render.cluster(one, services, running, pending, include)


def describe(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DescribeClusters."""
    found, failures = [], []
    for reference in body.get("clusters") or ["default"]:
        one = engine.clusters.get(reference.rpartition("/")[2])
        if one is None:
            arn = reference if reference.startswith("arn:") else f"{engine.arn('cluster')}/{reference}"
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            found.append(_render(engine, one, body.get("include", [])))
    return {"clusters": found, "failures": failures}


def list_clusters(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListClusters."""
    return page([one.arn for one in engine.clusters.values() if one.status == "ACTIVE"], body, "clusterArns", 100)


def delete(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DeleteCluster."""
    one = find(engine, body.get("cluster"))
    if any(item.cluster is one and item.status != "INACTIVE" for item in engine.services.values()):
        raise errors.EcsError(
            "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
        )
    one.status = "INACTIVE"
    return {"cluster": _render(engine, one, [])}


def update(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """UpdateCluster, UpdateClusterSettings and PutClusterCapacityProviders."""
    one = find(engine, body.get("cluster"))
    one.settings = body.get("settings", one.settings)
    one.capacity_providers = body.get("capacityProviders", one.capacity_providers)
    one.default_strategy = body.get("defaultCapacityProviderStrategy", one.default_strategy)
    return {"cluster": _render(engine, one, ["TAGS", "SETTINGS"])}


def _tags(engine: Engine, arn: str) -> dict[str, str]:
    kind = arn.split(":")[5].partition("/")[0] if arn.count(":") >= 5 else ""
    name = arn.rpartition("/")[2]
    if kind == "cluster" and name in engine.clusters:
        return engine.clusters[name].tags
    if kind == "task-definition" and arn in engine.definitions:
        return engine.definitions[arn].tags
    if kind == "task" and name in engine.tasks:
        return engine.tasks[name].tags
    if kind == "service":
        found = next((one for one in engine.services.values() if one.arn == arn), None)
        if found:
            return found.tags
    if kind not in ("cluster", "task-definition", "task", "service"):
        raise errors.invalid("Invalid resourceArn.")
    raise errors.invalid("The specified resource was not found. Specify a valid resource and try again.")


def list_tags(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """ListTagsForResource."""
    return {"tags": render.tag_list(_tags(engine, str(body.get("resourceArn", ""))))}


def tag(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """TagResource."""
    tags = _tags(engine, str(body.get("resourceArn", "")))
    new = render.tag_dict(body.get("tags"))
    if len(tags | new) > 50:
        raise errors.invalid("Maximum number of tags (50) exceeded.")
    tags.update(new)
    return {}


def untag(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """UntagResource."""
    tags = _tags(engine, str(body.get("resourceArn", "")))
    for key in body.get("tagKeys", []):
        tags.pop(key, None)
    return {}
