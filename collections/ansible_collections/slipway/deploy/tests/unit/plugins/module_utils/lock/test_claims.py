# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that deploy themselves, and runs on the control node: never two at once, in any order of their steps."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import claims, hosts
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import acquire, look
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import LockCorrupt, LockHeld, LockLost
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict, Expected, Stored
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store

LIMIT = 100_000.0


class _MemoryStore:
    """A store whose every operation waits for its turn."""

    url = "memory"
    clock_resolution = 0.0

    def __init__(self, turn: Callable[[], None]) -> None:
        self._turn = turn
        self._data: dict[str, Stored] = {}
        self._writes = 0
        self.time = 1000.0

    def read(self, key: str) -> Stored | None:
        self._turn()
        return self._data.get(key)

    def write(self, key: str, body: bytes, *, expect: Expected) -> str:
        self._turn()
        found = self._data.get(key)
        if expect is not None and (found.version if found else ABSENT) != expect:
            raise Conflict("changed", key)
        self._writes += 1
        self._data[key] = Stored(body, str(self._writes))
        return str(self._writes)

    def keys(self, prefix: str, after: str = "", limit: int = 1000) -> list[str]:
        self._turn()
        return sorted(key for key in self._data if key.startswith(prefix) and key > after)[:limit]

    def now(self) -> float:
        self._turn()
        return self.time


class _World:
    """Actors in threads of which exactly one makes a step at a time, in an order that the test chooses."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._back = threading.Semaphore(0)
        self._go: dict[str, threading.Semaphore] = {}
        self._alive: set[str] = set()
        self.store = _MemoryStore(self.turn)
        self.inside: set[str] = set()
        self.came_in: list[str] = []
        self.broken: list[set[str]] = []

    def turn(self) -> None:
        name = self._local.name
        self._back.release()
        self._go[name].acquire()

    def start(self, name: str, act: Callable[[], None]) -> None:
        self._go[name] = threading.Semaphore(0)
        self._alive.add(name)

        def run() -> None:
            self._local.name = name
            try:
                self.turn()
                act()
            except SlipwayError:
                pass
            finally:
                self._alive.discard(name)
                self._back.release()

        threading.Thread(target=run, daemon=True).start()
        self._back.acquire()

    def critical(self, owner: str) -> None:
        self.inside.add(owner)
        self.came_in.append(owner)
        for _step in range(3):
            if len(self.inside) > 1:
                self.broken.append(set(self.inside))
            self.turn()
        self.inside.discard(owner)

    def step(self, choice: int) -> bool:
        """Let one actor make a step; whether there was one left."""
        names = sorted(self._alive)
        if not names:
            return False
        self._go[names[choice % len(names)]].release()
        self._back.acquire()
        return True

    def host(self, host: str, *owners: str) -> Callable[[], None]:
        """A host's agent: one deployment after the other. All but the last are stopped, and leave their claim."""
        clock = iter(range(10_000))

        def act() -> None:
            for owner in owners:
                with suppress(SlipwayError):
                    self.deploy(host, owner, lambda: float(next(clock)))
            hosts.give_back(self.store, "dev", host, owners[-1])

        return act

    def deploy(self, host: str, owner: str, monotonic: Callable[[], float]) -> None:
        hosts.take(
            self.store,
            "dev",
            host,
            owner,
            limit=LIMIT,
            sleep=lambda _seconds: self.turn(),
            monotonic=monotonic,
        )
        self.critical(owner)

    def controller(self) -> None:
        lease = acquire(self.store, "dev", owner="maria", reason="", deploy="", ttl=LIMIT, wait=0)
        self.critical("controller")
        lease.release()


def run(world: _World, seed: int, haste: float, most_time: float) -> None:
    """Let the actors make their steps in an order that the seed decides: ``haste`` is how often one goes on alone."""
    chance = random.Random(seed)
    choice = 0
    for _step in range(20_000):
        if chance.random() > haste:
            choice = chance.randrange(6)
        if chance.random() < 0.02:
            world.store.time += chance.uniform(0.0, most_time)
        if not world.step(choice):
            return
    pytest.fail("they wait for each other for ever")


