# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The heartbeat process: renews a lock until the run that took it ends.

It runs outside Ansible: :mod:`heartbeat` starts it and describes the job on its standard input.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..aws.client import AwsSettings, make_clients
from ..common.errors import SlipwayError
from ..state.store import Store, open_store
from .lease import Lease, attach, boottime
from .model import LockCorrupt, LockLost, parse
from .process import ProcessId, Watch, identify
from .status import LEFT, Status, fingerprint, write_status

_LOOK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Job:
    """The job of the process.

    ``held_until`` is a boot time, ``interval`` seconds between two heartbeats; ``lock`` is the document as written.
    """

    store_url: str
    settings: AwsSettings | None
    env: str
    token: str = field(repr=False)
    lock: str = field(repr=False)
    version: str
    held_until: float
    interval: float
    parent: ProcessId
    status: Path


def encode(job: Job) -> bytes:
    """The job as :func:`decode` reads it."""
    document = dataclasses.asdict(job)
    document["status"] = str(job.status)
    return json.dumps(document).encode()


def decode(body: bytes) -> Job:
    """The inverse of :func:`encode`."""
    document = json.loads(body)
    settings = document.pop("settings")
    return Job(
        settings=AwsSettings(**settings) if settings else None,
        parent=ProcessId(**document.pop("parent")),
        status=Path(document.pop("status")),
        **document,
    )


class LockRenewer:
    """Renews the lock in a separate thread, because a call to the store may hang, and maintains the status file."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._lock = parse(job.lock.encode(), "the job of the heartbeat")
        self._lease: Lease | None = None
        self._guard = threading.Lock()
        me = identify(os.getpid())
        self.status = Status(
            env=job.env,
            holder=fingerprint(job.token),
            pid=os.getpid(),
            start=me.start if me else 0,
            ttl=self._lock.ttl,
            renewed_at=boottime(),
            held_until=job.held_until,
            expires_at=self._lock.expires_at,
        )
        write_status(job.status, self.status)

    def say(self, **changes: Any) -> None:
        """Change the status and its file. A lost lock stays lost."""
        with self._guard:
            if self.status.lost and "ended" not in changes:
                return
            self.status = dataclasses.replace(self.status, **changes)
            with contextlib.suppress(OSError):  # without updates the tasks stop by themselves
                write_status(self._job.status, self.status)

    def renew_until_lost(self) -> None:
        """Renew the lock at intervals until it is lost. A failed attempt is repeated after a short pause."""
        pause = self._job.interval
        while not self.status.lost:
            _sleep_until(boottime() + pause)
            pause = self._renew()

    def _renew(self) -> float:
        """Send one heartbeat; return the seconds until the next."""
        retry = min(self._job.interval / 4, _RETRY_SECONDS) * random.uniform(0.5, 1.0)
        try:
            started = boottime()
            self._lease = (self._lease or self._open()).renewed()
            self.say(
                renewed_at=started,
                held_until=self._lease.held_until,
                expires_at=self._lease.lock.expires_at,
                trouble="",
            )
        except (LockLost, LockCorrupt) as error:
            self.say(lost=str(error))
        except SlipwayError as error:
            self.say(trouble=str(error))
            return retry
        except Exception as error:  # noqa: BLE001 - whatever it is, the lock is kept up until it expires
            self.say(trouble=f"{type(error).__name__}: {error}")
            return retry
        return max(0.0, started + self._job.interval - boottime())

    def give_back(self) -> None:
        """Release the lock of a run that ended without releasing it, if it is certainly still its own.

        Without an answer from the store it expires.
        """
        with contextlib.suppress(Exception):
            attach(self._store(), self._job.env, self._job.token).release()

    def _open(self) -> Lease:
        job = self._job
        return Lease(self._store(), job.env, job.token, self._lock, job.version, job.held_until)

    def _store(self) -> Store:
        job = self._job
        return open_store(job.store_url, make_clients(job.settings) if job.settings else _no_clients)


def watch(job: Job, renewer: LockRenewer, wake: int) -> str:
    """Wait until there is nothing more to do; return the reason.

    :param wake: a descriptor that becomes readable when a signal asks the process to stop.
    """
    parent = Watch(job.parent)
    stop = stop_file(job.status)
    while True:
        if parent.wait(_LOOK_SECONDS, wake):
            if (job.status.parent / LEFT).exists():
                # It ended by itself or by a signal, and its workers with it. After SIGKILL nothing is known: a machine
                # that lost power looks the same, and the lock expires.
                renewer.give_back()
            return "the run's main process has ended"
        if stop.exists() or _told(wake):
            return "the run was over"
        if not job.status.parent.is_dir():
            return "its directory was removed"
        if renewer.status.lost:
            return "the lock is lost"
        if boottime() >= renewer.status.held_until:
            why = renewer.status.trouble or "the state store gave no answer, or this machine slept"
            renewer.say(lost=f"the lock of {job.env} had no heartbeat for too long: {why}")


def stop_file(status: Path) -> Path:
    """The file whose existence asks the heartbeat of that status file to end."""
    return status.with_suffix(".stop")


def main() -> None:
    """Read the job, detach from the parent, and renew the lock. Never returns."""
    job = decode(sys.stdin.buffer.read())
    child = os.fork()
    if child:
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.chdir("/")
    os.umask(0o077)
    wake = _wake_on_term()
    renewer = LockRenewer(job)
    threading.Thread(target=renewer.renew_until_lost, daemon=True).start()
    renewer.say(ended=watch(job, renewer, wake))
    os._exit(0)  # not waiting for a call that hangs


def _wake_on_term() -> int:
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGTERM, lambda *_: None)
    for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_IGN)
    return reader


def _told(wake: int) -> bool:
    try:
        return bool(os.read(wake, 1))
    except BlockingIOError:
        return False


def _sleep_until(boot: float) -> None:
    # In slices, because a sleep does not count the time for which the machine is suspended.
    pause = threading.Event()
    while (left := boot - boottime()) > 0:
        pause.wait(min(left, 1.0))


def _no_clients(service: str) -> Any:
    raise SlipwayError(f"the heartbeat was given no AWS settings for {service}", "aws_region", "Set aws_region")
