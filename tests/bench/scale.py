# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan costs as the fleet grows: seconds and memory per service, and how often a task definition is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.testing import Sandbox
from tests.bench.runs import Timed, numbered_inventory, playbook, project
from tests.bench.table import Row
from tests.support.deploys import OLD

SIZES = (12, 120, 1200)
QUICK_SIZES = (12, 48, 120)
#: A cost per service that grows more than this from one size to the next is no noise.
LINEAR = 1.5
READ = "ecs:DescribeTaskDefinition"

#: The plans of a fleet in the order in which they are made: name, reads of task definitions that each may make for a
#: service, image tag, repeats. Verifying a change reads afresh what will be cloned.
PLANS = (("unchanged, first", 1, OLD, 1), ("unchanged, second", 0, OLD, 3), ("all change", 1, None, 1))


@dataclass(frozen=True)
class Planned:
    """One plan of a fleet of ``size`` (the fastest, when it was repeated), and the task definitions that it read."""

    size: int
    ran: Timed
    reads: int


def measure(quick: bool) -> Iterator[Row]:
    """``--check`` without rate limits: the cost is Slipway's and the sandbox's own."""
    found = [_plans(size) for size in (QUICK_SIZES if quick else SIZES)]
    for index, (name, allowed, _tag, _repeats) in enumerate(PLANS):
        sizes = [plans[index] for plans in found]
        yield _growth(f"scale: time / service, {name}", [(one.size, one.ran.seconds) for one in sizes], "s", 1000, "ms")
        yield _growth(
            f"scale: memory / service, {name}", [(one.size, one.ran.peak_mib) for one in sizes], "MiB", 1024, "KiB"
        )
        most = sizes[-1]
        reads = f"{most.reads / most.size:.2f}"
        figures = f"{most.reads} reads, {most.size} services"
        yield Row(
            f"scale: definitions read / service, {name}",
            reads,
            str(allowed),
            most.reads <= allowed * most.size,
            figures,
        )


def _growth(name: str, points: list[tuple[int, float]], unit: str, parts: int, part: str) -> Row:
    """The cost of a further service from the middle to the largest size, in relation to that of the smaller ones."""
    (small, low), (middle, between), (large, high) = points
    below, above = (between - low) / (middle - small), (high - between) / (large - middle)
    figures = ", ".join(f"{value:.1f} {unit} for {size}" for size, value in points)
    figures += f"; a further service {below * parts:.1f}, then {above * parts:.1f} {part}"
    return Row(name, f"{above / below:.2f}", f"≤ {LINEAR}", above <= LINEAR * below, figures)


def _plans(size: int) -> list[Planned]:
    plans = []
    with Sandbox(fleet=size) as sandbox, project(sandbox) as deploys:
        numbered_inventory(deploys, size)
        for _name, _allowed, tag, repeats in PLANS:
            arguments = ("--check", *(("-e", f"image_tag={tag}") if tag else ()))
            sandbox.control("calls", {"reset": True})
            ran = min((playbook(deploys, *arguments) for _ in range(repeats)), key=lambda one: one.seconds)
            plans.append(Planned(size, ran, int(sandbox.control("calls")["counts"].get(READ, 0)) // repeats))
    return plans