ORDERS = {
    "seed": st.integers(0, 2**32),
    "haste": st.sampled_from([0.0, 0.5, 0.9]),
    "most_time": st.sampled_from([0, 90]),
}


@settings(max_examples=300)
@given(with_controller=st.booleans(), **ORDERS)
def test_never_two_at_once(seed: int, haste: float, most_time: float, with_controller: bool) -> None:
    world = _World()
    # Two hosts each; one of them is asked for by both deployments.
    for host, owners in (("h1", ["d-1", "d-2"]), ("h2", ["d-1"]), ("h3", ["d-2"])):
        world.start(host, world.host(host, *owners))
    if with_controller:
        world.start("controller", world.controller)
    run(world, seed, haste, most_time)
    assert world.broken == []


@settings(max_examples=100)
@given(**ORDERS)
def test_of_two_deployments_that_begin_at_once_one_gets_through(seed: int, haste: float, most_time: float) -> None:
    world = _World()
    for host, owner in (("h1", "d-1"), ("h2", "d-2")):
        world.start(owner, world.host(host, owner))
    run(world, seed, haste, 0)
    assert world.came_in


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "state"), pytest.fail)


def take(store: Store, host: str, owner: str, **given: float) -> claims.HostClaim:
    return hosts.take(store, "dev", host, owner, **{"limit": 3600.0, **given})


def test_hosts_of_one_deployment_do_not_exclude_each_other_and_events_find_their_claim_again(store: Store) -> None:
    first = take(store, "h1", "d-1")
    assert take(store, "h2", "d-1").confirmed
    assert take(store, "h1", "d-1") == first
    assert hosts.require(store, "dev", "h1", "d-1") == first


def test_another_deployment_is_refused_with_who_holds_it_and_leaves_nothing(store: Store) -> None:
    take(store, "h1", "d-1")
    with pytest.raises(LockHeld, match="dev is locked by deployment d-1 on host h1 since .*, expires"):
        take(store, "h2", "d-2")
    assert [claim.owner for claim in hosts.read_claims(store, "dev") if claim.live(store.now())] == ["d-1"]


def test_a_deployment_that_was_stopped_keeps_no_other_from_its_own_host(store: Store) -> None:
    """The agent's own rollback: it runs one deployment at a time, so the one before is over."""
    left = take(store, "h1", "d-1")
    assert take(store, "h1", "d-2").confirmed
    with pytest.raises(LockLost, match="d-1 does not hold dev on host h1"):
        hosts.require(store, "dev", "h1", "d-1")
    assert not hosts.give_back(store, "dev", "h1", "d-1")
    assert left.owner == "d-1"
    with pytest.raises(LockHeld, match="deployment d-2 on host h1"):
        take(store, "h2", "d-1")


def test_the_other_hosts_of_a_stopped_deployment_get_a_minute_to_begin_the_next(store: Store) -> None:
    take(store, "h1", "d-1")
    take(store, "h2", "d-1")
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            with pytest.raises(LockHeld):  # As long as h2 has not begun it neither gets through.
                take(store, "h3", "d-9")
            hosts.give_back(store, "dev", "h2", "d-1")

    assert hosts.take(store, "dev", "h1", "d-2", limit=60, sleep=sleep).confirmed
    assert len(pauses) >= 3
    take(store, "h4", "d-2")
    with pytest.raises(LockHeld):
        hosts.take(store, "dev", "h5", "d-3", limit=60, sleep=pytest.fail)


