# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock's transitions: tables, the lines for people, and many machines with wrong clocks."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import plan
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import (
    HISTORY_LENGTH,
    Lock,
    LockAlive,
    LockHeld,
    LockLost,
    parse,
    serialise,
)

START = datetime(2026, 11, 20, 21, 4, tzinfo=UTC).timestamp()
CLAIM = plan.Claim("dev", "t1", "maria@ci-412", "", "2026-11-20T21-04-11Z-3f9c2d1", 900, "ci", 412)
OTHER = dataclasses.replace(CLAIM, token="t2", owner="otto@laptop")
HELD = plan.take(None, START, CLAIM)
FREE = plan.release(HELD, START + 10, "t1")
MANUAL = plan.take(None, START, dataclasses.replace(CLAIM, deploy="", reason="move of the database", manual=True))
BROKEN = plan.break_(HELD, START + 700, by="anna@laptop", reason="CI")


@pytest.mark.parametrize(
    ("lock", "after", "token", "can"),
    [
        (None, 0, "t2", True),
        (FREE, 10, "t2", True),
        (BROKEN, 700, "t2", True),
        (HELD, 0, "t1", True),
        (HELD, 0, "t2", False),
        (HELD, 899.9, "t2", False),
        (HELD, 900, "t2", True),
        (MANUAL, 899.9, "t2", False),
        (MANUAL, 900, "t2", True),
    ],
)
def test_who_can_take_it(lock: Lock | None, after: float, token: str, can: bool) -> None:
    now = START + after
    assert plan.can_take(lock, now, token) is can
    claim = dataclasses.replace(CLAIM, token=token)
    if can:
        taken = plan.take(lock, now, claim)
        assert taken.held(now)
        assert (taken.token, taken.expires_at, taken.serial) == (token, now + 900, lock.serial + 1 if lock else 1)
    else:
        with pytest.raises(LockHeld):
            plan.take(lock, now, claim)


def test_taking_again_keeps_the_time_of_the_first_taking() -> None:
    again = plan.take(HELD, START + 60, CLAIM)
    assert (again.taken_at, again.expires_at, again.heartbeat_at) == (START, START + 960, START + 60)


@pytest.mark.parametrize(
    ("lock", "after", "token", "why"),
    [
        (None, 0, "t1", "is gone"),
        (FREE, 10, "t1", "was released"),
        (HELD, 10, "t2", "is now maria@ci-412's"),
        (HELD, 960, "t1", "expired 60 s ago"),
        (BROKEN, 700, "t1", "was broken by anna@laptop: CI"),
        (plan.take(BROKEN, START + 701, OTHER), 701, "t1", "was broken by anna@laptop: CI"),
        (plan.take(HELD, START + 900, OTHER), 901, "t1", "is now otto@laptop's"),
    ],
)
def test_a_lock_that_is_not_held_cannot_be_renewed(lock: Lock | None, after: float, token: str, why: str) -> None:
    with pytest.raises(LockLost, match=why):
        plan.renew(lock, START + after, token)


def test_renewing_moves_the_expiry_only() -> None:
    renewed = plan.renew(HELD, START + 899, "t1")
    assert renewed == dataclasses.replace(
        HELD, heartbeat_at=START + 899, expires_at=START + 1799, serial=HELD.serial + 1
    )


@pytest.mark.parametrize(("lock", "token"), [(None, "t1"), (FREE, "t1"), (HELD, "t2"), (BROKEN, "t1")])
def test_only_the_holder_releases(lock: Lock | None, token: str) -> None:
    with pytest.raises(LockLost):
        plan.release(lock, START + 20, token)


def test_an_expired_lock_that_nobody_took_can_be_released() -> None:
    assert plan.release(HELD, START + 5000, "t1").state == "free"


