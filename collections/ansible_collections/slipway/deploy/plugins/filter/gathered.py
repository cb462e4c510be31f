# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge of ``module_utils/hosts/gather.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils.hosts.gather import gathered

DOCUMENTATION = r"""
name: gathered
short_description: Put together what tasks registered on many hosts
version_added: "0.1.0"
author: The Slipway authors (!UNKNOWN)
description:
  - Takes variables of many hosts out of C(hostvars) under names of its own, as one dictionary that a task can be given.
  - A variable that a host does not have is left out, and so is a host that is not in C(hostvars).
positional: hosts
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  hosts:
    description: The names of the hosts.
    type: list
    elements: str
    required: true
  names:
    description: Each further argument is a name in the result, and its value the name of the variable.
    type: dict
"""

EXAMPLES = r"""
- name: Check the health of all services and hosts
  slipway.deploy.health:
    observations: "{{ hostvars | slipway.deploy.gathered(groups.host_targets, health='__health') }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: Host, then name, then the variable's value.
  type: dict
  sample: {dev-backend-1: {health: {active: true}}}
"""


class FilterModule:
    """The filter under its name."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Filter name → function."""
        return {"gathered": gathered}
