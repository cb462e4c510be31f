# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables of roles that an inventory sets and that the plays set as well, which Ansible lets win without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from .context import Context


def refuse_overridden(context: Context) -> None:
    """Refuse variables of the hosts that would be without effect: nothing is ignored.

    :raises SlipwayErrors: naming each, with the variable that has one.
    """
    path = _play_variables(context)
    if path is None or not context.hosts:
        return
    said = DataLoader().load_from_file(str(path))
    where = f"inventories/{context.environment}"
    errors: dict[str, SlipwayError] = {}
    for host in context.hosts:
        for name, remedy in overridden(said, set(context.host(host)) - context.extra, context.group):
            errors.setdefault(name, SlipwayError(f"{name} is set here, and the deploy sets it itself", where, remedy))
    if errors:
        raise SlipwayErrors(errors.values())


def overridden(said: Mapping[str, Any], names: set[str], group: str) -> Iterator[tuple[str, str]]:
    """The variables that a play sets whatever the inventory says, each with what to write instead.

    :param said: the play's variables and their templates.
    :param names: those that the inventory sets.
    :param group: the group, whose name the public variables begin with.
    """
    for name, value in said.items():
        text = str(value)
        # One that the play takes from the inventory where it is set.
        if name.startswith("__") or name not in names or f"hostvars[inventory_hostname].{name}" in text:
            continue
        public = [item for item in re.findall(rf"\b{group}_[a-z_]+", text) if item != name]
        yield name, f"Set {public[0]} instead" if public else "Leave it out"


def _play_variables(context: Context) -> Path | None:
    base = Path(str(context.variables.get("playbook_dir") or "."))
    below = Path("shared", context.group, "vars.yml")
    return next((path for path in (base / below, base / "playbooks" / below) if path.is_file()), None)
