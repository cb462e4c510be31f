# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shortest time in which a rollout can be done: list scheduling (Graham 1966) of the stabilisation times."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence


def makespan(waves: Iterable[Sequence[float]], places: int) -> float:
    """Seconds until the last of ``waves`` is done.

    :param waves: the durations of each wave's members in seconds, in the order in which they are started.
    :param places: how many run at a time; a wave begins when the one before has ended.
    """
    return sum(_wave(durations, places) for durations in waves)


def _wave(durations: Sequence[float], places: int) -> float:
    free = [0.0] * places
    for duration in durations:
        heapq.heapreplace(free, free[0] + duration)
    return max(free)
