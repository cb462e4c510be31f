# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an action passes from the control node to its module on the host. Also used on managed hosts: Python 3.8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .documents import loads

#: The option of a host module that its action sets. It may hold secrets, so it is never logged.
PAYLOAD: dict[str, dict[str, Any]] = {"payload": {"type": "str", "no_log": True}}


def read_payload(params: Mapping[str, Any]) -> dict[str, Any]:
    """The action's values by name; empty if it passed nothing."""
    found: dict[str, Any] = loads(params["payload"] or "{}")
    return found
