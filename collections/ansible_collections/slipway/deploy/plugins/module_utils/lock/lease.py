# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking and giving back an environment's lock in the state store."""

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
    """The person stopped waiting for the lock."""


def boottime() -> float:
    """Seconds since boot, time asleep included: a suspended machine's lock expires all the same."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class Found:
    """A lock as it was read, the version to name when replacing it, and the store's time after reading it."""

    lock: Lock | None
    version: str | None
    now: float


@dataclass(frozen=True)
class Lease:
    """A lock in this run's hands.

    ``version`` is the store's version of ``lock``. ``held_until`` is the boot time (:func:`boottime`) up to which,
    without another heartbeat, nobody can take the lock or break it without force. ``previous`` is what was found when
    it was taken: an expired lock of someone else's there means that their run did not end properly.
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

        :raises LockLost: when the lock expired, was broken or is someone else's.
        :raises StoreUnreachable: when the store gives no answer; the lock is still this run's until ``held_until``.
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
        """Free the lock; whether it was still this run's. Nobody else's lock is ever touched.

        :raises StoreUnreachable: when the store gives no answer; the lock then ends by expiring.
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
    """The lock as it is now.

    :raises LockCorrupt: when its document cannot be read.
    """
    stored = store.read(lock_key(env))
    lock = parse(stored.body, f"{store.url}/{lock_key(env)}") if stored else None
    return Found(lock, stored.version if stored else None, store.now())


def look_at_hosts(store: Store, env: str, now: float) -> str | None:
    """Which deployment of hosts that deploy themselves keeps others out, in one line; ``None`` when none does.

    :param now: the store's time.
    :raises LockCorrupt: when a host's claim cannot be read.
    """
    claim = claims.excluding(read_claims(store, env), now)
    return claims.describe(claim, now) if claim is not None else None


def attach(store: Store, env: str, token: str) -> Lease:
    """The lease of a lock that an earlier task of this run took.

    :raises LockLost: when it is not held with that token any more.
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
    :param token: of a lock that this run already holds or held; taking it again is then no conflict.
    :param pid: of the process that lives as long as the lock is needed, to be shown; without it the one that took the
        lock with this token stays, or it is this process.
    :param manual: nobody will renew it (a person's lock).
    :param on_wait: told the line about the holder before each pause.
    :param cancelled: asked during the pauses; when true the wait ends with :class:`WaitCancelled`.
    :param poll: seconds between two looks, before jitter.
    :raises LockHeld: when someone else holds it until the wait is over; its text is the line for the person.
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
        except Conflict:  # someone was faster: look again who
            races += 1
        except LockHeld as held:
            if time.monotonic() >= deadline:
                raise
            if on_wait is not None:
                on_wait(held.what)
            _pause(min(poll * random.uniform(0.5, 1.5), deadline - time.monotonic()), cancelled)
    raise _contended(store, env)


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
    """Give a lock back that was taken while hosts deploy by themselves. A host looks at the lock as well."""
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
