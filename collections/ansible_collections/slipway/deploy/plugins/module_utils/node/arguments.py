# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the modules which deal with Node.js share."""

from __future__ import annotations

from typing import Any

from .commands import NPM, PNPM

#: Where Node.js is looked for, what is installed where it is missing, and which parts of a release are built already.
NODE: dict[str, dict[str, Any]] = {
    "path": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "list", "elements": "str", "default": []},
    "built": {"type": "dict", "default": {}},
}

#: The action front_end_build and its module on the host.
FRONT_END_BUILD: dict[str, dict[str, Any]] = {
    "source": {"type": "path", "required": True},
    "directory": {"type": "str", "default": ""},
    "name": {"type": "str"},
    "dest": {"type": "path", "required": True},
    "tool": {"type": "str", "choices": ["auto", NPM, PNPM], "default": "auto"},
    "script": {"type": "str", "default": "build"},
    "output": {"type": "str", "default": "dist"},
    "environment": {"type": "dict", "default": {}},
    "user": {"type": "str"},
    "path": {"type": "list", "elements": "str", "default": []},
    "timeout": {"type": "int", "default": 900},
    "memory_mib": {"type": "int", "default": 0},
    "npmrc": {"type": "dict", "default": {}, "no_log": True},
    "work_directory": {"type": "path", "default": "/var/tmp"},  # noqa: S108 - of a name of its own there
}
