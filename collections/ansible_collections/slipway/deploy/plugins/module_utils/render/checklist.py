# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checklist's results: a table, a summary line, and a line for every row that is not green. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..common.text import clean, columns, duration
from .checks import milliseconds, problems
from .facts import Record, finish

#: The mark of a row, by its verdict.
MARKS: Mapping[str, str] = {"green": "✔", "red": "✘"}
_UNKNOWN = "?"
# Shorter times are shown in milliseconds.
_FAST_SECONDS = 10.0


def checklist_table(items: Sequence[Mapping[str, Any]], width: int | None = None) -> list[str]:
    """The table of the checklist: name, verdict, duration and reason."""
    return finish(columns([_row(item) for item in items]), width)


def _row(item: Mapping[str, Any]) -> tuple[str, ...]:
    return (f"{mark(item)} {title(item)}", verdict(item), took(item), clean(item.get("detail") or ""))


def mark(item: Mapping[str, Any]) -> str:
    """``✔`` for green, ``✘`` for red, ``?`` for all else."""
    return MARKS.get(str(item.get("verdict")), _UNKNOWN)


def verdict(item: Mapping[str, Any]) -> str:
    """A row's verdict; an unrecognized one is unknown."""
    said = str(item.get("verdict"))
    return said if said in MARKS else "unknown"


def title(item: Mapping[str, Any]) -> str:
    """A row's name, and its host's if there are several: ``service (site-1)``."""
    host = clean(item.get("host") or "")
    return f"{clean(item.get('name'))} ({host})" if host else clean(item.get("name"))


def took(item: Mapping[str, Any]) -> str:
    """The duration of the answer."""
    seconds = item.get("took")
    if seconds is None:
        return ""
    return milliseconds(seconds) if float(seconds) < _FAST_SECONDS else duration(float(seconds))


def checklist(record: Record, width: int | None = None) -> list[str]:
    """``checklist: 5 of 6 green, 1 unknown``, and a line for each row that is not green."""
    items = list(record.get("checklist") or ())
    if not items:
        return []
    counts = Counter(map(verdict, items))
    said = [f"{counts['green']} of {len(items)} green"]
    said += [f"{counts[word]} {word}" for word in ("red", "unknown") if counts[word]]
    return finish([f"checklist: {', '.join(said)}", *checklist_problems(record, width)], width)


def checklist_problems(record: Record, width: int | None = None) -> list[str]:
    """A line for each row that is not green, red ones first."""
    items = [item for item in record.get("checklist") or () if verdict(item) != "green"]
    items.sort(key=lambda item: verdict(item) != "red")
    texts = [f"{title(item)} is {verdict(item)}{_why(item)}" for item in items]
    return finish(problems("checklist", texts, width, column=13), width)


def _why(item: Mapping[str, Any]) -> str:
    detail = clean(item.get("detail") or "")
    return f": {detail}" if detail else ""
