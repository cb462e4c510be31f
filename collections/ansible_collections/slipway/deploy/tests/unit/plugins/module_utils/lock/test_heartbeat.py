# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The heartbeat: a real process, a real parent that is killed, and a store that goes away."""

from __future__ import annotations

import dataclasses
import os
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import heartbeat, plan
from ansible_collections.slipway.deploy.plugins.module_utils.lock.heartbeat import Guard
from ansible_collections.slipway.deploy.plugins.module_utils.lock.lease import Lease, acquire, attach, boottime, look
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import LockLost, lock_key, serialise
from ansible_collections.slipway.deploy.plugins.module_utils.lock.process import ProcessId, identify, is_running
from ansible_collections.slipway.deploy.plugins.module_utils.lock.status import Status, read_status, write_status
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store, open_store

from ..state.s3_server import LOSE, s3_client, s3_server

PATIENCE = 20.0


def eventually(what: str, condition: Callable[[], Any]) -> Any:
    """The first true answer of ``condition``; fails after long patience."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        select.select([], [], [], 0.01)
    pytest.fail(f"never happened: {what}")


@pytest.fixture
def main_process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for ansible-playbook: it waits for its standard input to close."""
    process = subprocess.Popen([sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "state"), lambda service: None)


def take(store: Store, ttl: float = 60, token: str | None = None) -> Lease:
    return acquire(store, "dev", owner="maria@ci-412", reason="", deploy="d", ttl=ttl, wait=0, token=token)


class Beating:
    """A started heartbeat."""

    def __init__(self, lease: Lease, parent: int, run_dir: Path, settings: AwsSettings | None = None) -> None:
        identity = identify(parent)
        assert identity is not None
        self.path = heartbeat.start(lease, settings, parent=identity, run_dir=run_dir, interval=0.1)
        self.guard = Guard(self.path, lease.token)
        self.process = ProcessId(self.status.pid, self.status.start)

    @property
    def status(self) -> Status:
        status = read_status(self.path)
        assert status is not None
        return status

    def ended(self) -> str:
        eventually("the heartbeat ends", lambda: not is_running(self.process))
        return self.status.ended


Start = Callable[..., Beating]


@pytest.fixture
def start(main_process: subprocess.Popen[bytes], tmp_path: Path) -> Iterator[Start]:
    started: list[Beating] = []

    def _start(lease: Lease, parent: int | None = None, settings: AwsSettings | None = None) -> Beating:
        started.append(Beating(lease, parent or main_process.pid, tmp_path / "run", settings))
        return started[-1]

    yield _start
    for beating in started:
        heartbeat.stop(beating.path)
        assert not is_running(beating.process)


def test_renews_until_it_is_stopped(store: Store, start: Start) -> None:
    lease = take(store, ttl=60)
    beating = start(lease)
    beating.guard.check()
    eventually("three heartbeats", lambda: (look(store, "dev").lock or lease.lock).serial >= lease.lock.serial + 3)
    renewed = look(store, "dev")
    assert renewed.lock is not None
    assert renewed.lock.expires_at > lease.lock.expires_at
    assert renewed.lock.alive(renewed.now)
    beating.guard.check()
    assert beating.guard.beating()
    heartbeat.stop(beating.path)
    assert beating.ended() == "the run was over"
    assert not beating.guard.beating()
    with pytest.raises(LockLost, match="has ended: the run was over"):
        beating.guard.check()
    assert attach(store, "dev", lease.token).release()


def test_ends_with_the_run_and_leaves_the_lock_to_expire(
    store: Store, start: Start, main_process: subprocess.Popen[bytes]
) -> None:
    beating = start(take(store))
    main_process.send_signal(signal.SIGKILL)  # not waited for: a zombie has ended, too
    assert beating.ended() == "the run's main process has ended"
    lock = look(store, "dev").lock
    assert lock is not None
    assert lock.state == "held"
    with pytest.raises(LockLost, match="main process has ended"):
        beating.guard.check()


