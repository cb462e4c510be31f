# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host in its load balancer's target group: deregistered before a restart, registered after it.

Source of states and reasons: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..aws.client import Clients
from ..aws.errors import calling
from ..common.errors import SlipwayError

POLL_SECONDS = 2.0
#: Seconds on top of the group's own deregistration delay before a drain counts as stuck.
MARGIN_SECONDS = 60.0
#: A registered target in one of these states gets requests, or will soon.
_IN_PLACE = frozenset({"initial", "healthy", "unhealthy", "unhealthy.draining"})


@dataclass(frozen=True)
class TargetGroup:
    """A target group, by its ARN; ``delay`` is its deregistration delay in seconds."""

    name: str
    arn: str
    delay: float


@dataclass(frozen=True)
class Place:
    """A target's state in the group: ``unused`` if it is not registered.

    :ivar reason: AWS's reason code, such as ``Target.NotInUse``.
    :ivar ports: the ports that it is registered with, which may differ from the group's.
    """

    state: str
    detail: str = ""
    reason: str = ""
    ports: tuple[int, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether no load balancer routes to the group: then the target's health is never checked."""
        return self.state == "unused" and self.reason == "Target.NotInUse"


def find_group(clients: Clients, wanted: str, where: str) -> TargetGroup:
    """The target group of that name or ARN.

    :raises SlipwayError: it does not exist, or its targets are not instances.
    """
    elb = clients("elbv2")
    arguments: dict[str, Any] = {"TargetGroupArns": [wanted]} if wanted.startswith("arn:") else {"Names": [wanted]}
    try:
        with calling(f"find the target group {wanted}"):
            groups = elb.describe_target_groups(**arguments)["TargetGroups"]
    except SlipwayError as error:
        if "NotFound" not in str(error):
            raise
        groups = []
    if not groups:
        raise SlipwayError(f"there is no target group {wanted}", where, "Correct its name, or remove it")
    group = groups[0]
    if group.get("TargetType", "instance") != "instance":
        what = f"the targets of {wanted} are of type {group['TargetType']}, not instance"
        raise SlipwayError(what, where, "Slipway registers hosts by their instance id")
    with calling(f"read the attributes of the target group {wanted}"):
        attributes = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    found = {item["Key"]: item["Value"] for item in attributes}
    delay = float(found.get("deregistration_delay.timeout_seconds") or 300)
    return TargetGroup(str(group["TargetGroupName"]), str(group["TargetGroupArn"]), delay)


def places(clients: Clients, group: TargetGroup) -> dict[str, Place]:
    """Every registered target by instance id, with the worst state of its ports."""
    with calling(f"read the health of the target group {group.name}"):
        answer = clients("elbv2").describe_target_health(TargetGroupArn=group.arn)
    found: dict[str, Place] = {}
    for item in answer["TargetHealthDescriptions"]:
        identity, health = item["Target"]["Id"], item["TargetHealth"]
        reason = health.get("Reason") or ""
        place = Place(health["State"], health.get("Description") or reason, reason)
        known = found.get(identity)
        ports = (*(known.ports if known else ()), *((item["Target"]["Port"],) if "Port" in item["Target"] else ()))
        found[identity] = replace(place if known is None or place.state != "healthy" else known, ports=ports)
    return found


@dataclass(frozen=True)
class Drained:
    """The outcome: ``drained``, ``not registered`` or ``the only healthy target``, and the ports it had."""

    how: str
    ports: tuple[int, ...] = ()


def drain(clients: Clients, group: TargetGroup, instance: str, wait: Callable[[float], None]) -> Drained:
    """Deregister a host and wait until its connections are drained.

    The last healthy host stays: without it there would be no service while it drains, which takes longer than a
    restart.

    :raises SlipwayError: it is still draining well after the group's own delay.
    """
    found = places(clients, group)
    place = found.get(instance)
    if place is None or place.state not in {*_IN_PLACE, "draining"}:
        return Drained("not registered")
    if not any(other != instance and item.state == "healthy" for other, item in found.items()):
        return Drained("the only healthy target", place.ports)
    if place.state != "draining":
        with calling(f"take {instance} out of the target group {group.name}"):
            clients("elbv2").deregister_targets(TargetGroupArn=group.arn, Targets=_targets(instance, place.ports))
    waited = 0.0
    while places(clients, group).get(instance, Place("unused")).state != "unused":
        if waited > group.delay + MARGIN_SECONDS:
            what = f"{instance} is still draining after {waited:.0f} s"
            raise SlipwayError(what, f"target group {group.name}", "Look at its connections")
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
    return Drained("drained", place.ports)


def _targets(instance: str, ports: Sequence[int]) -> list[dict[str, Any]]:
    """One target for each port; without ports, the group's own is meant."""
    return [{"Id": instance, "Port": port} for port in ports] or [{"Id": instance}]


def give_back(
    clients: Clients,
    group: TargetGroup,
    instance: str,
    timeout: float,
    wait: Callable[[float], None],
    ports: Sequence[int] = (),
) -> bool:
    """Register a host and wait until the load balancer finds it healthy.

    :param timeout: seconds.
    :param ports: those it was registered with before; if empty, those of the other targets, else the group's.
    :return: whether it had to be registered.
    :raises SlipwayError: it does not become healthy.
    """
    found = places(clients, group)
    place = found.get(instance)
    missing = place is None or place.state == "draining"
    if missing:
        neighbours = next((item.ports for name, item in found.items() if name != instance and item.ports), ())
        with calling(f"put {instance} into the target group {group.name}"):
            targets = _targets(instance, ports or (place.ports if place else ()) or neighbours)
            clients("elbv2").register_targets(TargetGroupArn=group.arn, Targets=targets)
    waited = 0.0
    while True:
        place = places(clients, group).get(instance, Place("unused"))
        if place.state == "healthy" or place.idle:
            return missing
        if waited > timeout:
            what = f"{instance} is {place.state} for {waited:.0f} s{f': {place.detail}' if place.detail else ''}"
            raise SlipwayError(what, f"target group {group.name}", "See the group's health check and security groups")
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
