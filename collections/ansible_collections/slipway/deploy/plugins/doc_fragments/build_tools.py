# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs that build a release on a host."""

from __future__ import annotations


class ModuleDocFragment:
    """Where Python, uv and Node.js are."""

    DOCUMENTATION = r"""
options:
  python:
    description: The Python interpreter, by name or path.
    type: str
    default: /usr/bin/python3
  uv:
    description: The program C(uv), by name or path.
    type: str
    default: uv
"""

    # Node.js, and which parts of a release are built already.
    NODE = r"""
options:
  path:
    description: Directories that are searched for Node.js before the system's C(PATH).
    type: list
    elements: str
    default: []
  packages:
    description: The packages that are installed if the host has no Node.js. Empty if none are to be installed.
    type: list
    elements: str
    default: []
  built:
    description: For each part of the release, C(python) or C(node), a path that exists if that part is already built.
    type: dict
    default: {}
"""
