# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the actions and their modules on the host have in common."""

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
    "url": {"type": "raw", "required": True},
    "username": {"type": "raw", "required": True},
    "password": {"type": "raw", "required": True, "no_log": True},
    "settings": {"type": "dict", "default": {}},
    "lock_timeout": {"type": "int", "default": 3},
    "lock_tries": {"type": "int", "default": 10},
    "timeout": {"type": "int", "default": 1800},
}

ALEMBIC: dict[str, dict[str, Any]] = {
    "action": {"type": "str", "choices": ["validate", "migrate", "downgrade"], "default": "migrate"},
    "directory": {"type": "path", "required": True},
    "configuration": {"type": "str", "default": "alembic.ini"},
    "python": {"type": "path", "required": True},
    "image_file": {"type": "path"},
    "image_directory": {"type": "path", "default": "/app/server"},
    "image_python": {"type": "str", "default": "python"},
    "user": {"type": "str", "required": True},
    "url": {"type": "raw", "no_log": True},
    "environment_file": {"type": "path"},
    "environment": {"type": "dict", "default": {}},
    "url_variable": {"type": "str", "default": "DATABASE_URL"},
    "revision": {"type": "str"},
    "confirmed": {"type": "bool", "default": False},
    "sql": {"type": "bool", "default": True},
    "lock_wait": {"type": "int", "default": 60},
    "lock_timeout": {"type": "int", "default": 3},
    "lock_tries": {"type": "int", "default": 10},
    "timeout": {"type": "int", "default": 1800},
}
