# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge of ``module_utils/hosts/batches.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils.hosts.batches import batches

DOCUMENTATION = r"""
name: batches
short_description: Compute the batches of a play over several kinds of host
version_added: "0.1.0"
author:
  - The Slipway authors (!UNKNOWN)
description:
  - Returns the sizes of the batches, for the keyword C(serial) of a play. Each kind of host has batches of its own
    size, and no batch has hosts of two kinds.
options:
  _input:
    description: The hosts of the play in its order. Each has its C(kind), and the C(serial) of that kind.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Switch the hosts
  hosts: host_targets
  serial: >-
    {{ hostvars | slipway.deploy.gathered(groups.host_targets, kind='__kind', serial='__serial')
    | slipway.deploy.batches }}
"""

RETURN = r"""
_value:
  description: How many hosts each batch has.
  type: list
  elements: int
  sample: [1, 2, 1, 1]
"""


class FilterModule:
    """The filter under its name."""

    def filters(self) -> Mapping[str, Callable[..., Any]]:
        """Filter name → function."""
        return {"batches": batches}
