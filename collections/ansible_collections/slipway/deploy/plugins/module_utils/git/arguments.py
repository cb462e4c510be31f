# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

CHECKOUT: dict[str, dict[str, Any]] = {
    "repository": {"type": "str", "required": True},
    "version": {"type": "str", "required": True},
    "dest": {"type": "path", "required": True},
    "directory": {"type": "str", "default": ""},
    "user": {"type": "str", "required": True},
    "depth": {"type": "int", "default": 1},
    "ca_file": {"type": "path"},
    "timeout": {"type": "int", "default": 600},
    "keep": {"type": "int", "default": 2},
    # The source, not the token.
    "token_parameters": {"type": "list", "elements": "raw", "no_log": False},
}
