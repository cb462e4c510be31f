# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

LOGS: dict[str, dict[str, Any]] = {
    "unit": {"type": "str", "required": True},
    "since": {"type": "str", "default": ""},
    "lines": {"type": "raw"},
    "files": {"type": "list", "elements": "str", "default": []},
    "configuration": {"type": "path"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
    "link": {"type": "str", "default": "/app/app.jar"},
}
