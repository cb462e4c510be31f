# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans in JSON, as ``terraform show -json`` writes them."""

from __future__ import annotations

import json
from typing import Any

PLANNED = "2026-11-30T19:07:30Z"


def change(*actions: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:
    """A change. Masks are keywords: ``after_sensitive={"password": True}``."""
    masks = {"before_sensitive": False, "after_sensitive": False, "after_unknown": {}}
    return {"actions": list(actions), "before": before, "after": after, **masks, **more}


def resource(address: str, *actions: str, **more: Any) -> dict[str, Any]:
    """A resource's change. What does not belong to the change itself is a keyword of the resource."""
    outside = ("action_reason", "previous_address", "deposed", "mode")
    kept = {key: more.pop(key) for key in outside if key in more}
    kind, _dot, name = address.rpartition(".")
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        **kept,
        "change": change(*actions, **more),
    }


def plan(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": list(resources),
        "timestamp": PLANNED,
        "applyable": True,
        "complete": True,
        "errored": False,
        **more,
    }


def content(document: Any) -> bytes:
    """A plan's file."""
    return json.dumps(document).encode()
