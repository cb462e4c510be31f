# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the modules that remove old releases share."""

from __future__ import annotations

from typing import Any

PRUNING: dict[str, dict[str, Any]] = {
    "directory": {"type": "path"},
    "keep": {"type": "int", "default": 5},
    "failed": {"type": "str"},
    "links": {"type": "list", "elements": "path"},
    "service": {"type": "str"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}
