# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parses JSON from outside. Pure; also used on managed hosts, so Python 3.8 and its standard library."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def loads(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The value of a JSON text.

    :param pairs: makes an object of its names and values; by default a dictionary, in which the last of a name stays.
    :raises ValueError: when it is not JSON, or nested too deeply: a few thousand brackets are enough for that.
    """
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def loads_or_none(text: str | bytes) -> Any:
    """The value of a JSON text; ``None`` if it is not JSON, or not text."""
    try:
        return loads(text)
    except ValueError:
        return None
