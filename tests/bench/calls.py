# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many calls a rollout makes, from the sandbox's journal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sandbox.testing import Sandbox
from tests.bench.runs import numbered_inventory, playbook, project
from tests.bench.table import Row

SERVICES = 24
PER_CALL = 10
MOST_MUTATIONS = 2.0


def measure(_quick: bool) -> Iterator[Row]:
    """A rollout of 24 services, 21 of them at once, so that one look needs several calls."""
    with (
        Sandbox(fleet=SERVICES, speed=4) as sandbox,
        project(sandbox, max_parallel=SERVICES, smoke_checks=[]) as deploys,
    ):
        numbered_inventory(deploys, SERVICES)
        sandbox.control("calls", {"reset": True})
        playbook(deploys)
        journal = sandbox.control("calls")
        targets = deploys.record()["targets"]
    changed, end = len(targets), max(item["finished_at"] for item in targets)
    mutations = journal["mutations"] / changed
    figures = f"{journal['mutations']} mutations, {changed} changed services"
    met = mutations <= MOST_MUTATIONS
    yield Row("calls: mutations / changed service", f"{mutations:.2f}", f"≤ {MOST_MUTATIONS:.0f}", met, figures)
    looks = list(_looks(journal["calls"], end))
    made, least = sum(map(len, looks)), sum(map(_least, looks))
    most = max(looks, key=_names)
    figures = f"{made} calls in {len(looks)} ticks ({len(most)} for {_names(most)} services), at least {least}"
    yield Row("calls: DescribeServices / ⌈n/10⌉ a tick", f"{made / least:.2f}", "1", made == least, figures)


def _looks(calls: Iterable[dict[str, Any]], end: float) -> Iterator[list[list[str]]]:
    """The services that the calls of each tick of the rollout asked for.

    A tick ends when a service is asked for again, or something is changed. After ``end`` the health check looks.
    """
    look: list[list[str]] = []
    began = False
    for call in calls:
        names = call["params"]["services"] if call["action"] == "DescribeServices" else []
        asked_again = any(set(names) & set(before) for before in look)
        if look and (call["mutating"] or asked_again):
            yield look
            look = []
        began = began or call["action"] == "UpdateService"
        if began and names and call["at"] <= end:
            look.append(names)
    if look:
        yield look


def _names(look: Sequence[Sequence[str]]) -> int:
    return sum(map(len, look))


def _least(look: Sequence[Sequence[str]]) -> int:
    return math.ceil(_names(look) / PER_CALL)
