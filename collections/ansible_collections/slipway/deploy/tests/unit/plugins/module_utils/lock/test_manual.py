# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person does with a lock: each state asked for, in earnest and in check mode."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import hosts
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import Lease, acquire, look
from ansible_collections.slipway.deploy.plugins.module_utils.lock.manual import (
    Outcome,
    Person,
    break_lock,
    free,
    hold,
    parse_duration,
    show,
)
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import (
    LockAlive,
    LockCorrupt,
    LockHeld,
    LockLost,
    lock_key,
    parse,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store

MARIA = Person("maria@laptop")
OTTO = Person("otto@laptop")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path), lambda service: None)


def run(store: Store, owner: str = "maria@laptop") -> Lease:
    return acquire(store, "dev", owner=owner, reason="deploy", deploy="", ttl=120, wait=0)


def stale(store: Store, lease: Lease, age: float) -> None:
    """Let the lease's last heartbeat be that old."""
    at = lease.lock.heartbeat_at
    assert at is not None
    lock = dataclasses.replace(
        lease.lock, heartbeat_at=at - age, expires_at=lease.lock.expires_at - age, taken_at=at - age
    )
    store.write(lock_key("dev"), serialise(lock), expect=lease.version)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("14400", 14400), ("4h", 14400), (" 1H30m ", 5400), ("2d", 172_800), ("90m", 5400), ("1d1h1m1s", 90_061)],
)
def test_reads_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "4 h", "1.5h", "h", "31d", "9" * 400, "30m1h"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(SlipwayError, match="Write e.g. 4h"):
        parse_duration(text)


def test_an_environment_that_was_never_locked(store: Store) -> None:
    for outcome in (show(store, "dev"), free(store, "dev", MARIA), break_(store)):
        assert outcome == Outcome(False, "dev is not locked", None)


def break_(store: Store, person: Person = OTTO, reason: str = "stuck", force: bool = False) -> Outcome:
    return break_lock(store, "dev", person, reason=reason, force=force)


def test_a_person_holds_prolongs_and_frees(store: Store) -> None:
    taken = hold(store, "dev", MARIA, reason="moving", seconds=3600)
    assert taken.changed
    assert taken.line.startswith("dev is locked by maria@laptop since ")
    assert "(manual: moving)" in taken.line
    assert taken.line.endswith("Free it: ansible-playbook playbooks/lock.yml -e env=dev -e state=free")
    with pytest.raises(LockHeld, match=r"manual: moving"):
        run(store, "otto@laptop")
    longer = hold(store, "dev", MARIA, reason="still moving", seconds=7200)
    assert longer.lock is not None
    assert taken.lock is not None
    assert longer.lock.expires_at > taken.lock.expires_at
    assert longer.lock.taken_at == taken.lock.taken_at
    assert show(store, "dev").lock == longer.lock
    with pytest.raises(SlipwayError, match=r"not yours \(otto@laptop\). Break it"):
        free(store, "dev", OTTO)
    assert free(store, "dev", MARIA).line == "dev is not locked any more"
    assert not free(store, "dev", MARIA).changed
    run(store, "otto@laptop")


def test_a_person_does_not_take_or_free_what_a_run_holds(store: Store) -> None:
    run(store)
    with pytest.raises(LockHeld):
        hold(store, "dev", MARIA, reason="moving", seconds=3600)
    with pytest.raises(SlipwayError, match="held by a run. Break it"):
        free(store, "dev", MARIA)


def test_a_living_run_is_broken_by_force_only(store: Store) -> None:
    lease = run(store)
    with pytest.raises(LockAlive, match="sent a heartbeat 0 s ago .*-e force=true"):
        break_(store)
    outcome = break_(store, force=True)
    assert outcome.changed
    assert "otto@laptop broke the lock of maria@laptop" in outcome.line
    assert not lease.release()


