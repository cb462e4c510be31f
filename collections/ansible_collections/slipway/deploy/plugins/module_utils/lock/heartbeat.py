# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starts and stops the heartbeat for tasks, and checks whether the lock is certainly held.

The heartbeat is a process of its own (:mod:`heartbeat_worker`), because a lock outlives the task that took it, and
Ansible's main process, which forks all the time, must not have threads.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Final

from ..aws.client import AwsSettings
from ..common.errors import SlipwayError
from ..programs.run import run_command
from .heartbeat_worker import Job, encode, stop_file
from .lease import Lease, boottime
from .model import LockLost, serialise
from .process import ProcessId, identify, is_running, terminate
from .status import Status, fingerprint, read_status

_START_SECONDS: Final = 30.0
_COLLECTIONS: Final = Path(__file__).resolve().parents[5]

# Ansible finds collections by its own loader, so their directory need not be on sys.path; and another
# ansible_collections may be. So the package is created here.
_PROGRAM: Final = """\
import sys, types
package = types.ModuleType("ansible_collections")
package.__path__ = [sys.argv[1]]
sys.modules["ansible_collections"] = package
from ansible_collections.slipway.deploy.plugins.module_utils.lock.heartbeat_worker import main
main()
"""


def start(
    lease: Lease, settings: AwsSettings | None, *, parent: ProcessId, run_dir: Path, interval: float | None = None
) -> Path:
    """Start the process that renews the lease; return the path of its status file, for :class:`Guard` and :func:`stop`.

    It outlives the caller and ends by itself with ``parent``; the lock then expires. Starting it again for the same
    lease does no harm.

    :param settings: how to access S3; ``None`` for a store in a directory.
    :param parent: the ``ansible-playbook`` process (:func:`process.main_process`).
    :param run_dir: this run's private directory, which is created.
    :param interval: seconds between two heartbeats; by default, and at most, derived from the lock's time to live.
    :raises SlipwayError: the process does not start.
    """
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        run_dir.chmod(0o700)
        status = run_dir.absolute() / f"heartbeat-{lease.env}-{fingerprint(lease.token)}.json"
        stop_file(status).unlink(missing_ok=True)
    except OSError as error:
        raise SlipwayError(
            f"the heartbeat cannot write its status: {error.strerror}",
            str(run_dir),
            "Free space there or correct the permissions",
        ) from error
    job = Job(
        store_url=lease.store.url,
        settings=settings,
        env=lease.env,
        token=lease.token,
        lock=serialise(lease.lock).decode(),
        version=lease.version,
        held_until=lease.held_until,
        interval=min(interval or lease.lock.interval, lease.lock.interval),
        parent=parent,
        status=status,
    )
    pid = _launch(encode(job))
    _wait_for_news(status, pid)
    return status


def stop(status_path: Path, timeout: float = 5.0) -> None:
    """End the heartbeat, if it still runs; the lock stays as it is. Waits up to ``timeout`` seconds."""
    status = read_status(status_path)
    if status is None:
        return
    process = ProcessId(status.pid, status.start)
    with contextlib.suppress(OSError):  # SIGTERM does as well
        stop_file(status_path).touch(mode=0o600)
    terminate(process)
    deadline = time.monotonic() + timeout
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(0.01)


class Guard:
    """Checks before every change that this run certainly still holds the lock.

    :param margin: seconds for which it must be held: the time from the check to the effect of a change.
        By default a sixth of the time to live.
    """

    def __init__(self, status_path: Path, token: str, margin: float | None = None) -> None:
        self._path = status_path
        self._holder = fingerprint(token)
        self._margin = margin

    def check(self) -> None:
        """Return if the lock is certainly held for another ``margin`` seconds.

        :raises LockLost: otherwise, with what happened to it.
        """
        status = self._status()
        if status.lost:
            raise _lost(status.lost)
        if status.ended:
            raise _lost(f"the heartbeat of the lock has ended: {status.ended}")
        margin = status.ttl / 6 if self._margin is None else self._margin
        if boottime() + margin > status.held_until:
            silent = boottime() - status.renewed_at
            why = status.trouble or ("no answer from the state store" if self.beating() else "its process was killed")
            raise _lost(f"the lock of {status.env} has had no heartbeat for {silent:.0f} s: {why}")

    def beating(self) -> bool:
        """Whether the heartbeat's process runs; if not, :func:`start` may start another before the lock expires."""
        status = self._status()
        return not status.ended and is_running(ProcessId(status.pid, status.start))

    def _status(self) -> Status:
        status = read_status(self._path)
        if status is None or status.holder != self._holder:
            raise _lost(f"the heartbeat of the lock has left no status in {self._path}")
        return status


def _lost(what: str) -> LockLost:
    return LockLost(
        what, None, "Nothing more is changed by this run; the next one finds its record and goes on from it"
    )


def _launch(job: bytes) -> int:
    try:
        argv = [sys.executable, "-P", "-c", _PROGRAM, str(_COLLECTIONS)]
        done = run_command(argv, _START_SECONDS, os.environ, stdin=job)
        if done.late:
            raise _not_started(f"it did not start within {_START_SECONDS:g} s")
        if done.code:
            raise _not_started((done.errors.strip().splitlines() or [f"exit code {done.code}"])[-1])
        return int(done.output)
    except (OSError, ValueError) as error:
        raise _not_started(str(error)) from error


def _wait_for_news(path: Path, pid: int) -> None:
    """Wait until the new process has written its status, which it does first of all."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        status = read_status(path)
        if status is not None and status.pid == pid:
            return
        if identify(pid) is None:
            break
        time.sleep(0.005)
    raise _not_started("it ended without a message; check the free space and the permissions of its directory")


def _not_started(why: str) -> SlipwayError:
    return SlipwayError(
        f"the heartbeat of the lock could not be started: {why}", None, f"Try {sys.executable} -c 'import botocore'"
    )
