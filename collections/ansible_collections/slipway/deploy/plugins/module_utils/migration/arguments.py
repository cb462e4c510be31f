# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

FLYWAY: dict[str, dict[str, Any]] = {
    "action": {"type": "str", "choices": ["info", "validate", "migrate"], "default": "migrate"},
    "engine": {"type": "str", "choices": ["maven", "flyway"], "default": "maven"},
    "directory": {"type": "path"},
    "locations": {"type": "list", "elements": "str", "default": ["src/main/resources/db/migration"]},
    "flyway": {"type": "path"},
    "java_home": {"type": "path"},
    "maven_arguments": {"type": "list", "elements": "str", "default": []},
    "user": {"type": "str", "required": True},
    "settings": {"type": "dict", "default": {}},
    "timeout": {"type": "int", "default": 1800},
}
