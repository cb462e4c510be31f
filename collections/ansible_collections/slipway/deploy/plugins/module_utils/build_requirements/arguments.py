# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

from ..node.arguments import NODE
from ..python.arguments import PYTHON

BUILD_CHECK: dict[str, dict[str, Any]] = {
    "needs": {"type": "dict", "required": True},
    "front_end": {"type": "str", "choices": ["host", "control", "prebuilt", "none"], "default": "host"},
    **PYTHON,
    **NODE,
    "tool": {"type": "str", "choices": ["auto", "uv", "pip"], "default": "auto"},
    "npmrc": {"type": "dict", "default": {}},
    "indexes": {"type": "raw", "default": []},
}
