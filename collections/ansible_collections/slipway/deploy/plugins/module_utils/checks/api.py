# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load balancer's calls: one short function per call, with AWS's errors translated."""

from __future__ import annotations

from typing import Any

from ..aws.client import Clients
from ..aws.errors import calling, error_code
from ..common.errors import SlipwayError

#: States of a target that is being deregistered (Elastic Load Balancing API reference, TargetHealth).
_LEAVING = frozenset({"draining", "unused"})


def target_health(clients: Clients, arn: str) -> list[str]:
    """The states of a target group's registered targets, without those that are draining."""
    with calling(f"describe the health of target group {arn.rsplit('/', 2)[-2]}"):
        answer = clients("elbv2").describe_target_health(TargetGroupArn=arn)
    states = [item["TargetHealth"]["State"] for item in answer.get("TargetHealthDescriptions", [])]
    return [state for state in states if state not in _LEAVING]


def load_balancer(clients: Clients, name: str) -> dict[str, Any]:
    """A load balancer by its name.

    :raises SlipwayError: when there is none.
    """
    with calling(f"describe load balancer {name}"):
        try:
            answer = clients("elbv2").describe_load_balancers(Names=[name])
        except Exception as error:
            if error_code(error) != "LoadBalancerNotFound":
                raise
            answer = {}
    found: list[dict[str, Any]] = answer.get("LoadBalancers", [])
    if not found:
        raise SlipwayError(f"there is no load balancer {name}", "alb_name", "Correct alb_name, or set smoke_base_url")
    return found[0]


def listener_scheme(clients: Clients, arn: str) -> tuple[str, int]:
    """How a load balancer is reached: HTTPS where it has such a listener, and the port."""
    with calling(f"describe the listeners of {arn}"):
        listeners = clients("elbv2").describe_listeners(LoadBalancerArn=arn).get("Listeners", [])
    ports = [(str(item["Protocol"]).lower(), int(item["Port"])) for item in listeners]
    secure = [item for item in ports if item[0] == "https"]
    plain = [item for item in ports if item[0] == "http"]
    return (secure or plain or [("http", 80)])[0]
