# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a successful deploy, and the state of every changed service at any end. Pure."""

from __future__ import annotations

from ..common.text import clean, columns, display_width, duration, paragraph
from .card import backup_words
from .checklist import checklist
from .checks import health, smoke, smoke_of
from .facts import Record, Target, back, change_label, finish, forward, is_host, seconds, targets_of, tasks
from .progress import mark
from .verdict import ending

#: Rows of the table before the rest is left to the record.
ROWS = 40


def recap(record: Record, width: int | None = None) -> list[str]:
    """A row per changed service, the results of health and smoke checks, and what the environment runs now."""
    lines = table(record, width)
    # A failed deploy's card shows its findings.
    if not record.get("cause"):
        saved = backup_words(record)
        lines += paragraph(f"backup: {saved}", width) if saved else []
        lines += [*health(record, width), *smoke(record, width), *checklist(record, width)]
        lines += ending(record, width)
    return finish(lines, width)


def table(record: Record, width: int | None = None) -> list[str]:
    """A row per changed service: revision and image from → to, tasks, seconds, smoke; no images if it is narrow."""
    targets = targets_of(record)
    rows = [_row(record, item) for item in targets[:ROWS]]
    lines = columns(rows)
    if width is not None and any(display_width(line) > width for line in lines):
        lines = columns([(*row[:2], *row[3:]) for row in rows])
    hidden = len(targets) - ROWS
    return [*lines, f"… and {hidden:,} more (see the record)"] if hidden > 0 else lines


def _row(record: Record, item: Target) -> tuple[str, ...]:
    state = str(item.get("state") or "planned")
    gone_back = state in ("undone", "undo_failed")
    took = seconds(item.get("undo")) if gone_back else seconds(item)
    images = "" if is_host(item) else change_label(item)
    words = {"undone": "undone", "undo_failed": "not undone", "planned": "not begun", "failed": "failed"}
    note = words.get(state) or smoke_of(record, item["name"])
    if state == "stable" and not item.get("exercised", True):
        note = "not exercised"
    return (
        f"{mark(state)} {clean(item['name'])}",
        back(item) if gone_back else forward(item),
        "" if gone_back else images,
        "" if gone_back or state == "planned" or is_host(item) else tasks(item),
        "" if took is None else duration(took),
        note,
    )