def test_a_silent_run_and_a_manual_lock_are_broken_for_a_reason(store: Store) -> None:
    stale(store, run(store), 100)
    with pytest.raises(SlipwayError, match="needs a reason"):
        break_(store, reason="")
    assert break_(store).changed
    hold(store, "dev", MARIA, reason="moving", seconds=3600)
    broken = break_(store)
    assert broken.changed
    assert broken.lock is not None
    assert [item.broken_by for item in broken.lock.history] == ["otto@laptop", "otto@laptop"]
    assert not break_(store).changed


def test_a_reason_is_asked_for(store: Store) -> None:
    with pytest.raises(SlipwayError, match="needs a reason"):
        hold(store, "dev", MARIA, reason=" ", seconds=60)


def test_a_corrupt_lock_is_replaced_by_force_only(store: Store) -> None:
    store.write(lock_key("dev"), b"{", expect=None)
    attempts: list[Callable[[], Outcome]] = [
        lambda: show(store, "dev"),
        lambda: free(store, "dev", MARIA),
        lambda: hold(store, "dev", MARIA, reason="moving", seconds=60),
        lambda: break_(store),
    ]
    for attempt in attempts:
        with pytest.raises(LockCorrupt, match="force=true"):
            attempt()
    with pytest.raises(SlipwayError, match="needs a reason"):
        break_(store, force=True, reason="")
    assert break_lock(store, "dev", Person("otto", dry=True), reason="torn", force=True).changed
    stored = store.read(lock_key("dev"))
    assert stored is not None
    assert stored.body == b"{"
    assert break_(store, force=True).changed
    stored = store.read(lock_key("dev"))
    assert stored is not None
    assert parse(stored.body, "lock").history[-1].broken_reason == "stuck"
    run(store)


def test_check_mode_says_it_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    dry = dataclasses.replace(MARIA, dry=True)
    would = hold(store, "dev", dry, reason="moving", seconds=3600)
    assert would.changed
    assert would.line.startswith("check mode, nothing was changed; otherwise dev is locked by maria@laptop")
    assert store.keys("") == []
    hold(store, "dev", MARIA, reason="moving", seconds=3600)
    before = look(store, "dev").version
    assert free(store, "dev", dry).line == "check mode, nothing was changed; otherwise dev would be freed"
    assert break_lock(store, "dev", dry, reason="stuck", force=False).changed
    assert look(store, "dev").version == before
    with pytest.raises(LockHeld):
        hold(store, "dev", dataclasses.replace(OTTO, dry=True), reason="moving", seconds=60)


def test_a_deployment_of_hosts_that_deploy_themselves_is_shown(store: Store) -> None:
    hosts.take(store, "dev", "i-0a1b", "d-ABCDEF", limit=3600.0)
    assert show(store, "dev").line.startswith("dev is locked by deployment d-ABCDEF on host i-0a1b since ")


def test_a_deployment_of_hosts_is_broken_by_force_only(store: Store) -> None:
    hosts.take(store, "dev", "i-0a1b", "d-ABCDEF", limit=3600.0)
    hosts.take(store, "dev", "i-0c2d", "d-ABCDEF", limit=3600.0)
    with pytest.raises(SlipwayError, match="needs a reason"):
        break_lock(store, "dev", MARIA, reason=" ", force=True)
    with pytest.raises(SlipwayError, match="whether that deployment still runs is not known"):
        break_lock(store, "dev", MARIA, reason="the agent died", force=False)
    dry = break_lock(store, "dev", dataclasses.replace(MARIA, dry=True), reason="the agent died", force=True)
    assert (dry.changed, "check mode" in dry.line) == (True, True)
    hosts.require(store, "dev", "i-0a1b", "d-ABCDEF")

    broken = break_lock(store, "dev", MARIA, reason="the agent died", force=True)
    assert broken.line == "dev is not locked any more; broken: d-ABCDEF on i-0a1b, d-ABCDEF on i-0c2d"
    for host in ("i-0a1b", "i-0c2d"):
        with pytest.raises(LockLost):
            hosts.require(store, "dev", host, "d-ABCDEF")
    run(store)