def test_survives_the_worker_that_started_it(store: Store, start: Start, tmp_path: Path) -> None:
    lease = take(store)
    reader, writer = os.pipe()
    main = os.getpid()
    worker = os.fork()
    if not worker:
        try:
            os.setsid()
            os.write(writer, str(start(lease, parent=main).path).encode())
        finally:  # a copy of the tests never goes on
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(worker, 0)
    os.close(writer)
    path = Path(os.read(reader, 4096).decode())
    os.close(reader)
    try:
        guard = Guard(path, lease.token)
        guard.check()
        assert guard.beating()
    finally:
        heartbeat.stop(path)


def test_another_process_with_the_pid_is_not_the_run(store: Store, tmp_path: Path) -> None:
    me = identify(os.getpid())
    assert me is not None
    lease = take(store)
    path = heartbeat.start(lease, None, parent=ProcessId(me.pid, me.start - 1), run_dir=tmp_path / "run")
    status = eventually("its end", lambda: (s := read_status(path)) and s.ended and s)
    assert status.ended == "the run's main process has ended"


def test_a_broken_lock_is_lost_at_the_next_beat(store: Store, start: Start) -> None:
    beating = start(take(store, ttl=60))
    found = look(store, "dev")
    assert found.lock is not None
    broken = plan.break_(found.lock, found.now, by="anna@laptop", reason="stuck", force=True)
    store.write(lock_key("dev"), serialise(broken), expect=None)
    assert beating.ended() == "the lock is lost"
    with pytest.raises(LockLost, match=r"was broken by anna@laptop: stuck\. Nothing more is changed"):
        beating.guard.check()
    after = look(store, "dev").lock
    assert after == broken


def test_a_lock_taken_by_another_run_is_lost(store: Store, start: Start) -> None:
    beating = start(take(store, ttl=60))
    lock = look(store, "dev").lock
    assert lock is not None
    theirs = dataclasses.replace(lock, token="other", owner="otto@laptop", serial=99)
    store.write(lock_key("dev"), serialise(theirs), expect=None)
    beating.ended()
    with pytest.raises(LockLost, match="is now otto@laptop's"):
        beating.guard.check()


def test_a_lock_written_by_another_task_of_the_run_is_kept(store: Store, start: Start) -> None:
    lease = take(store, ttl=60)
    beating = start(lease)
    again = take(store, ttl=60, token=lease.token)
    eventually("a beat behind it", lambda: (look(store, "dev").lock or again.lock).serial > again.lock.serial)
    beating.guard.check()


def test_a_corrupt_lock_is_lost_and_left_alone(store: Store, start: Start) -> None:
    beating = start(take(store, ttl=60))
    store.write(lock_key("dev"), b"{", expect=None)
    beating.ended()
    with pytest.raises(LockLost, match="cannot be read"):
        beating.guard.check()
    stored = store.read(lock_key("dev"))
    assert stored is not None
    assert stored.body == b"{"


def test_ends_when_its_directory_is_removed(store: Store, start: Start, tmp_path: Path) -> None:
    beating = start(take(store))
    (tmp_path / "run").rename(tmp_path / "gone")
    eventually("the heartbeat ends", lambda: not is_running(beating.process))
    with pytest.raises(LockLost, match="has left no status"):
        beating.guard.check()


