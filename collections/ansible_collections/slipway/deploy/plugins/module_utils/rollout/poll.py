# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When to observe the services again: one shared poller with an adaptive, jittered interval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

#: DescribeServices accepts at most ten names (API reference).
SERVICES_PER_CALL = 10
#: DescribeServices refills 20 tokens a second for the whole account and region; a rollout uses a fifth of them.
CALLS_PER_SECOND = 4.0
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 5.0
#: The wait is this share of the youngest deployment's age, so that the mean detection lag stays at 1 % of it.
SHARE_OF_AGE = 0.02
JITTER = 0.2
#: How often a running deployment's stopped tasks are read without signs of a problem.
INSPECT_SECONDS = 10.0


@dataclass(frozen=True)
class Pace:
    """How much slower than usual the poller is.

    Doubled at each throttled or failed answer, halved at each good one.
    """

    factor: float = 1.0

    def slower(self) -> Pace:
        """The pace after a missing answer."""
        return replace(self, factor=min(self.factor * 2, 16.0))

    def faster(self) -> Pace:
        """The pace after a good answer."""
        return replace(self, factor=max(self.factor / 2, 1.0))


def interval(ages: Iterable[float], pace: Pace, random: float) -> float:
    """Seconds until the next observation.

    :param ages: seconds since each watched deployment started.
    :param random: a number in [0, 1) that spreads pollers apart.
    """
    known = list(ages)
    calls = -(-len(known) // SERVICES_PER_CALL) or 1
    wait = max(SHORTEST_SECONDS, SHARE_OF_AGE * min(known, default=0.0), calls / CALLS_PER_SECOND)
    return min(wait, LONGEST_SECONDS) * pace.factor * (1 - JITTER + 2 * JITTER * random)
