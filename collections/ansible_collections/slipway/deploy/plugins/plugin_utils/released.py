# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Recorded releases, for the verbs that compare them with what runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.cache import TaskDefinitionCache
from ..module_utils.fleet.model import DesiredService
from ..module_utils.fleet.naming import name_running
from ..module_utils.fleet.observation import FleetObservation
from ..module_utils.fleet.observe import observe
from ..module_utils.hosts.model import Runs
from ..module_utils.kinds.registry import NAMES
from ..module_utils.lock.hosts import host_names
from ..module_utils.record.hosts import host_records
from ..module_utils.record.journal import history
from ..module_utils.record.released import (
    Record,
    Released,
    groups_released,
    released,
)
from ..module_utils.record.step import (
    Step,
    asks_for_definition,
    host_step,
    service_step,
)
from ..module_utils.render.hosts import HostStatus
from ..module_utils.render.own import own_hosts
from .context import Context

#: How many records are searched for the release of a service or host.
LOOKED_BACK = 100


@dataclass(frozen=True)
class Releases:
    """The releases of services and hosts by name, and of groups of hosts.

    :ivar problem: why older records could not be read, in one line; then missing entries are unknown.
    """

    of: Mapping[str, Released] = field(default_factory=dict)
    groups: Mapping[str, Released] = field(default_factory=dict)
    problem: str = ""

    def service_step(self, facts: Any, definitions: Mapping[str, Any]) -> Step | None:
        """How a service compares with its release."""
        found = self.of.get(facts.desired.name)
        if found is None and self.problem:
            return Step("unknown", f"what was released is not known: {self.problem}")
        return service_step(facts, found, definitions)

    def host_step(self, name: str, group: str, said: Mapping[str, Any]) -> Step:
        """How a host compares with its release.

        :param said: the host's result of service_release.
        """
        found = self.of.get(name) or self.groups.get(group)
        if found is None and self.problem:
            return Step("unknown", f"what was released is not known: {self.problem}")
        changed = [str(path) for path in said.get("differs") or ()]
        return host_step(Runs.from_host(said.get("runs"), said.get("links")), changed, found)


def find_releases(context: Context, names: Collection[str]) -> Releases:
    """What some services and hosts should run according to the newest records."""
    read: list[Record] = []
    problem: list[str] = []

    def records() -> Iterator[Record]:
        try:
            for record in history(context.store, context.environment, LOOKED_BACK):
                read.append(record)
                yield record
        except SlipwayError as error:
            problem.append(str(error))

    found = released(records(), names)
    missing = {kind for kind, hosts in context.hosts_by_kind.items() if not set(hosts) <= found.keys()}
    # For a host without a record all records are read: those already read are reused.
    return Releases(found, groups_released(read, missing), problem[0] if problem else "")


def observe_released(
    context: Context, desired: Collection[DesiredService], releases: Releases
) -> tuple[FleetObservation, dict[str, Step]]:
    """What some services run, and how each compares with its release."""
    cache = TaskDefinitionCache(context.cache_directory)
    observed = observe(desired, context.clients, cache, resolve_images=False)
    observation = name_running(observed, context.clients)
    asked = {
        facts.desired.name: asks_for_definition(facts, releases.of.get(facts.desired.name))
        for facts in observation.facts
    }
    wanted = tuple(dict.fromkeys(arn for arn in asked.values() if arn))
    definitions = observe((), context.clients, cache, definitions=wanted).definitions if wanted else {}
    steps = {facts.desired.name: releases.service_step(facts, definitions) for facts in observation.facts}
    return observation, {name: step for name, step in steps.items() if step is not None}


def own_records(context: Context) -> list[tuple[str, list[Record], str]]:
    """The newest records of each host that deploys itself, and errors of reading them.

    Hosts that are no longer in the inventory are left out, if it has any of them.
    """
    there = _instances(context)
    found = []
    for host in host_names(context.store, context.environment):
        if there and not any(host == name or name.endswith(host) for name in there):
            continue
        records: list[Record] = []
        problem = ""
        try:
            for record in host_records(context.store, context.environment, host):
                records.append(record)
                if len(records) == LOOKED_BACK:
                    break
        except SlipwayError as error:
            problem = str(error)
        if records or problem:
            found.append((host, records, problem))
    return found


def own_hosts_status(context: Context) -> list[HostStatus]:
    """The hosts that deploy themselves (CodeDeploy), from their own records: they are not contacted."""
    return own_hosts(own_records(context), context.store.now())


def _instances(context: Context) -> set[str]:
    """The names and instance ids of the inventory's hosts."""
    names: set[str] = set()
    for group in NAMES:
        for name in context.members(group):
            names |= {name, str(context.host(name).get("ec2_instance_id") or name)}
    return names


def in_step(item: HostStatus, step: Step) -> HostStatus:
    """A host's status compared with its release."""
    if step.kind in ("out_of_step", "unsettled") and item.verdict == "pass":
        return replace(item, verdict="out_of_step", detail=step.what, record=step.record, returns=step.is_goal)
    if step.kind == "unknown" and item.verdict == "pass":
        return replace(item, verdict="unknown", detail=step.what)
    if step.kind == "unreleased" and item.verdict == "pass":
        return replace(item, verdict="warn", detail=step.what)
    return item
