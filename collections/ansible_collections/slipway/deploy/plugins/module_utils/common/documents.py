# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON that others wrote. Pure; also used on managed hosts, so Python 3.8 and its standard library."""

from __future__ import annotations

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """What a JSON text says.

    :raises ValueError: when it is not JSON, or nested more deeply than can be read: a few thousand brackets do that.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
