# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks settings of a whole environment or group, and variables of services and hosts outside the run. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..common.errors import SlipwayError
from ..kinds.registry import NAMES
from .known import ABOUT, OF_ENVIRONMENT, OF_GROUP, TARGETS

_GROUPS = ("fleet", *NAMES)


def check_same(
    environment: str, groups: Mapping[str, Collection[str]], variables: Mapping[str, Mapping[str, Any]]
) -> Iterator[SlipwayError]:
    """Settings that differ between hosts though they apply to all. Values are not shown: one may be a secret.

    :param groups: group → its hosts.
    :param variables: host → its variables from the environment's files.
    """
    seen: set[str] = set()
    for group in _GROUPS:
        hosts = [host for host in groups.get(group, ()) if host in variables]
        names = sorted({name for host in hosts for name in variables[host]} & (OF_ENVIRONMENT | OF_GROUP) - seen)
        for name in names:
            odd = _odd_one(name, hosts, variables)
            if odd is not None:
                seen.add(name)
                whole = "the environment" if name in OF_ENVIRONMENT else f"the group {group}"
                file = "all" if name in OF_ENVIRONMENT else group
                what = f"{name} is set for {odd}, but it applies to {whole}"
                remedy = f"Write it in inventories/{environment}/group_vars/{file}.yml"
                yield SlipwayError(what, f"inventories/{environment} (host {odd})", remedy)
    for name in sorted(OF_ENVIRONMENT - seen):
        said = {}
        for group in _GROUPS:
            values = [variables[host][name] for host in groups.get(group, ()) if name in variables.get(host, {})]
            said.update({repr(value): group for value in values[:1]})
        if len(said) > 1:
            what = f"{name} differs between the groups {' and '.join(said.values())}, but it applies to the environment"
            remedy = f"Write it once, in inventories/{environment}/group_vars/all.yml"
            yield SlipwayError(what, f"inventories/{environment}", remedy)


def _odd_one(name: str, hosts: Collection[str], variables: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The host whose value differs from most; ``None`` if all agree."""
    said = {host: repr(variables[host][name]) for host in hosts if name in variables[host]}
    counted = Counter(said.get(host) for host in hosts)
    if len(counted) < 2:
        return None
    usual = max(counted, key=lambda value: (counted[value], value is None))
    # The variable is not written where it is missing.
    return next((host for host in said if said[host] != usual), None) or next(iter(said))


def check_about(
    playbook: str,
    environment: str,
    extra: Collection[str],
    groups: Mapping[str, Collection[str]],
    selected: Collection[str] | None,
) -> Iterator[SlipwayError]:
    """Extra variables for services or hosts that are not in the run.

    :param playbook: the playbook of Slipway that is run.
    :param selected: the hosts that ``--limit`` selects; ``None`` without it.
    """
    targets = TARGETS.get(playbook)
    if selected is not None and targets is not None:
        members = {host for group in targets for host in groups.get(group, ())}
        if not members.intersection(selected):
            known = " or ".join(group for group in targets if groups.get(group)) or "none"
            yield SlipwayError(
                f"--limit selects nothing that {playbook}.yml works on",
                remedy=f"Name hosts of {known}, or leave it out",
            )
            return
    if playbook == "logs" and "since" in extra:
        hosts = {host for group in NAMES for host in groups.get(group, ())}
        if not (hosts if selected is None else hosts.intersection(selected)):
            what = "logs.yml uses since for hosts, and there are none"
            yield SlipwayError(what, "-e since", "Leave it out; -e lines=… sets how many lines of a service are shown")
    for name in sorted(ABOUT.keys() & set(extra) if playbook in ("deploy", "bootstrap_host") else ()):
        about = ABOUT[name]
        kind = "services" if about == "fleet" else "hosts"
        if not groups.get(about):
            where = f"-e {name}"
            yield SlipwayError(f"{environment} has no {kind} in the group {about}", where, f"Leave {name} out")
        elif selected is not None and not set(groups[about]).intersection(selected):
            what = f"--limit leaves out all {kind} of the group {about}"
            yield SlipwayError(what, f"-e {name}", f"Leave {name} out, or name them in --limit")
