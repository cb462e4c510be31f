# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine killed at every transition and call, and at any combination of them: all new or all old in the end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.record.model import outcome_of
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.resume import CHOICES, Choice
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.rollout.ecs_double import Killed
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.rollout.scenarios import Run, Service

SMALL = [
    Service("a", 1, seconds=2),
    Service("b", 2, seconds=2, reuse=True),
    Service("c", 3, seconds=2, force=True),
    Service("d", 4, seconds=3, inactive=True),
    Service("e", 4, seconds=2, pinned=False),
]
FAILING = [*SMALL, Service("f", 5, kind="crashes")]


def kill_at(run: Run, deaths: set[int]) -> Callable[[str], None]:
    """Make the run die at those boundaries, counted over all its lives."""
    seen = 0

    def trip(_boundary: str) -> None:
        nonlocal seen
        seen += 1
        if seen in deaths:
            raise Killed

    run.ecs.trip = trip
    run.journal.trip = trip
    return trip


def boundaries(services: list[Service]) -> int:
    """How many places there are to die in an undisturbed run."""
    run = Run.of(services)
    count = 0

    def trip(_boundary: str) -> None:
        nonlocal count
        count += 1

    run.ecs.trip = run.journal.trip = trip
    run.go()
    return count


def check(run: Run) -> None:
    """What must hold however the run went."""
    assert run.all_new() or run.all_old()
    assert run.widest <= 4
    assert not run.broken_rules


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("death", range(1, boundaries(SMALL) + 1))
def test_killed_once_while_rolling_out(choice: Choice, death: int) -> None:
    run = Run.of(SMALL)
    kill_at(run, {death})
    rollout = run.go_through(choice)
    check(run)
    # A death behind the last transition leaves a finished rollout: undoing it is still what was asked for.
    assert outcome_of(rollout) == ("succeeded" if choice == "finish" else "undone")
    assert run.all_new() if choice == "finish" else run.all_old()


@pytest.mark.parametrize("death", range(1, boundaries(FAILING) + 1))
def test_killed_once_while_failing_and_going_back(death: int) -> None:
    run = Run.of(FAILING)
    kill_at(run, {death})
    rollout = run.go_through("finish")
    assert outcome_of(rollout) == "undone"
    assert run.all_old()


services = st.builds(
    Service,
    name=st.just(""),
    wave=st.integers(1, 4),
    seconds=st.floats(1, 20),
    kind=st.sampled_from(["ok", "ok", "ok", "fails", "crashes", "hangs", "unable"]),
    breaker=st.booleans(),
    reuse=st.booleans(),
    force=st.booleans(),
    inactive=st.booleans(),
    pinned=st.booleans(),
    moved=st.booleans(),
)


def numbered(items: list[Service]) -> list[Service]:
    """The services with names of their own; a forced one runs its own revision already, which is ACTIVE and good."""
    from dataclasses import replace

    return [
        replace(
            item,
            name=f"s{number}",
            kind="ok" if item.force else item.kind,
            inactive=item.inactive and not item.force,
            moved=item.moved and not item.pinned,
        )
        for number, item in enumerate(items)
    ]


fleets = st.lists(services, min_size=1, max_size=7).map(numbered)


@settings(max_examples=150)
@example(  # An old answer showed ECS's own rollback, which the undo had replaced, as somebody else's deployment.
    fleet=[Service("s0", 1, 1.0, "fails", pinned=False)],
    deaths=set(),
    choice="finish",
    stale=1.5,
    width=1,
    cancel_after=None,
)
@given(
    fleet=fleets,
    deaths=st.sets(st.integers(1, 120), max_size=6),
    choice=st.sampled_from(CHOICES),
    stale=st.sampled_from([0.0, 0.0, 1.5]),
    width=st.integers(1, 4),
    cancel_after=st.one_of(st.none(), st.integers(0, 40)),
)
def test_any_fleet_any_failure_any_kill_point(
    fleet: list[Service], deaths: set[int], choice: Choice, stale: float, width: int, cancel_after: int | None
) -> None:
    run = Run.of(fleet, stale_seconds=stale, max_parallel=width, stabilise_timeout=30)
    kill_at(run, deaths)
    waits = 0

    def press(run: Run) -> None:
        nonlocal waits
        waits += 1
        if cancel_after is not None and waits == cancel_after:
            run.cancel = "stopped by Ctrl-C"

    run.after_each_wait = press
    rollout = run.go_through(choice)
    assert run.all_new() if rollout.cause is None else run.all_old()
    assert outcome_of(rollout) in ("succeeded", "undone")
    assert run.widest <= width
    assert not run.broken_rules
    assert_no_forward_change_after_failure(run)


def assert_no_forward_change_after_failure(run: Run) -> None:
    """Once a cause is recorded, mutations only go back."""
    kinds = [kind for _at, kind, _name, _state in run.ecs.mutations]
    back = [index for index, kind in enumerate(kinds) if kind in ("stop", "undo", "register_undo")]
    forward = [index for index, kind in enumerate(kinds) if kind in ("register", "update")]
    assert not back or not forward or max(forward) < min(back)


@settings(max_examples=60)
@given(fleet=fleets, losses=st.sets(st.integers(1, 40), max_size=3))
def test_lost_answers_bring_all_back(fleet: list[Service], losses: set[int]) -> None:
    """A call whose answer is lost may have taken effect."""
    run = Run.of(fleet, stabilise_timeout=30)
    seen = 0

    def trip(_boundary: str) -> None:
        nonlocal seen
        seen += 1
        if seen in losses:
            raise SlipwayError("the connection was reset")

    run.ecs.trip = trip
    rollout = run.go()
    assert run.all_new() if rollout.cause is None else run.all_old()
