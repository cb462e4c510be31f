# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The symbolic links that say which release runs."""

from __future__ import annotations


class ModuleDocFragment:
    """The option links."""

    DOCUMENTATION = r"""
options:
  links:
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path of the symbolic link.
        type: path
        required: true
      target:
        description: The path that the link is to point at. It must exist.
        type: path
        required: true
"""
