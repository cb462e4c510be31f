# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds variables of roles that both an inventory and the plays set, where the plays silently win."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader

from ..module_utils.common.errors import SlipwayError, SlipwayErrors


def refuse_overridden(
    environment: str,
    directory: Path,
    members: Mapping[str, Collection[str]],
    variables: Mapping[str, Mapping[str, Any]],
) -> None:
    """Refuse variables of hosts that would have no effect.

    :param directory: the ``group_vars`` next to the plays.
    :param members: kind of host → its hosts.
    :param variables: host → its variables from the environment's files.
    :raises SlipwayErrors: naming each, with the variable to set instead.
    """
    where = f"inventories/{environment}"
    errors: dict[str, SlipwayError] = {}
    for kind, hosts in members.items():
        path = directory / f"{kind}.yml"
        said = DataLoader().load_from_file(str(path)) if hosts and path.is_file() else {}
        for host in hosts:
            for name, remedy in overridden(said, variables.get(host, {}).keys(), kind):
                errors.setdefault(
                    name, SlipwayError(f"{name} is set here, and the deploy sets it itself", where, remedy)
                )
    if errors:
        raise SlipwayErrors(errors.values())


def overridden(said: Mapping[str, Any], names: Collection[str], group: str) -> Iterator[tuple[str, str]]:
    """The variables that a play sets regardless of the inventory, each with what to set instead.

    :param said: the play's variables and their templates.
    :param group: the group, whose name the public variables begin with.
    """
    for name, value in said.items():
        text = str(value)
        if name.startswith("__") or name not in names:
            continue
        public = [item for item in re.findall(rf"\b{group}_[a-z_]+", text) if item != name]
        yield name, f"Set {public[0]} instead" if public else "Leave it out"
