# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host after its turn, in a line or two. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.render.facts import back, forward, seconds
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import mark
from ansible_collections.slipway.deploy.plugins.module_utils.render.text import clean, duration

_WORDS = {"undone": "put back", "undo_failed": "not put back", "failed": "failed"}


def host_lines(item: Mapping[str, Any]) -> list[str]:
    """``✓ umigo-dev-backend-i-0a1b  backend-v0.1.0 → backend-v0.2.0  14 s``, and why it failed if it did."""
    state = str(item.get("state"))
    gone_back = state in ("undone", "undo_failed")
    took = seconds(item.get("undo")) if gone_back else seconds(item)
    parts = [
        f"{mark(state)} {clean(item['name'])}",
        back(item) if gone_back else forward(item),
        duration(took) if took is not None else "",
        _WORDS.get(state, ""),
    ]
    line = "  ".join(part for part in parts if part)
    why = clean((item.get("failure") or {}).get("reason") or "") or clean((item.get("undo") or {}).get("detail") or "")
    return [line, f"  {why}"] if why and state != "stable" else [line]
