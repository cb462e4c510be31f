# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes and releases an environment's lock in the state store."""

from __future__ import annotations

import os
import random
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..common.errors import SlipwayError
from ..state.model import ABSENT, Conflict
from ..state.store import Store
from . import claims, plan
from .hosts import read_claims
from .model import Lock, LockHeld, LockLost, lock_key, parse, serialise

POLL_SECONDS = 3.0
_SLICE_SECONDS = 0.2
_RACES = 20


class WaitCancelled(SlipwayError):
    """The user stopped waiting for the lock."""


def boottime() -> float:
    """Seconds since boot, including suspended time: a suspended machine's lock expires all the same."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Found:
    """A lock as read, its version for a conditional write, and the store's time after reading it."""

    lock: Lock | None
    version: str | None
    now: float


@dataclass(frozen=True)
class Lease:
    """A lock that this run holds.

    ``version`` is the store's version of ``lock``. ``held_until`` is the boot time (:func:`boottime`) up to which,
    without another heartbeat, no one can take the lock or break it without force. ``previous`` is the lock found when
    it was taken: an expired lock of another owner means that their run did not end properly.
    """

    store: Store = field(repr=False)
    env: str
    token: str = field(repr=False)
    lock: Lock
    version: str
    held_until: float
    previous: Lock | None = None

    def renewed(self) -> Lease:
        """The lease after a heartbeat.

        :raises LockLost: the lock expired, was broken or is another owner's.
        :raises StoreUnreachable: the store does not answer; the lock is still this run's until ``held_until``.
        """
        lock, version = self.lock, self.version
        for _race in range(_RACES):
            started = boottime()
            lock = plan.renew(lock, self.store.now(), self.token)
            try:
                version = self.store.write(lock_key(self.env), serialise(lock), expect=version)
            except Conflict:  # taken away, or written by another task of this run
                found = look(self.store, self.env)
                lock, version = plan.require_mine(found.lock, found.now, self.token), found.version or ""
                continue
            held_until = started + lock.sure_for - self.store.clock_resolution
            return replace(self, lock=lock, version=version, held_until=held_until)
        raise _contended(self.store, self.env)

    def release(self) -> bool:
        """Release the lock; return whether it was still this run's. Another owner's lock is not changed.

        :raises StoreUnreachable: the store does not answer; then the lock expires.
        """
        for _race in range(_RACES):
            found = look(self.store, self.env)
            try:
                free = plan.release(found.lock, found.now, self.token)
                self.store.write(lock_key(self.env), serialise(free), expect=found.version or ABSENT)
            except LockLost:
                return False
            except Conflict:  # the last heartbeat was still on its way
                continue
            return True
        raise _contended(self.store, self.env)


def look(store: Store, env: str) -> Found:
    """Read the current lock.

    :raises LockCorrupt: its document cannot be read.
    """
    stored = store.read(lock_key(env))
    lock = parse(stored.body, f"{store.url}/{lock_key(env)}") if stored else None
    return Found(lock, stored.version if stored else None, store.now())


def look_at_hosts(store: Store, env: str, now: float) -> str | None:
    """The deployment of self-deploying hosts that excludes others, in one line, or ``None``.

    :param now: the store's time.
    :raises LockCorrupt: a host's claim cannot be read.
    """
    claim = claims.excluding(read_claims(store, env), now)
    return claims.describe(claim, now) if claim is not None else None


def attach(store: Store, env: str, token: str) -> Lease:
    """The lease of a lock that an earlier task of this run took.

    :raises LockLost: it is no longer held with that token.
    """
    started = boottime()
    found = look(store, env)
    lock = plan.require_mine(found.lock, found.now, token)
    age = found.now - (lock.expires_at - lock.ttl)
    held_until = started + lock.sure_for - age - store.clock_resolution
    return Lease(store, env, token, lock, found.version or "", held_until)


def acquire(
    store: Store,
    env: str,
    *,
    owner: str,
    reason: str,
    deploy: str,
    ttl: float,
    wait: float,
    token: str | None = None,
    pid: int | None = None,
    manual: bool = False,
    on_wait: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    poll: float = POLL_SECONDS,
) -> Lease:
    """Take the lock of an environment, waiting up to ``wait`` seconds for its holder.

    :param ttl: seconds until it expires when no heartbeat renews it.
    :param token: of a lock that this run already holds or held; taking it again is not a conflict.
    :param pid: of the process that runs as long as the lock is needed, for display; by default the one that took the
        lock with this token, or this process.
    :param manual: a person's lock, which is not renewed.
    :param on_wait: called with the line about the holder before each pause.
    :param cancelled: polled during the pauses; if true the wait ends with :class:`WaitCancelled`.
    :param poll: seconds between two reads, before jitter.
    :raises LockHeld: another owner holds it until the wait is over; its text is the message.
    """
    claim = plan.Claim(
        env=env,
        token=token or secrets.token_hex(16),
        owner=owner,
        reason=reason,
        deploy=deploy,
        ttl=ttl,
        host=socket.gethostname(),
        pid=os.getpid() if pid is None else pid,
        manual=manual,
    )
    deadline = time.monotonic() + wait
    races = 0
    while races < _RACES:
        try:
            return _take(store, claim, keep_pid=pid is None)
        except Conflict:  # another run was faster: read the new holder
            races += 1
        except LockHeld as held:
            _wait_for(held, deadline, poll, on_wait, cancelled)
    raise _contended(store, env)


def _wait_for(
    held: LockHeld, deadline: float, poll: float, on_wait: Callable[[str], None] | None, cancelled: Callable[[], bool]
) -> None:
    """Wait a moment for the holder of the lock; raise what says who it is when the time is over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise held
    if on_wait is not None:
        on_wait(held.what)
    _pause(min(poll * random.uniform(0.5, 1.5), left), cancelled)


def _take(store: Store, claim: plan.Claim, keep_pid: bool) -> Lease:
    started = boottime()
    found = look(store, claim.env)
    if keep_pid and found.lock is not None and found.lock.token == claim.token and found.lock.pid:
        claim = replace(claim, pid=found.lock.pid)
    lock = plan.take(found.lock, found.now, claim)
    version = store.write(lock_key(claim.env), serialise(lock), expect=found.version or ABSENT)
    held_until = started + lock.sure_for - store.clock_resolution
    lease = Lease(store, claim.env, claim.token, lock, version, held_until, found.lock)
    if found.lock is None or found.lock.token != claim.token or not found.lock.held(found.now):
        _give_way_to_hosts(lease)
    return lease


def _give_way_to_hosts(lease: Lease) -> None:
    """Release a lock that was taken while hosts deploy themselves. A host reads the lock as well."""
    try:
        claim = claims.excluding(read_claims(lease.store, lease.env), lease.store.now())
    except BaseException:
        lease.release()
        raise
    if claim is not None:
        lease.release()
        raise claims.held_by_host(claim, lease.store.now())


def _contended(store: Store, env: str) -> SlipwayError:
    return SlipwayError(
        "the lock changes faster than it can be read", f"{store.url}/{lock_key(env)}", "Run it again in a moment"
    )


def _pause(seconds: float, cancelled: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not cancelled():
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, _SLICE_SECONDS))
    raise WaitCancelled("stopped waiting for the lock", None, "Nothing was changed")
