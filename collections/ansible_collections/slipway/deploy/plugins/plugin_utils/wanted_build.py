# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The build that a deploy deploys, as ``-e build=…`` names it."""

from __future__ import annotations

from ..module_utils.builds.model import Build, is_build_id
from ..module_utils.builds.store import find_build, latest_build, read_build
from ..module_utils.builds.wanted import (
    BUILD,
    check_deployable,
    deployed_artifacts,
    deployed_services,
    elsewhere,
    nothing_selected,
    refuse_other_choices,
    refuse_other_drift,
)
from ..module_utils.common.errors import SlipwayError
from ..module_utils.environment.directory import list_environments
from ..module_utils.gates.quality import Standing
from ..module_utils.quality.rows import parse_gates, parse_not_audited
from ..module_utils.quality.standing import standings
from .context import Context
from .other_environment import environments_root

#: The name that stands for the newest build of the environment.
LATEST = "latest"


def choose_build(context: Context) -> Build | None:
    """The build of ``-e build=…``, checked as far as the inventory and the state store tell; ``None`` without one.

    :raises SlipwayError: it does not exist, belongs to another environment, did not end well, or has what the
        inventory does not have; or the command line names something else to deploy as well.
    """
    named = context.settings.build
    if not named:
        return None
    refuse_other_choices(context.extra)
    build = latest_build(context.store, context.environment) if named == LATEST else _named(context, named)
    limited = context.selected != frozenset(context.services) or context.selected_hosts != frozenset(context.hosts)
    drift = context.settings.ship_drift
    refuse_other_drift(build, () if isinstance(drift, bool) else drift)
    check_deployable(build, context.desired(), context.hosts_by_kind, limited=limited)
    here = [*(name for name in deployed_services(build) if name in context.selected)]
    here += [kind for kind in deployed_artifacts(build) if kind in context.selected_by_kind]
    if not here and limited and (deployed_services(build) or deployed_artifacts(build)):
        raise nothing_selected(build)
    return build


def chosen_build(context: Context, identity: str) -> Build | None:
    """The build that the deploy began with.

    :param identity: its id; empty without one.
    :raises SlipwayError: it is gone.
    """
    return read_build(context.store, context.environment, identity, BUILD) if identity else None


def quality_of(context: Context, build: Build | None) -> list[Standing]:
    """What the build's manifest says of the quality gates that the environment declares; empty without a build.

    :raises SlipwayError: the declaration is invalid.
    """
    declared = context.variables.get("quality_gates")
    if build is None or not declared:
        return []
    gates = parse_gates(declared, context.services)
    chosen = context.variables.get("quality_not_audited", "fail")
    strict = parse_not_audited(chosen, context.written("quality_not_audited"))
    return standings(build, gates, [name for name in deployed_services(build) if name in context.selected], strict)


def _named(context: Context, identity: str) -> Build:
    build = find_build(context.store, context.environment, identity)
    if build is None and is_build_id(identity):
        for other in _other_environments(context):
            if find_build(context.store, other, identity) is not None:
                raise elsewhere(identity, context.environment, other)
    return build or read_build(context.store, context.environment, identity, BUILD)


def _other_environments(context: Context) -> list[str]:
    """The environments of the project, which may share the state store."""
    try:
        found = list_environments(environments_root(context))
    except SlipwayError:
        return []
    return [name for name in found if name != context.environment]
