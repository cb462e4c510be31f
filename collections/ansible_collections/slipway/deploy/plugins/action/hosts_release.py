# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the releases that the environment's hosts should run. See modules/hosts_release.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.builds.wanted import deployed_artifacts
from ..module_utils.hosts.migrations import known_schema
from ..module_utils.kinds.registry import kind_named
from ..module_utils.record.journal import history
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context
from ..plugin_utils.kinds.model import Found
from ..plugin_utils.kinds.registry import host_kind
from ..plugin_utils.wanted_build import chosen_build
from ..plugin_utils.work import release_lock


def _asked(context: Context, verb: str, built: Mapping[str, BuiltArtifact] | None) -> dict[str, list[str]]:
    """The selected hosts of each kind that gets a release.

    If the command line names releases or a build, only the kinds that it names are deployed.

    :param built: the artifacts of the build by kind; ``None`` without a build.
    """
    hosts = context.selected_by_kind
    if built is not None:
        return {kind: names for kind, names in hosts.items() if kind in built}
    named = {kind: names for kind, names in hosts.items() if kind_named(kind).all_chosen & context.extra}
    return named if named and verb == "deploy" else hosts


def _find(
    context: Context, verb: str, kind: str, hosts: list[str], built: BuiltArtifact | None
) -> dict[str, Any] | None:
    """The release of a kind; ``None`` when its hosts stay as they are."""
    of_kind = host_kind(kind)
    if built is not None:
        found: Found | None = of_kind.built_release(context, hosts[0], built)
    else:
        found = of_kind.find_release(context, verb, hosts[0])
    if found is None:
        return None
    result: dict[str, Any] = {
        "release": {**found.release.to_record(), **({"notes": found.notes.to_record()} if found.notes else {})},
        "hosts": hosts,
        "migrate": verb == "deploy" and of_kind.migrates(context, hosts[0], found.release),
        "needs": found.needs.to_document() if found.needs else {},
    }
    if verb == "boot":
        result["schema"] = known_schema(history(context.store, context.environment), kind)
    return result


class ActionModule(SlipwayAction):
    """Only reads. Without a selected host there is nothing to find."""

    def act(self, context: Context) -> dict[str, Any]:
        """Find them; the releases by kind of host are the result."""
        verb = self.arguments["kind"]
        build = chosen_build(context, self.arguments.get("build", ""))
        built = deployed_artifacts(build) if build else None
        # A host that boots deploys itself, even where the other hosts cannot be reached.
        asked = {context.kind_of(context.here): [context.here]} if verb == "boot" else _asked(context, verb, built)
        if asked:
            context.check_account()
        found = {
            kind: release
            for kind, hosts in asked.items()
            if (release := _find(context, verb, kind, hosts, built[kind] if built else None))
        }
        return {"changed": False, "kinds": found, "hosts": [name for item in found.values() for name in item["hosts"]]}

    def fail_safe(self, context: Context) -> None:
        """Release the lock."""
        release_lock(context)
