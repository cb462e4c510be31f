# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pages of a list, as the ECS API cuts them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sandbox.ecs import errors


def page(items: Sequence[Any], body: dict[str, Any], key: str, most: int) -> dict[str, Any]:
    """One page of ``items`` under ``key`` with a ``nextToken`` when there is more.

    ``most`` is the API's largest and default maxResults.
    """
    size = body.get("maxResults") or most
    if not 1 <= int(size) <= most:
        raise errors.invalid(f"maxResults must be between 1 and {most}")
    token = body.get("nextToken")
    start = 0
    if token:
        try:
            start = int(base64.b64decode(token, validate=True))
        except ValueError:
            raise errors.invalid("Invalid token") from None
    answer: dict[str, Any] = {key: list(items[start : start + size])}
    if start + size < len(items):
        answer["nextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return answer
