# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options that the action host_logs and its module on the host share."""

from __future__ import annotations

from typing import Any

LOGS: dict[str, dict[str, Any]] = {
    "unit": {"type": "str", "required": True},
    "since": {"type": "str", "default": ""},
}
