# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service deployments and service revisions."""

from __future__ import annotations

from typing import Any

from sandbox.ecs import clusters, errors, render, rollout, services
from sandbox.ecs.engine import Engine
from sandbox.ecs.model import Service, ServiceDeployment
from sandbox.ecs.paging import page

LIMIT = 20


def _owner(engine: Engine, arn: str) -> Service | None:
    parts = arn.split("/")
    return engine.services.get((parts[1], parts[2])) if len(parts) == 4 else None


def _find(engine: Engine, arn: str) -> tuple[Service, ServiceDeployment] | None:
    owner = _owner(engine, arn)
    if owner is None or owner.status == "INACTIVE":
        return None
    return next(((owner, one) for one in owner.history if one.arn == arn), None)


def list_deployments(engine: Engine, body: dict[str, Any], now: float, stale: bool = False) -> dict[str, Any]:
    """ListServiceDeployments, newest first; a new one may be missing for a moment after UpdateService."""
    cluster = clusters.find(engine, body.get("cluster"))
    owner = services.find(engine, cluster, str(body.get("service", "")))
    if owner is None:
        raise errors.service_not_found()
    if owner.controller != "ECS":
        raise errors.EcsError(
            "UnsupportedFeatureException", "Service deployments are only for the ECS deployment controller."
        )
    wanted = body.get("status") or []
    created = body.get("createdAt") or {}
    found = list(reversed(owner.history))
    if found and owner.snapshot is not None and (stale or now < owner.stale_until):
        found = [one for one in found if one.created_at < owner.stale_until - engine.timings_for(owner.name).stale]
    shown = [
        render.brief(owner, one)
        for one in found
        if (not wanted or one.status in wanted)
        and one.created_at > created.get("after", float("-inf"))
        and one.created_at < created.get("before", float("inf"))
    ]
    return page(shown, {**body, "maxResults": body.get("maxResults") or 20}, "serviceDeployments", 100)


def describe(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DescribeServiceDeployments, of any services of the account."""
    wanted = body.get("serviceDeploymentArns") or []
    if not wanted or len(wanted) > LIMIT:
        raise errors.invalid(f"serviceDeploymentArns must have between 1 and {LIMIT} elements.")
    shown, failures = [], []
    for arn in wanted:
        found = _find(engine, arn)
        if found is None:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(render.service_deployment(*found))
    return {"serviceDeployments": shown, "failures": failures}


def describe_revisions(engine: Engine, body: dict[str, Any], _now: float) -> dict[str, Any]:
    """DescribeServiceRevisions."""
    wanted = body.get("serviceRevisionArns") or []
    if not wanted or len(wanted) > LIMIT:
        raise errors.invalid(f"serviceRevisionArns must have between 1 and {LIMIT} elements.")
    shown, failures = [], []
    for arn in wanted:
        owner = _owner(engine, arn)
        if owner is None or arn not in owner.revisions:
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(render.revision(owner, owner.revisions[arn]))
    return {"serviceRevisions": shown, "failures": failures}


def stop(engine: Engine, body: dict[str, Any], now: float) -> dict[str, Any]:
    """StopServiceDeployment: ROLLBACK (the default) or ABORT, for one that is not finished."""
    arn = str(body.get("serviceDeploymentArn", ""))
    found = _find(engine, arn)
    if found is None:
        raise errors.EcsError("ServiceDeploymentNotFoundException", "The service deployment could not be found.")
    owner, made = found
    if not made.ongoing:
        raise errors.conflict(f"The service deployment is in {made.status} state and cannot be stopped.")
    services.remember(engine, owner, now)
    rollout.stop(engine, owner, made, body.get("stopType") or "ROLLBACK", now)
    return {"serviceDeploymentArn": arn}
