# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many hosts are changed at a time: each kind's own ``serial``, never two kinds in one batch. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, groupby
from typing import Any


def batches(hosts: Mapping[str, Mapping[str, Any]]) -> list[int]:
    """The sizes of a play's batches.

    :param hosts: the play's hosts in its order, each with its ``kind`` and that kind's ``serial``, as in a play.
    :raises ValueError: it is neither a number nor a percentage.
    """
    runs = (list(run) for _kind, run in groupby(hosts.values(), key=lambda host: host["kind"]))
    return list(chain.from_iterable(_sizes(len(run), run[0]["serial"]) for run in runs))


def _sizes(count: int, serial: Any) -> Iterable[int]:
    steps = serial if isinstance(serial, (list, tuple)) else [serial]
    left, number = count, 0
    while left > 0:
        # The last of several applies to the rest; none, or zero, means one batch.
        size = _size(steps[min(number, len(steps) - 1)], count) if steps else 0
        size = min(size, left) if size > 0 else left
        yield size
        left, number = left - size, number + 1


def _size(step: Any, count: int) -> int:
    text = str(step).strip()
    return max(1, int(float(text[:-1]) / 100 * count)) if text.endswith("%") else int(text)
