# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many hosts have their turn at a time."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.filter.batches import FilterModule
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.batches import batches


def play(*kinds: tuple[str, int, Any]) -> dict[str, dict[str, Any]]:
    """The hosts of kinds, each with their number and serial."""
    hosts = ((f"{kind}-{number}", kind, serial) for kind, count, serial in kinds for number in range(count))
    return {name: {"kind": kind, "serial": serial} for name, kind, serial in hosts}


@pytest.mark.parametrize(
    ("kinds", "sizes"),
    [
        pytest.param([], [], id="no host"),
        pytest.param([("backend", 1, [1, "50%"])], [1], id="one"),
        pytest.param([("backend", 5, [1, "50%"])], [1, 2, 2], id="the first alone, then halves of all"),
        pytest.param([("backend", 3, ["1", "10%"])], [1, 1, 1], id="a percentage is at least one host"),
        pytest.param([("backend", 5, 2)], [2, 2, 1], id="a number"),
        pytest.param([("backend", 3, "100%")], [3], id="all"),
        pytest.param([("backend", 3, [])], [3], id="nothing said"),
        pytest.param([("backend", 3, [1, 0])], [1, 2], id="all the others"),
        pytest.param([("backend", 3, [1, "50%"]), ("site", 2, [1, "100%"])], [1, 1, 1, 1, 1], id="each its own"),
        pytest.param([("backend", 4, "50%"), ("site", 3, 5)], [2, 2, 3], id="no batch of two kinds"),
    ],
)
def test_sizes(kinds: list[Any], sizes: list[int]) -> None:
    assert batches(play(*kinds)) == sizes


SERIAL = st.one_of(st.integers(0, 9), st.integers(1, 100).map("{}%".format))


@given(st.lists(st.tuples(st.integers(1, 9), st.one_of(SERIAL, st.lists(SERIAL, max_size=3))), max_size=4))
def test_every_host_has_its_turn_with_its_own_kind(counts: list[tuple[int, Any]]) -> None:
    hosts = play(*((f"kind-{number}", count, serial) for number, (count, serial) in enumerate(counts)))
    sizes = batches(hosts)
    assert sum(sizes) == len(hosts)
    assert all(size > 0 for size in sizes)
    order = iter([host["kind"] for host in hosts.values()])
    assert all(len({next(order) for _host in range(size)}) == 1 for size in chain(sizes))


def test_it_is_a_filter() -> None:
    assert FilterModule().filters() == {"batches": batches}
