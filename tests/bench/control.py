# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Control: how close a rollout of twelve services comes to the shortest possible time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.testing import Sandbox
from tests.bench.floor import makespan
from tests.bench.runs import playbook, project
from tests.bench.table import Row
from tests.support.deploys import SERVICES

PLACES = 4
#: The sandbox's own share of a deployment (seconds): ``begin`` and ``steady``.
BEGIN_AND_STEADY = 0.2 + 0.3
SHORTEST, LONGEST = 5.0, 30.0
SHARE, CONSTANT = 0.03, 2.0


def measure(quick: bool) -> Iterator[Row]:
    """A rollout of twelve services that take 5 to 30 s (quick: 1 to 6 s), under AWS's own rate limits."""
    starts = _starts(1 / 5 if quick else 1.0)
    with Sandbox(throttle=1, stale=0.1) as sandbox, project(sandbox) as deploys:
        for name, seconds in starts.items():
            sandbox.control(f"services/sdt-local-{name}", {"start": seconds})
        ran = playbook(deploys)
        record = deploys.record()
    targets = record["targets"]
    floor = makespan(_waves(targets, starts), PLACES)
    rollout = max(item["finished_at"] for item in targets) - min(item["started_at"] for item in targets)
    target = f"≤ {1 + SHARE:.2f} × floor + {CONSTANT:.0f} s"
    limit = (1 + SHARE) * floor + CONSTANT
    for what, seconds in (("rollout", rollout), ("whole command", ran.seconds)):
        figures = (
            f"{seconds:.2f} s, floor {floor:.2f} s, limit {limit:.2f} s ({len(targets)} services, {PLACES} at a time)"
        )
        yield Row(f"control: {what} / floor", f"{seconds / floor:.3f}", target, seconds <= limit, figures)


def _starts(scale: float) -> dict[str, float]:
    """Evenly spread times in an order that is neither rising nor falling."""
    count = len(SERVICES)
    step = (LONGEST - SHORTEST) / (count - 1)
    return {name: scale * (SHORTEST + step * (index * 5 % count)) for index, name in enumerate(SERVICES)}


def _waves(targets: list[dict[str, Any]], starts: dict[str, float]) -> list[list[float]]:
    waves: dict[int, list[float]] = {}
    for item in targets:
        waves.setdefault(item["wave"], []).append(starts[item["name"]] + BEGIN_AND_STEADY)
    return [waves[wave] for wave in sorted(waves)]
