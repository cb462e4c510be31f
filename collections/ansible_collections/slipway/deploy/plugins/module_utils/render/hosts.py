# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts on the screen: after their step, and their status. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.text import clean, columns, duration, hanging, truncate
from .facts import back, forward, seconds
from .progress import mark

_WORDS = {"undone": "undone", "undo_failed": "not undone", "failed": "failed"}


def host_lines(item: Mapping[str, Any]) -> list[str]:
    """``✓ umigo-dev-backend-i-0a1b  backend-v0.1.0 → backend-v0.2.0  14 s``, and the reason of a failure."""
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


@dataclass(frozen=True)
class HostStatus:
    """One host as it is.

    :ivar verdict: ``pass``, ``fail``, ``unknown``, ``warn``, or ``out_of_step``: it is healthy and does not run its
        release.
    :ivar release: the tag that it runs, or its release's id.
    :ivar detail: what is wrong, or why it is unknown.
    :ivar record: the id of the record of its release; ``returns``: whether
        ``rollback.yml -e to=<record>`` restores it.
    :ivar asked: whether the host was contacted; one that deploys itself is known by its own record.
    """

    name: str
    verdict: str
    release: str = ""
    schema: str = ""
    active: bool = False
    detail: str = ""
    record: str = ""
    returns: bool = False
    asked: bool = True


_MARKS = {"pass": "✔", "fail": "✘", "warn": "·", "out_of_step": "≠"}


def hosts_table(items: Sequence[HostStatus], width: int | None = None) -> list[str]:
    """A row per host, and a line for each with a problem."""
    if not items:
        return []
    rows = [("  host", "release", "schema", "service")]
    for item in items:
        known = item.verdict != "unknown"
        service = ("running" if item.active else "stopped") if known else "?"
        service = service if item.asked else "not asked"
        rows.append((f"{_MARKS.get(item.verdict, '?')} {clean(item.name)}", clean(item.release), item.schema, service))
    lines = [truncate(line, width) for line in columns(rows)]
    for item in items:
        if item.verdict != "pass" and item.detail:
            label = "release" if item.verdict == "out_of_step" else "health" if item.asked else "record"
            lines += hanging(label, clean(f"{item.name}: {item.detail}"), width)
    return lines