@pytest.mark.parametrize(
    ("lock", "after", "force", "error"),
    [
        (HELD, 0, False, LockAlive),
        (HELD, 674, False, LockAlive),
        (HELD, 674, True, None),
        (HELD, 675, False, None),
        (HELD, 5000, False, None),
        (MANUAL, 0, False, None),
        (FREE, 20, True, SlipwayError),
    ],
)
def test_breaking_spares_the_living(lock: Lock, after: float, force: bool, error: type[Exception] | None) -> None:
    arguments: dict[str, Any] = {"by": "anna@laptop", "reason": " stuck ", "force": force}
    if error:
        with pytest.raises(error):
            plan.break_(lock, START + after, **arguments)
        return
    broken = plan.break_(lock, START + after, **arguments)
    assert broken.state == "free"
    breaking = broken.history[-1]
    assert (breaking.owner, breaking.token, breaking.broken_by) == (lock.owner, lock.token, "anna@laptop")
    assert (breaking.broken_reason, breaking.at) == ("stuck", START + after)


def test_breaking_needs_a_reason() -> None:
    with pytest.raises(SlipwayError, match="needs a reason"):
        plan.break_(HELD, START + 800, by="anna", reason=" \n", force=True)


def test_the_history_keeps_the_last_breakings() -> None:
    lock = HELD
    for number in range(HISTORY_LENGTH + 3):
        broken = plan.break_(lock, START + number, by="anna", reason=f"{number}", force=True)
        lock = plan.take(broken, START + number, OTHER)
    assert [item.broken_reason for item in lock.history] == [f"{number}" for number in range(3, HISTORY_LENGTH + 3)]


ADVICE = (
    ". Wait: ansible-playbook deploy.yml -e env=dev -e lock_wait=600. "
    "Break: ansible-playbook playbooks/lock.yml -e env=dev -e state=broken -e reason='why it is broken'"
)


@pytest.mark.parametrize(
    ("lock", "after", "line"),
    [
        (
            plan.renew(HELD, START + 20, "t1"),
            24,
            "dev is locked by maria@ci-412 since 21:04 (deploy 3f9c2d1), expires 21:19, alive 4 s ago" + ADVICE,
        ),
        (
            HELD,
            700,
            "dev is locked by maria@ci-412 since 21:04 (deploy 3f9c2d1), expires 21:19, "
            "no heartbeat, the last one 11 min ago" + ADVICE,
        ),
        (
            MANUAL,
            5,
            "dev is locked by maria@ci-412 since 21:04 (manual: move of the database), expires 21:19" + ADVICE,
        ),
        (
            dataclasses.replace(MANUAL, expires_at=START + 86_400),
            7200,
            "dev is locked by maria@ci-412 since 21:04 (manual: move of the database), expires 2026-11-21 21:04"
            + ADVICE,
        ),
        (HELD, 900, "dev is not locked: the lock of maria@ci-412 since 21:04 (deploy 3f9c2d1) expired at 21:19"),
        (FREE, 60, "dev is not locked (last by maria@ci-412 until 21:04)"),
        (
            BROKEN,
            800,
            "dev is not locked: anna@laptop broke the lock of maria@ci-412 since 21:04 (deploy 3f9c2d1), at 21:15: CI",
        ),
        (
            dataclasses.replace(HELD, owner="a\nb\x1b[2J", deploy="\r7", taken_at=1e300),
            0,
            f"dev is locked by a b [2J since {1e300:.0f} (deploy 7), expires 21:19, alive 0 s ago" + ADVICE,
        ),
    ],
)
def test_describes_it_in_one_line(lock: Lock, after: float, line: str) -> None:
    assert plan.describe(lock, START + after, UTC) == line
    if lock.held(START + after) and lock.taken_at < 1e11:
        with pytest.raises(LockHeld) as caught:
            plan.take(lock, START + after, OTHER)
        assert str(caught.value).count("\n") == 0
        assert str(caught.value).endswith(ADVICE)


