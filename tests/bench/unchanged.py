# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy costs that has nothing to do."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from sandbox.testing import Sandbox
from tests.bench.runs import CommandFailed, empty_run, playbook, project
from tests.bench.table import Row

MOST = 2.5


def measure(quick: bool) -> Iterator[Row]:
    """Twelve unchanged services, static inventory, local store, against an empty run; one after the other, repeated."""
    repeats = 3 if quick else 9
    with Sandbox(speed=20) as sandbox, project(sandbox) as deploys:
        playbook(deploys)
        empty_run(deploys)
        empty, unchanged = [], []
        for _ in range(repeats):
            empty.append(empty_run(deploys).seconds)
            ran = playbook(deploys)
            if "nothing to deploy" not in ran.out:
                raise CommandFailed(f"the fleet was not unchanged:\n{ran.out}")
            unchanged.append(ran.seconds)
    for name, of in (("median", median), ("fastest", min)):
        ratio = of(unchanged) / of(empty)
        figures = f"{of(unchanged):.2f} s, empty {of(empty):.2f} s ({name} of {repeats}, interleaved)"
        # Noise only ever adds: the fastest runs are the least disturbed.
        yield Row(f"unchanged: command / empty run, {name}", f"{ratio:.2f}", f"≤ {MOST}", ratio <= MOST, figures)
