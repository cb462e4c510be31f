# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as programs write them, and their age: a scheduler's heartbeats. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

#: Larger numbers are milliseconds: as seconds this would be the year 5138.
_MILLISECONDS_FROM = 1e11
#: Seconds that another machine's clock may be ahead.
SKEW = 60.0


def moment(value: Any) -> float | None:
    """The epoch time of a value, or ``None``.

    :param value: seconds or milliseconds since 1970, or ISO 8601; without an offset it is UTC.
    """
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return _iso(value)
    if not math.isfinite(number) or number <= 0:
        return None
    return number / 1000 if number >= _MILLISECONDS_FROM else number


def _iso(value: Any) -> float | None:
    try:
        read = datetime.fromisoformat(str(value).strip())
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def age(value: Any, now: float) -> float | None:
    """Seconds since the time of a value; ``None`` if it is not a time, or one in the future."""
    said = moment(value)
    if said is None or said > now + SKEW:
        return None
    return max(0.0, now - said)