class ManyMachines(RuleBasedStateMachine):
    """Machines with clocks of their own contend for a lock by conditional writes to one store.

    ``sure`` is what a machine believes: its token and the *boot* time until which its lock is surely its own. The
    document is the store's. A write names the serial that was read, and fails when another write came between.
    """

    TTL = 60.0

    @initialize(rates=st.lists(st.floats(-5000, 5000), min_size=3, max_size=3))
    def begin(self, rates: list[float]) -> None:
        self.time = START
        self.document: bytes | None = None
        self.offsets = rates
        self.read: dict[int, tuple[Lock | None, float]] = {}
        self.known: dict[int, Lock] = {}
        self.sure: dict[int, float] = {}
        self.tokens = {machine: f"{machine}.0" for machine in range(3)}

    def _lock(self) -> Lock | None:
        return parse(self.document, "lock") if self.document else None

    def _boot(self, machine: int) -> float:
        return self.time + self.offsets[machine]

    def _write(self, lock: Lock, expected: Lock | None) -> bool:
        held = self._lock()
        if held != expected:
            return False
        assert lock.serial == (held.serial + 1 if held else 1)
        self.document = serialise(lock)
        return True

    @rule(seconds=st.floats(0, 70))
    def time_passes(self, seconds: float) -> None:
        self.time += seconds

    @rule(machine=st.integers(0, 2))
    def look(self, machine: int) -> None:
        self.read[machine] = (self._lock(), self.time)

    @rule(machine=st.integers(0, 2))
    @precondition(lambda self: self.read)
    def take_what_was_seen(self, machine: int) -> None:
        if machine not in self.read:
            return
        seen, now = self.read.pop(machine)
        started = self._boot(machine) - (self.time - now)
        claim = dataclasses.replace(CLAIM, token=self.tokens[machine], ttl=self.TTL)
        try:
            lock = plan.take(seen, now, claim)
        except LockHeld:
            return
        if self._write(lock, seen):
            self.known[machine] = lock
            self.sure[machine] = started + lock.sure_for

    @rule(machine=st.integers(0, 2))
    def renew(self, machine: int) -> None:
        if machine not in self.known:
            return
        try:
            lock = plan.renew(self.known[machine], self.time, self.tokens[machine])
        except LockLost:
            self._lose(machine)
            return
        if self._write(lock, self.known[machine]):
            self.known[machine] = lock
            self.sure[machine] = self._boot(machine) + lock.sure_for
        else:
            self._lose(machine)

    @rule(machine=st.integers(0, 2))
    def release(self, machine: int) -> None:
        found = self._lock()
        try:
            free = plan.release(found, self.time, self.tokens[machine])
        except LockLost:
            return
        assert self._write(free, found)
        self._lose(machine)

    @rule(machine=st.integers(0, 2))
    def crash(self, machine: int) -> None:
        self._lose(machine)
        self.read.pop(machine, None)

    @rule(force=st.booleans())
    def break_it(self, force: bool) -> None:
        found = self._lock()
        if found is None or found.state != "held":
            return
        try:
            broken = plan.break_(found, self.time, by="anna", reason="stuck", force=force)
        except LockAlive:
            assert not force
            return
        assert self._write(broken, found)
        for machine, token in self.tokens.items():
            if force and token == found.token:  # who uses force answers for the time until that run notices
                self._lose(machine)

    def _lose(self, machine: int) -> None:
        self.known.pop(machine, None)
        self.sure.pop(machine, None)
        name, _dot, number = self.tokens[machine].partition(".")
        self.tokens[machine] = f"{name}.{int(number) + 1}"

    @invariant()
    def at_most_one_is_sure(self) -> None:
        if not hasattr(self, "sure"):
            return
        sure = [machine for machine, until in self.sure.items() if self._boot(machine) < until]
        assert len(sure) <= 1
        lock = self._lock()
        for machine in sure:
            assert lock is not None
            assert lock.held(self.time)
            assert lock.token == self.tokens[machine]


ManyMachines.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestManyMachines = ManyMachines.TestCase
