# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking and giving back a lock in real stores, by threads, processes and runs that wait."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.lock import plan
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import (
    Lease,
    WaitCancelled,
    acquire,
    attach,
    boottime,
    look,
)
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import (
    LockCorrupt,
    LockHeld,
    LockLost,
    lock_key,
    serialise,
)
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import StoreUnreachable
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store

from ..state.s3_server import LOSE, Proxy, s3_client, s3_server

_CONTENDER = """
import sys
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import acquire
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import open_store
store = open_store(sys.argv[1] + "/state", lambda service: None)
sys.stdin.readline()
for _ in range(10):
    lease = acquire(store, "dev", owner="x", reason="", deploy="", ttl=600, wait=60, poll=0.002)
    with open(sys.argv[1] + "/alone", "x"):
        pass
    import os
    os.unlink(sys.argv[1] + "/alone")
    assert lease.release()
"""


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    with s3_server() as server:
        s3_client(server.url).create_bucket(
            Bucket="lease", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield server


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "directory":
        yield open_store(str(tmp_path / "state"), lambda service: None)
        return
    proxy: Proxy = request.getfixturevalue("proxy")
    client = s3_client(proxy.url)
    yield open_store(f"s3://lease/{tmp_path.name}", lambda service: client)
    proxy.faults.clear()
    proxy.down.clear()


def take(store: Store, owner: str = "maria@ci-412", **options: object) -> Lease:
    arguments = {"reason": "", "deploy": "", "ttl": 600.0, "wait": 0.0, "poll": 0.01, **options}
    return acquire(store, "dev", owner=owner, **arguments)  # type: ignore[arg-type]  # any option of acquire()


def test_the_second_is_told_about_the_first(store: Store) -> None:
    lease = take(store, deploy="2026-11-20T21-04-11Z-3f9c2d1")
    with pytest.raises(LockHeld, match=r"^dev is locked by maria@ci-412 since .* \(deploy 3f9c2d1\), expires .*Wait: "):
        take(store, "otto@laptop")
    assert lease.release()
    second = take(store, "otto@laptop")
    assert second.previous is not None
    assert (second.previous.owner, second.previous.state) == ("maria@ci-412", "free")


def test_environments_do_not_hinder_each_other(store: Store) -> None:
    take(store)
    acquire(store, "prod", owner="otto", reason="", deploy="", ttl=60, wait=0)


def test_the_holder_may_take_it_again(store: Store) -> None:
    lease = take(store, ttl=60)
    again = take(store, token=lease.token, ttl=600)
    assert again.lock.expires_at > lease.lock.expires_at
    assert attach(store, "dev", lease.token).version == again.version


def test_nobody_elses_lock_is_released(store: Store) -> None:
    lease = take(store)
    assert lease.release()
    theirs = take(store, "otto@laptop")
    assert not lease.release()
    assert look(store, "dev").version == theirs.version
    with pytest.raises(LockLost, match="is now otto@laptop's"):
        attach(store, "dev", lease.token)
    with pytest.raises(LockLost):
        lease.renewed()


def test_a_release_meets_a_heartbeat(store: Store) -> None:
    lease = take(store)
    lease.renewed()
    assert lease.release()


def test_a_renewed_lease_lasts_longer(store: Store) -> None:
    lease = take(store)
    renewed = lease.renewed()
    assert renewed.held_until > lease.held_until
    assert renewed.held_until <= boottime() + renewed.lock.ttl
    assert look(store, "dev").lock == renewed.lock


def test_an_expired_lock_is_taken_over_and_remembered(store: Store) -> None:
    lease = take(store)
    expired = dataclasses.replace(lease.lock, expires_at=store.now() - 1)
    store.write(lock_key("dev"), serialise(expired), expect=lease.version)
    second = take(store, "otto@laptop")
    assert second.previous == expired
    with pytest.raises(LockLost):
        lease.renewed()


def test_waits_until_the_holder_is_done(store: Store) -> None:
    lease = take(store)
    lines: list[str] = []
    waiting = threading.Event()

    def on_wait(line: str) -> None:
        lines.append(line)
        waiting.set()

    def release() -> None:
        waiting.wait()
        lease.release()

    thread = threading.Thread(target=release)
    thread.start()
    second = take(store, "otto@laptop", wait=60.0, on_wait=on_wait)
    thread.join()
    assert second.lock.owner == "otto@laptop"
    assert lines[0].startswith("dev is locked by maria@ci-412 since ")
    assert "Wait:" not in lines[0]


def test_waits_no_longer_than_told(store: Store) -> None:
    take(store)
    with pytest.raises(LockHeld):
        take(store, "otto@laptop", wait=0.05)


def test_stops_waiting_when_told(store: Store) -> None:
    take(store)
    answers = iter([False, True])
    with pytest.raises(WaitCancelled):
        take(store, "otto@laptop", wait=600.0, poll=600.0, cancelled=lambda: next(answers))


def test_one_of_many_gets_it(store: Store) -> None:
    start = threading.Barrier(4)
    won: list[str] = []

    def attempt(owner: str) -> None:
        start.wait()
        with contextlib.suppress(LockHeld):
            won.append(take(store, owner).lock.owner)

    threads = [threading.Thread(target=attempt, args=(f"owner-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lock = look(store, "dev").lock
    assert lock is not None
    assert won == [lock.owner]


@pytest.mark.parametrize("body", [b"", b"{", b'{"schema": "slipway/lock/2"}'])
def test_a_corrupt_lock_is_never_overwritten(store: Store, body: bytes) -> None:
    lease = take(store)
    version = store.write(lock_key("dev"), body, expect=lease.version)
    for call in (
        lambda: take(store, wait=60.0),
        lambda: attach(store, "dev", lease.token),
        lease.release,
        lease.renewed,
    ):
        with pytest.raises(LockCorrupt, match="dev/lock.json: the lock cannot be read"):
            call()
    stored = store.read(lock_key("dev"))
    assert stored is not None
    assert stored.version == version


def test_a_lost_answer_is_no_lost_lock(store: Store, request: pytest.FixtureRequest) -> None:
    if "s3" in request.node.callspec.params.values():
        request.getfixturevalue("proxy").faults["PUT"] = [LOSE]
    lease = take(store)
    assert look(store, "dev").lock == lease.lock


def test_an_unreachable_store_is_one_line(store: Store, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if "s3" in request.node.callspec.params.values():
        request.getfixturevalue("proxy").down.set()
    else:
        (tmp_path / "state").write_text("")
    with pytest.raises(StoreUnreachable) as caught:
        take(store, wait=60.0)
    assert "\n" not in str(caught.value)
    assert "dev/lock.json" in str(caught.value) or str(tmp_path) in str(caught.value)


def test_breaking_is_seen_by_the_holder(store: Store) -> None:
    lease = take(store)
    broken = plan.break_(lease.lock, store.now(), by="anna@laptop", reason="stuck", force=True)
    store.write(lock_key("dev"), serialise(broken), expect=lease.version)
    with pytest.raises(LockLost, match="broken by anna@laptop: stuck"):
        lease.renewed()
    assert not lease.release()


def test_the_token_stays_out_of_what_is_printed(store: Store) -> None:
    lease = take(store)
    assert lease.token not in repr(lease)


def test_processes_are_alone_with_the_lock(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _CONTENDER, str(tmp_path)]
    contenders = [subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) for _contender in range(2)]
    for contender in contenders:
        assert contender.stdin is not None
        contender.stdin.close()
    assert [contender.wait() for contender in contenders] == [0, 0]
    lock = look(open_store(str(tmp_path / "state"), lambda service: None), "dev").lock
    assert lock is not None
    assert (lock.state, lock.serial) == ("free", 40)


def test_the_lock_shows_the_process_that_lives_as_long_as_it_is_needed(tmp_path: Path) -> None:
    """Each task of a run is a process of its own, which has ended when somebody reads the lock."""
    store = open_store(str(tmp_path / "state"), lambda service: None)

    def take(pid: int | None) -> int:
        return acquire(store, "dev", owner="x", reason="", deploy="", ttl=60, wait=0, token="t", pid=pid).lock.pid

    assert take(None) == os.getpid()
    assert take(4711) == 4711
    assert take(None) == 4711