def test_of_the_hosts_of_one_deployment_one_migrates_and_the_others_wait(store: Store) -> None:
    take(store, "h1", "d-1")
    take(store, "h2", "d-1")
    hosts.take(store, "dev", "h1", "d-1 on h1", limit=60, what=claims.MIGRATION)
    pauses: list[float] = []
    waits: list[str] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 90:  # Longer than a minute.
            assert hosts.give_back(store, "dev", "h1", "d-1 on h1", claims.MIGRATION)

    def second(wait: float) -> claims.HostClaim:
        clock = iter(range(10_000))
        return hosts.take(
            store,
            "dev",
            "h2",
            "d-1 on h2",
            limit=60,
            wait=wait,
            what=claims.MIGRATION,
            waiting=lambda held: waits.append(held.what),
            sleep=sleep,
            monotonic=lambda: float(next(clock)),
        )

    with pytest.raises(LockHeld, match="d-1 on h1"):
        second(10)
    assert 5 < len(waits) < 90
    assert second(1200).confirmed
    assert all("d-1 on h1 on host h1" in line for line in waits)
    assert hosts.require(store, "dev", "h2", "d-1"), "the deployment's own claim is another"


def test_a_claim_ends_by_being_given_back_or_by_the_deployments_limit(store: Store) -> None:
    take(store, "h1", "d-1")
    assert hosts.give_back(store, "dev", "h1", "d-1")
    assert not hosts.give_back(store, "dev", "h1", "d-1")
    take(store, "h2", "d-2", limit=0.0)
    take(store, "h3", "d-3")
    with pytest.raises(LockLost, match="d-2 does not hold dev on host h2"):
        hosts.require(store, "dev", "h2", "d-2")


def test_the_lock_of_a_run_keeps_hosts_out_and_a_claim_keeps_runs_out(store: Store) -> None:
    lease = acquire(store, "dev", owner="maria@ci-412", reason="deploy", deploy="", ttl=60, wait=0)
    with pytest.raises(LockHeld, match="dev is locked by maria@ci-412"):
        take(store, "h1", "d-1")
    assert lease.release()
    take(store, "h1", "d-1")
    with pytest.raises(LockHeld, match="dev is locked by deployment d-1 on host h1"):
        acquire(store, "dev", owner="maria", reason="", deploy="", ttl=60, wait=0)
    lock = look(store, "dev")
    assert lock.lock is not None
    assert not lock.lock.held(lock.now)


def test_a_run_that_holds_the_lock_takes_it_again_whatever_hosts_wrote(store: Store) -> None:
    lease = acquire(store, "dev", owner="maria", reason="", deploy="", ttl=60, wait=0)
    intruder = claims.HostClaim("dev", "h1", "d-1", "held", True, 0.0, store.now() + 60, 1)
    store.write(claims.claim_key("dev", "h1"), claims.serialise(intruder), expect=ABSENT)
    again = acquire(store, "dev", owner="maria", reason="", deploy="", ttl=60, wait=0, token=lease.token)
    assert again.lock.held(store.now())


def test_hosts_with_many_records_are_all_seen(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PAGE", 3)
    for host in ("h1", "h2", "h3"):
        take(store, host, "d-1")
        for number in range(5):
            store.write(f"dev/hosts/{host}/releases/{number}.json", b"{}", expect=None)
    assert hosts.host_names(store, "dev") == ["h1", "h2", "h3"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"schema": "slipway/claim/1"}', b'{"schema": "slipway/claim/2", "owner": 1}']
)
def test_a_claim_that_cannot_be_read_is_no_free_one(store: Store, body: bytes) -> None:
    store.write(claims.claim_key("dev", "h9"), body, expect=None)
    with pytest.raises(LockCorrupt, match=r"h9/claim.json: a host's claim cannot be read"):
        take(store, "h1", "d-1")


@given(
    st.builds(
        claims.HostClaim,
        env=st.text(),
        host=st.text(),
        owner=st.text(),
        state=st.sampled_from(["held", "free"]),
        confirmed=st.booleans(),
        taken_at=st.floats(allow_nan=False, allow_infinity=False),
        expires_at=st.floats(allow_nan=False, allow_infinity=False),
        serial=st.integers(0),
    )
)
def test_what_is_written_is_read(claim: claims.HostClaim) -> None:
    assert claims.parse(claims.serialise(claim), "here") == claim
