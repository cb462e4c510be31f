# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's place in its load balancer's target group: taken away before a restart, given back after it.

Source of states and reasons: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import Clients
from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import calling
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

POLL_SECONDS = 2.0
#: Seconds on top of the group's own deregistration delay before a drain counts as stuck.
MARGIN_SECONDS = 60.0
#: A registered target in one of these gets requests, or is about to.
_IN_PLACE = frozenset({"initial", "healthy", "unhealthy", "unhealthy.draining"})


@dataclass(frozen=True)
class TargetGroup:
    """A target group, by its ARN; ``delay`` is its deregistration delay in seconds."""

    name: str
    arn: str
    delay: float


@dataclass(frozen=True)
class Place:
    """What the group says of one target: ``state`` is ``unused`` for one that is not registered."""

    state: str
    detail: str = ""


def find_group(clients: Clients, wanted: str, where: str) -> TargetGroup:
    """The target group of that name or ARN.

    :raises SlipwayError: when there is none, or its targets are no instances.
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
        raise SlipwayError(f"there is no target group {wanted}", where, "Correct backend_target_group, or remove it")
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
    """Every registered target's place, by instance id; the worst of its ports."""
    with calling(f"read the health of the target group {group.name}"):
        answer = clients("elbv2").describe_target_health(TargetGroupArn=group.arn)
    found: dict[str, Place] = {}
    for item in answer["TargetHealthDescriptions"]:
        health = item["TargetHealth"]
        place = Place(health["State"], health.get("Description") or health.get("Reason") or "")
        if item["Target"]["Id"] not in found or place.state != "healthy":
            found[item["Target"]["Id"]] = place
    return found


def drain(clients: Clients, group: TargetGroup, instance: str, wait: Callable[[float], None]) -> str:
    """Take a host out of the group and wait until its connections are drained.

    The last healthy host stays: without it nobody would answer for as long as draining takes, which is longer than a
    restart.

    :return: ``drained``, ``not registered`` or ``the only healthy target``.
    :raises SlipwayError: when it is still draining well after the group's own delay.
    """
    found = places(clients, group)
    place = found.get(instance)
    if place is None or place.state not in {*_IN_PLACE, "draining"}:
        return "not registered"
    if not any(other != instance and item.state == "healthy" for other, item in found.items()):
        return "the only healthy target"
    if place.state != "draining":
        with calling(f"take {instance} out of the target group {group.name}"):
            clients("elbv2").deregister_targets(TargetGroupArn=group.arn, Targets=[{"Id": instance}])
    waited = 0.0
    while places(clients, group).get(instance, Place("unused")).state != "unused":
        if waited > group.delay + MARGIN_SECONDS:
            what = f"{instance} is still draining after {waited:.0f} s"
            raise SlipwayError(what, f"target group {group.name}", "Look at its connections")
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
    return "drained"


def give_back(
    clients: Clients, group: TargetGroup, instance: str, timeout: float, wait: Callable[[float], None]
) -> bool:
    """Put a host into the group and wait until the load balancer finds it healthy.

    :param timeout: seconds.
    :return: whether it had to be registered.
    :raises SlipwayError: when it does not become healthy.
    """
    place = places(clients, group).get(instance)
    missing = place is None or place.state in ("unused", "draining")
    if missing:
        with calling(f"put {instance} into the target group {group.name}"):
            clients("elbv2").register_targets(TargetGroupArn=group.arn, Targets=[{"Id": instance}])
    waited = 0.0
    while True:
        place = places(clients, group).get(instance, Place("unused"))
        if place.state == "healthy":
            return missing
        if place.state == "unused" and place.detail:
            # Not in use: no load balancer routes to the group, so nobody will ever look at the target's health.
            return missing
        if waited > timeout:
            what = f"{instance} is {place.state} for {waited:.0f} s{f': {place.detail}' if place.detail else ''}"
            raise SlipwayError(what, f"target group {group.name}", "See the group's health check and security groups")
        wait(POLL_SECONDS)
        waited += POLL_SECONDS
