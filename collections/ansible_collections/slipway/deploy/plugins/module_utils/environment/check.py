# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Validates an environment's groups and host variables. Pure; all mistakes are reported."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..common.errors import SlipwayError, SlipwayErrors
from ..fleet.identity import cluster_name, parse_service
from ..kinds.registry import NAMES
from .source import Places

FLEET = "fleet"
#: The groups of hosts that Slipway deploys to or manages.
HOST_GROUPS = (*NAMES, "database")
#: The groups of hosts that releases go to, and their parent.
HOST_TARGETS = "host_targets"
#: Everything that is deployed to: services and hosts.
TARGETS = "targets"
#: Groups that every environment has, even if empty: a play's pattern must not name a missing group.
GROUPS = (FLEET, *HOST_GROUPS)
PARENTS = {HOST_TARGETS: NAMES, TARGETS: (FLEET, HOST_TARGETS)}
#: Groups that the plays of a deploy create during the run, and their parts.
STEPS = {
    "slipway_observing": (),
    "slipway_staging": (),
    "slipway_deploying": ("slipway_staging",),
    "slipway_changing": (),
    "slipway_hooks": (),
    "slipway_ended": (),
    "slipway_switching": (),
}
_PRIORITY = re.compile(r"priority_(?P<number>[1-9][0-9]*)")


def check_fleet(
    environment: str,
    groups: Mapping[str, Collection[str]],
    host_vars: Mapping[str, Mapping[str, Any]],
    places: Places,
    prefix: object = None,
) -> None:
    """Refuse an inventory that is not a valid fleet.

    :param groups: group → its hosts, those of its child groups included.
    :param host_vars: host → the variables that are its own (inventory file and ``host_vars``).
    :param places: where the hosts and groups are defined, as far as known.
    :param prefix: the variable ``service_name_prefix``; anything but a plain string is ignored.
    :raises SlipwayErrors: with all mistakes.
    """
    fleet = list(groups.get(FLEET, ()))
    if not any(groups.get(name) for name in GROUPS):
        raise SlipwayError(
            f"no service in group fleet and no host in {', '.join(NAMES)} or database",
            f"inventories/{environment}",
            "List the services in fleet.yml, each in a group priority_<number> below fleet; "
            "hosts come from aws_ec2.yml",
        )
    errors = [
        *_check_kinds(environment, groups, places),
        *_check_priorities(environment, fleet, groups, places),
        *_check_services(environment, fleet, host_vars, places, prefix),
        *_check_ports(environment, fleet, host_vars, places),
    ]
    if errors:
        raise SlipwayErrors(errors) if len(errors) > 1 else errors[0]


def _check_kinds(environment: str, groups: Mapping[str, Collection[str]], places: Places) -> Iterator[SlipwayError]:
    hosts = {host: group for group in HOST_GROUPS for host in groups.get(group, ())}
    for name in groups.get(FLEET, ()):
        if name in hosts:
            where = places.hosts.get(name, f"inventories/{environment}")
            yield SlipwayError(f"{name} is in fleet and in {hosts[name]}", where, "It is a service or a host, not both")
    for name in dict.fromkeys(host for kind in NAMES for host in groups.get(kind, ())):
        kinds = [kind for kind in NAMES if name in groups.get(kind, ())]
        if len(kinds) > 1:
            where = places.hosts.get(name, f"inventories/{environment}")
            remedy = "A host is of one kind. List the machine once for each, under two names, with ansible_host"
            yield SlipwayError(f"{name} is in {' and in '.join(kinds)}", where, remedy)


def _check_priorities(
    environment: str, fleet: list[str], groups: Mapping[str, Collection[str]], places: Places
) -> Iterator[SlipwayError]:
    priorities: dict[str, list[str]] = {}
    unnumbered: set[str] = set()
    for group in sorted(name for name in groups if name.startswith("priority")):
        numbered = _PRIORITY.fullmatch(group) is not None
        if not numbered:
            where = places.groups.get(group, f"inventories/{environment}")
            yield SlipwayError(
                f"{group}: the priority is not a number", where, "Name the group priority_<number>, such as priority_4"
            )
        for host in groups[group]:
            priorities.setdefault(host, []).append(group)
            if not numbered:
                unnumbered.add(host)
    members = set(fleet)
    for host in sorted(members | set(priorities)):
        where = places.hosts.get(host, f"inventories/{environment}")
        of_host = priorities.get(host, [])
        if len(of_host) > 1 and host not in unnumbered:
            yield SlipwayError(f"{host} is in {' and '.join(of_host)}", where, "A service has one priority")
        elif not of_host:
            yield SlipwayError(f"{host} has no priority", where, "Put it into one of the groups priority_<number>")
        elif host not in members:
            yield SlipwayError(
                f"{host} is in {of_host[0]} but not in fleet", where, f"Put {of_host[0]} below fleet's children"
            )


def _check_services(
    environment: str, fleet: list[str], host_vars: Mapping[str, Mapping[str, Any]], places: Places, prefix: object
) -> Iterator[SlipwayError]:
    owners: dict[tuple[str, str], str] = {}
    for host in fleet:
        own = host_vars.get(host, {})
        service = own.get("ecs_service")
        if service is None and isinstance(prefix, str):
            service = f"{prefix}{host}"
        if not isinstance(service, str) or "{{" in service:
            continue
        found = parse_service(service)
        if found is None:
            continue  # The reader refuses it.
        # Two clusters may have services of one name. If the inventory does not set the cluster, the plan compares.
        cluster = cluster_name(str(own.get("ecs_cluster") or "")) or found.cluster
        owner = owners.setdefault((cluster, found.name), host)
        if owner != host:
            where = places.hosts.get(host, f"inventories/{environment}")
            yield SlipwayError(
                f"{host} and {owner} are both the ECS service {service}", where, "Give each its own ecs_service"
            )


def _check_ports(
    environment: str, fleet: list[str], host_vars: Mapping[str, Mapping[str, Any]], places: Places
) -> Iterator[SlipwayError]:
    for host in fleet:
        port = host_vars.get(host, {}).get("service_port")
        templated = isinstance(port, str) and "{{" in port
        if port is None or templated or _is_port(port):
            continue
        where = places.hosts.get(host, f"inventories/{environment}")
        yield SlipwayError(
            f"service_port {port} of {host} is not a valid port", where, "Write a number from 1 to 65535"
        )


def _is_port(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return False
    text = str(value)
    return text.isascii() and text.isdigit() and 1 <= int(text) <= 65535