def test_tells_nothing_to_other_users(
    store: Store, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = AwsSettings("dev", "eu-west-1", access_key_id="AKIDSECRET", secret_access_key="SECRETSECRET")
    lease = take(store)
    beating = start(lease, settings=settings)
    proc = Path(f"/proc/{beating.process.pid}")
    for secret in (b"SECRET", lease.token.encode()):
        for place in (proc / "cmdline", proc / "environ", beating.path):
            assert secret not in place.read_bytes(), place
    assert stat.S_IMODE(beating.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(beating.path.parent.stat().st_mode) == 0o700
    assert {str((proc / "fd" / number).readlink()) for number in "012"} == {os.devnull}
    assert os.getsid(beating.process.pid) != os.getsid(0)


def test_needs_neither_ansible_nor_a_search_path(store: Store, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    beating = start(take(store))
    command = Path(f"/proc/{beating.process.pid}/cmdline").read_bytes().split(b"\0")
    assert command[1:3] == [b"-P", b"-c"]
    assert b"ansible." not in Path(f"/proc/{beating.process.pid}/maps").read_bytes()
    beating.guard.check()


def test_says_in_one_line_why_it_cannot_start(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, main_process: subprocess.Popen[bytes]
) -> None:
    parent = identify(main_process.pid)
    assert parent is not None
    lease = take(store)
    (tmp_path / "file").write_text("")
    with pytest.raises(SlipwayError, match="cannot write its status"):
        heartbeat.start(lease, None, parent=parent, run_dir=tmp_path / "file" / "run")
    monkeypatch.setattr(heartbeat, "_COLLECTIONS", tmp_path)
    with pytest.raises(SlipwayError, match="could not be started: ModuleNotFoundError") as caught:
        heartbeat.start(lease, None, parent=parent, run_dir=tmp_path / "run")
    assert "\n" not in str(caught.value)


STATUS = Status("dev", "", 1, 1, ttl=60, renewed_at=0, held_until=0, expires_at=0)


@pytest.mark.parametrize(
    ("left", "margin", "sure"), [(59, None, True), (11, None, True), (9, None, False), (9, 5, True), (-1, 0, False)]
)
def test_guard_wants_time_left(tmp_path: Path, left: float, margin: float | None, sure: bool) -> None:
    path = tmp_path / "status.json"
    holder = heartbeat.fingerprint("token")
    write_status(path, dataclasses.replace(STATUS, holder=holder, held_until=boottime() + left, trouble="no network"))
    guard = Guard(path, "token", margin)
    if sure:
        guard.check()
    else:
        with pytest.raises(LockLost, match="no heartbeat for .*: no network"):
            guard.check()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": "slipway/heartbeat/9"}', None])
def test_guard_trusts_no_broken_status(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "status.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(LockLost, match="no status"):
        Guard(path, "token").check()


def test_guard_does_not_take_another_runs_heartbeat_for_its_own(store: Store, start: Start) -> None:
    beating = start(take(store))
    with pytest.raises(LockLost, match="no status"):
        Guard(beating.path, "another token").check()


def test_guard_sees_a_killed_heartbeat_when_the_time_runs_out(store: Store, start: Start) -> None:
    lease = take(store, ttl=60)
    beating = start(lease)
    os.kill(beating.process.pid, signal.SIGKILL)
    eventually("its death", lambda: not beating.guard.beating())
    beating.guard.check()
    with pytest.raises(LockLost, match="its process was killed"):
        Guard(beating.path, lease.token, margin=61).check()
    again = start(lease)
    assert again.guard.beating()


def test_a_lock_that_cannot_be_renewed_is_lost_when_it_expires(store: Store, start: Start, tmp_path: Path) -> None:
    lease = take(store, ttl=1)
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    (tmp_path / "state").write_text("")
    beating = start(lease)
    assert beating.ended() == "the lock is lost"
    with pytest.raises(LockLost, match="had no heartbeat for too long: .*Let state_store name a directory"):
        beating.guard.check()


def test_a_failure_that_passes_does_no_harm(store: Store, start: Start, tmp_path: Path) -> None:
    lease = take(store)
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    (tmp_path / "state").write_text("")
    beating = start(lease)
    eventually("trouble", lambda: beating.status.trouble)
    beating.guard.check()
    (tmp_path / "state").unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "state")
    eventually("a heartbeat", lambda: (look(store, "dev").lock or lease.lock).serial > lease.lock.serial)
    eventually("no trouble", lambda: not beating.status.trouble)


def test_keeps_a_lock_in_s3_although_answers_are_lost(start: Start) -> None:
    with s3_server() as proxy:
        client = s3_client(proxy.url)
        client.create_bucket(Bucket="heartbeat", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        store = open_store("s3://heartbeat/team", lambda service: client)
        keys = {"access_key_id": "testtest", "secret_access_key": "testtest"}
        settings = AwsSettings("dev", "eu-west-1", endpoint_url=proxy.url, **keys)
        lease = take(store)
        proxy.faults["PUT"] = [LOSE]
        beating = start(lease, settings=settings)
        eventually("heartbeats", lambda: (look(store, "dev").lock or lease.lock).serial > lease.lock.serial + 2)
        assert not proxy.faults["PUT"]
        beating.guard.check()
        assert b"testtest" not in beating.path.read_bytes()
        heartbeat.stop(beating.path)
        assert attach(store, "dev", lease.token).release()
