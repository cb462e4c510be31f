# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the modules that start a release share."""

from __future__ import annotations

from typing import Any

#: Symbolic links and their targets.
LINKS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {"path": {"type": "path", "required": True}, "target": {"type": "path", "required": True}},
}

#: When a service counts as ready, apart from the URL.
WAITING: dict[str, dict[str, Any]] = {
    "status": {"type": "list", "elements": "int", "default": [200]},
    "headers": {"type": "dict", "default": {}},
    "timeout": {"type": "int", "default": 120},
    "stable_for": {"type": "int", "default": 5},
    "interval": {"type": "float", "default": 0.5},
}

SERVICE_RELEASE: dict[str, dict[str, Any]] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["running", "previous", "shown"], "default": "running"},
    "links": LINKS,
    "files": {"type": "dict", "default": {}},
    "returning": LINKS,
    "identity_files": {"type": "list", "elements": "path", "default": []},
    "identity_changes": {"type": "bool", "default": False},
    "release": {
        "type": "dict",
        "options": {
            "id": {"type": "str", "required": True},
            "tag": {"type": "str"},
            "digest": {"type": "str"},
            "schema": {"type": "str"},
            "configuration": {"type": "str"},
        },
    },
    "leave": {"type": "str"},
    "reason": {"type": "str", "default": "undone"},
    "readiness": {
        "type": "dict",
        "default": {},
        "options": {
            **WAITING,
            "url": {"type": "str"},
            "application": {
                "type": "dict",
                "options": {
                    "jar": {"type": "path", "required": True},
                    "port": {"type": "int", "default": 8080},
                    "words": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
    },
    "force": {"type": "bool", "default": False},
    "undo": {"type": "bool", "default": True},
    "wait": {"type": "int"},
    "state_directory": {"type": "path", "default": "/var/lib/slipway"},
}
