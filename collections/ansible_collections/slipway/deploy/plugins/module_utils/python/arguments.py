# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the modules which deal with Python share."""

from __future__ import annotations

from typing import Any

#: Python and its package installers.
PYTHON: dict[str, dict[str, Any]] = {
    "python": {"type": "str", "default": "/usr/bin/python3"},
    "uv": {"type": "str", "default": "uv"},
}

#: The action python_environment and its module on the host.
ENVIRONMENT: dict[str, dict[str, Any]] = {
    **PYTHON,
    "release": {"type": "path", "required": True},
    "directory": {"type": "str", "default": ".venv"},
    "lock": {"type": "str", "default": "server/requirements.txt"},
    "tool": {"type": "str", "choices": ["auto", "uv", "pip"], "default": "auto"},
    "user": {"type": "str", "required": True},
    "index_url": {"type": "raw", "no_log": True},
    "indexes": {"type": "raw", "no_log": True, "default": []},
    "extras": {"type": "list", "elements": "str", "default": []},
    "groups": {"type": "list", "elements": "str", "default": []},
    "find_links": {"type": "list", "elements": "str", "default": []},
    "no_index": {"type": "bool", "default": False},
    "proxy": {"type": "raw", "no_log": True},
    "ca_file": {"type": "path"},
    "allow_source": {"type": "bool", "default": False},
    "timeout": {"type": "int", "default": 900},
}
