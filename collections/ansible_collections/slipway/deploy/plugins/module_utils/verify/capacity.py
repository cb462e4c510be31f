# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The platform of a service's tasks: from the task definition, its launch type, or its instances. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#runtime-platform: Fargate
defaults to Linux on X86_64; on EC2 a task runs on any instance that its placement allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..fleet.model import ObservedService
from ..fleet.taskdef import FARGATE, FARGATE_PROVIDERS

_ARCHITECTURES = {"X86_64": "amd64", "ARM64": "arm64"}
_FARGATE_DEFAULT = "linux/amd64"


@dataclass(frozen=True, order=True)
class Capacity:
    """The container instances that a service's tasks may be placed on.

    :ivar providers: names of capacity providers; empty: all instances of the cluster.
    :ivar system: the operating system that the task definition names, ``""``: any.
    :ivar expressions: the ``memberOf`` placement constraints, in the cluster query language.
    """

    cluster: str
    providers: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    system: str = ""

    def takes(self, instance: Mapping[str, Any]) -> bool:
        """Whether a container instance is one of them."""
        if self.providers and instance.get("capacityProviderName") not in self.providers:
            return False
        return not self.system or platform_of_instance(instance).partition("/")[0] in ("", self.system)


def platform_of(body: Mapping[str, Any]) -> str:
    """The platform that tasks of a definition run on (``linux/amd64``), ``""`` if that does not decide it.

    Only a definition for Fargate decides it: by its platform, or by Fargate's default.
    """
    stated = body.get("runtimePlatform") or {}
    fargate = list(body.get("requiresCompatibilities") or ()) == [FARGATE]
    if not stated and not fargate:
        return ""
    return _named(stated)


def _named(stated: Mapping[str, Any]) -> str:
    machine = _ARCHITECTURES.get(stated.get("cpuArchitecture") or "X86_64", "")
    return f"{_system(stated) or 'linux'}/{machine}" if machine else ""


def _system(stated: Mapping[str, Any]) -> str:
    return str(stated.get("operatingSystemFamily") or "").split("_", maxsplit=1)[0].lower()


def platform_wanted(cluster: str, service: ObservedService, body: Mapping[str, Any]) -> str | Capacity:
    """The platform of a service's tasks, or the instances to query; ``""`` if neither is known."""
    stated = body.get("runtimePlatform") or {}
    providers = set(service.capacity_providers)
    if stated.get("cpuArchitecture") or (stated and service.launch_type in ("", FARGATE) and not providers):
        return _named(stated)
    if service.launch_type == FARGATE or (providers and providers <= FARGATE_PROVIDERS):
        return _named(stated)
    if service.launch_type or providers:
        placed = [*service.placement, *_expressions(body.get("placementConstraints"))]
        own = tuple(sorted(providers - FARGATE_PROVIDERS))
        return Capacity(cluster, own, tuple(dict.fromkeys(placed)), _system(stated))
    return platform_of(body)


def _expressions(constraints: Sequence[Mapping[str, Any]] | None) -> Iterable[str]:
    return (str(item["expression"]) for item in constraints or () if item.get("expression"))


def platform_of_instance(raw: Mapping[str, Any]) -> str:
    """The platform that a container instance reports (``ecs.os-type``, ``ecs.cpu-architecture``), or ``""``."""
    reported = {str(item.get("name")): str(item.get("value") or "") for item in raw.get("attributes") or ()}
    machine = _ARCHITECTURES.get(reported.get("ecs.cpu-architecture", "").upper(), "")
    system = reported.get("ecs.os-type", "").lower()
    return f"{system}/{machine}" if system and machine else ""


def unfit(image: Iterable[str], machines: Iterable[str]) -> tuple[str, ...]:
    """The instances' platforms that the image does not support."""
    built = set(image)
    return tuple(sorted(set(machines) - built))
