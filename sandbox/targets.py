# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""elbv2:DescribeTargetHealth for target groups that ECS services use, from what their tasks do."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.ecs.engine import Engine
from sandbox.ecs.model import Task
from sandbox.elb.groups import xml


def _state(task: Task) -> tuple[str, str, str] | None:
    if task.status in ("DEACTIVATING", "STOPPING"):
        return "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress"
    if task.status != "RUNNING":
        return None
    if task.healthy:
        return "healthy", "", ""
    if task.behaviour.fail == "unhealthy":
        return "unhealthy", "Target.Timeout", "Request timed out"
    return "initial", "Elb.RegistrationInProgress", "Target registration is in progress"


def targets(engine: Engine, group: str) -> Iterator[tuple[str, int, tuple[str, str, str]]]:
    """(address, port, (state, reason, description)) of every task registered in a target group."""
    for service in engine.services.values():
        for one in service.target_groups:
            if one["targetGroupArn"] != group:
                continue
            for task in service.tasks.values():
                state = _state(task)
                if state:
                    yield task.ip, int(one.get("containerPort", 80)), state


def used(engine: Engine, group: str) -> bool:
    """Whether a service uses the target group."""
    return any(one["targetGroupArn"] == group for service in engine.services.values() for one in service.target_groups)


def describe(engine: Engine, body: bytes) -> bytes | None:
    """The XML answer, or ``None`` when the target group is not an ECS service's."""
    group = parse_qs(body.decode()).get("TargetGroupArn", [""])[0]
    with engine.lock:
        engine.tick()
        if not used(engine, group):
            return None
        members = []
        for address, port, (state, reason, text) in targets(engine, group):
            health = f"<State>{state}</State>"
            if reason:
                health += f"<Reason>{reason}</Reason><Description>{escape(text)}</Description>"
            members.append(
                f"<member><Target><Id>{address}</Id><Port>{port}</Port><AvailabilityZone>{engine.region}a"
                f"</AvailabilityZone></Target><HealthCheckPort>{port}</HealthCheckPort>"
                f"<TargetHealth>{health}</TargetHealth></member>"
            )
    return xml("DescribeTargetHealth", f"<TargetHealthDescriptions>{''.join(members)}</TargetHealthDescriptions>")
