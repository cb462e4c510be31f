# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Inventory hosts from the services of a cluster: Terraform owns the services, their tags set the priority."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..common.errors import SlipwayError, raise_all
from .model import ObservedService

PORT_TAG = "Port"
"""A service's optional tag with the port that it listens on."""


@dataclass(frozen=True)
class FleetHost:
    """One service as an inventory host: its name without the prefix, its priority group and its host variables."""

    name: str
    group: str
    wave: int
    variables: Mapping[str, str | int] = field(default_factory=dict)


def groups_from_services(
    services: Iterable[ObservedService], *, prefix: str, priority_tag: str = "Priority"
) -> list[FleetHost]:
    """The hosts of the ACTIVE services whose name starts with ``prefix``, by priority and then name.

    A service whose name is just the prefix, has another prefix or is not ACTIVE is left out.

    :param priority_tag: the tag (exact case) that holds the priority, a whole number from 1.
    :raises SlipwayErrors: a missing or invalid priority, an invalid port, two services with one name.
    """
    errors: list[SlipwayError] = []
    hosts: list[FleetHost] = []
    seen: dict[str, list[str]] = defaultdict(list)
    for item in services:
        name = item.service.removeprefix(prefix)
        if item.status != "ACTIVE" or not name or not item.service.startswith(prefix):
            continue
        seen[name].append(item.arn or item.service)
        wave = _number(item, priority_tag, 1, errors)
        variables: dict[str, str | int] = {"ecs_service": item.service}
        if PORT_TAG in item.tags:
            variables["service_port"] = _number(item, PORT_TAG, 1, errors)
        hosts.append(FleetHost(name, f"priority_{wave}", wave, variables))
    errors += [
        SlipwayError(f"service {name} is listed {len(arns)} times", ", ".join(arns), "Keep one of them")
        for name, arns in seen.items()
        if len(arns) > 1
    ]
    raise_all(errors)
    return sorted(hosts, key=lambda host: (host.wave, host.name))


def _number(item: ObservedService, tag: str, least: int, errors: list[SlipwayError]) -> int:
    where = item.arn or item.service
    text = item.tags.get(tag)
    if text is None:
        near = next((name for name in item.tags if name.lower() == tag.lower()), None)
        remedy = (
            f"Rename the tag {near} (case matters)" if near else f"Tag the service {tag}=1 (first) to {tag}=4 (last)"
        )
        errors.append(SlipwayError(f"the service has no tag {tag}", where, remedy))
    elif not (text.strip().isascii() and text.strip().isdigit() and int(text) >= least):
        errors.append(SlipwayError(f"tag {tag}={text!r} is not a number", where, f"Write a whole number from {least}"))
    else:
        return int(text)
    return 0
