# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action and its module on the host have in common."""

from __future__ import annotations

from typing import Any

from .model import FILENAME

ARTIFACT: dict[str, dict[str, Any]] = {
    "bucket": {"type": "str", "required": True},
    "tag": {"type": "str", "required": True},
    "branch": {"type": "str"},
    "digest": {"type": "str"},
    "filename": {"type": "str", "default": FILENAME},
    "directory": {"type": "path", "default": "/app/releases"},
    "link": {"type": "path", "default": "/app/app.jar"},
    "activate": {"type": "bool", "default": False},
    "state": {"type": "str", "default": "present", "choices": ["present", "resolved"]},
    "url_expires": {"type": "int", "default": 900},
}
