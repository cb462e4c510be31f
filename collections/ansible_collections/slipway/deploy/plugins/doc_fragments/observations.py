# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the observed hosts that a task gets."""

from __future__ import annotations


class ModuleDocFragment:
    """The option that the filter ``gathered`` makes."""

    DOCUMENTATION = r"""
options:
  observations:
    description:
      - What earlier tasks registered for each host, by the names that the module documents.
      - The filter P(slipway.deploy.gathered#filter) puts it together.
    type: dict
    default: {}
"""
