# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

CONFIGURATION: dict[str, dict[str, Any]] = {
    "service": {"type": "str", "required": True},
    "path": {"type": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
    # Where secrets are stored, and their names.
    "secrets": {"type": "list", "elements": "dict", "default": [], "no_log": False},
    "required": {"type": "list", "elements": "str", "default": []},
    "optional": {"type": "list", "elements": "str", "default": []},
    "files": {"type": "list", "elements": "dict", "default": []},
    "user": {"type": "str"},
    "owner": {"type": "str", "default": ""},
    "activate": {"type": "bool", "default": True},
    "state": {"type": "str", "choices": ["present", "renewed"], "default": "present"},
    "before": {"type": "str", "default": ""},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}
