# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The screen of an unfinished record: whose it is, what was in flight, and the two choices. Pure."""

from __future__ import annotations

from ..common.command import command
from ..common.text import clean, duration, hanging, listed, minute, paragraph
from ..hosts.progress import point_of_no_return
from .facts import (
    GOING_BACK,
    UNTOUCHED,
    Record,
    Target,
    back,
    counted,
    finish,
    forward,
    is_host,
    place,
    release,
    targets_of,
    what_ran,
    who,
)
from .verdict import of_kinds

_NAMES = 400
_GROUPS = (
    ("stable", frozenset({"stable"}), forward),
    ("in flight", frozenset({"updating", "in_flight"}), forward),
    ("failed", frozenset({"failed"}), forward),
    ("going back", GOING_BACK, back),
    ("undone", frozenset({"undone"}), back),
    ("not undone", frozenset({"undo_failed"}), forward),
)


def resume(record: Record, now: float, width: int | None = None) -> list[str]:
    """The card of a record that was never closed.

    :param now: epoch seconds of the state store's clock.
    """
    targets = targets_of(record)
    lines = paragraph(_headline(record, now), width)
    for label, states, change in _GROUPS:
        members = [f"{clean(item['name'])} {change(item)}" for item in targets if item.get("state") in states]
        if members:
            lines += hanging(label, listed(members, _NAMES), width, column=14)
    begun = [item for item in targets if item.get("state") not in UNTOUCHED]
    waiting = [item for item in targets if item.get("state") in UNTOUCHED]
    if waiting:
        lines += hanging("not begun", counted(waiting), width, column=14)
    lines += _choices(record, begun, width)
    return finish([*lines, f"Record: {place(record)}"], None)


def _headline(record: Record, now: float) -> str:
    started = record.get("started_at")
    since = f" at {minute(started)} UTC, {duration(now - started)} ago" if started is not None else ""
    kind = "rollback" if record.get("kind") == "rollback" else "deploy"
    label = clean(record.get("label") or "") if kind == "rollback" else release(record)
    title = f' "{clean(record["title"])}"' if record.get("title") else ""
    phase = str(record.get("phase") or "").replace("_", " ")
    environment = clean(record.get("environment"))
    return f"{environment} has an unfinished {kind}: {label}{title}, begun by {who(record)}{since}, left {phase}"


def _choices(record: Record, begun: list[Target], width: int | None) -> list[str]:
    environment = clean(record.get("environment"))
    lost = point_of_no_return(record)
    returns = [
        f"{clean(item['name'])} to {what_ran(item)}"
        for item in begun
        if item.get("state") != "undone" and not (is_host(item) and point_of_no_return(record, str(item.get("group"))))
    ]
    undo = f"undoes {listed(returns, _NAMES)}" if returns else "closes the record: nothing is left to undo"
    if lost:
        of = of_kinds(record)
        undo = f"{f'{undo}, but no host{of}' if returns else f'puts no host{of} back'}, because {lost}"
    choices = [("undo", undo)]
    if not record.get("cause"):
        choices.insert(0, ("finish", "resumes the deployments in flight and rolls out the rest"))
    lines: list[str] = []
    for choice, effect in choices:
        # The command is on a separate line, so that it can be copied.
        lines += [
            *hanging(choice, f"{effect}:", width, column=14),
            f"{' ' * 14}{command('deploy', environment, resume=choice)}",
        ]
    return lines
