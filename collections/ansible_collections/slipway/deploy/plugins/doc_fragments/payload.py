# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an action passes to its module on the host."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that an action sets for the module of the same name."""

    DOCUMENTATION = r"""
options:
  payload:
    description: What the action plugin found out on the control node, as JSON. Only the action plugin sets this.
    type: str
"""
