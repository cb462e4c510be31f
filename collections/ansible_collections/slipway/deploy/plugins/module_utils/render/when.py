# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readable times: the time of day in UTC, and the date if it is another day. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from ..common.text import clock, duration, minute

_HOUR, _DAY = 3600.0, 86_400.0


def moment(at: float, now: float) -> str:
    """``21:04 UTC``, or ``2026-11-19 21:04 UTC`` of another day than that of ``now``."""
    return f"{_date(at, now)}{minute(at)} UTC"


def stamp(at: float, now: float) -> str:
    """The time of a log line: ``21:04:11``, of another day with its date."""
    return f"{_date(at, now)}{clock(at)}"


def ago(at: float, now: float) -> str:
    """``19 min ago``: in seconds, minutes, hours or days, whichever is precise enough."""
    passed = max(0.0, now - at)
    if passed >= 2 * _DAY:
        return f"{int(passed // _DAY)} days ago"
    if passed >= _HOUR:
        return f"{int(passed // _HOUR)} h ago"
    return f"{duration(passed // 60 * 60 if passed >= 60 else passed)} ago"


def since(at: float, now: float) -> str:
    """:func:`moment` and :func:`ago`; for another day only the date."""
    return moment(at, now) if _date(at, now) else f"{moment(at, now)}, {ago(at, now)}"


def _date(at: float, now: float) -> str:
    date, today = (datetime.fromtimestamp(value, UTC).date() for value in (at, now))
    return "" if date == today else f"{date} "
