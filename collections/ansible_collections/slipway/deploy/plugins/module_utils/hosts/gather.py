# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Combines the results of tasks on many hosts for one task. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def gathered(
    hostvars: Mapping[str, Mapping[str, Any]], hosts: Iterable[str], **names: str
) -> dict[str, dict[str, Any]]:
    """Variables of hosts under other names; those that a host does not have are left out.

    :param hostvars: host → its variables.
    :param names: name in the result → name of the variable.
    """
    found: dict[str, dict[str, Any]] = {}
    for host in hosts:
        if host in hostvars:
            variables = hostvars[host]
            found[host] = {name: variables[variable] for name, variable in names.items() if variable in variables}
    return found
