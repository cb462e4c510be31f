# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A person's commands for a lock: show, hold, break, release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..common.command import command
from ..common.errors import SlipwayError
from ..state.model import ABSENT, Conflict
from ..state.store import Store
from . import plan
from .hosts import break_claims
from .lease import acquire, attach, look, look_at_hosts
from .model import Lock, LockCorrupt, lock_key, serialise

LONGEST_SECONDS: Final = 30 * 86_400
_DURATION: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


@dataclass(frozen=True)
class Outcome:
    """What was done, or in check mode would be, in one line, and the resulting lock."""

    changed: bool
    line: str
    lock: Lock | None


@dataclass(frozen=True)
class Person:
    """The user, and whether this is a dry run: in check mode (``dry``) nothing is written."""

    owner: str
    dry: bool = False


def parse_duration(text: str) -> float:
    """Seconds of ``14400``, ``4h``, ``1h30m`` or ``2d``.

    :raises SlipwayError: it has another form, is zero, or longer than thirty days.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    numbers = [int(number or 0) for number in match.groups()] if match else [0]
    seconds = sum(number * unit for number, unit in zip(numbers, (86_400, 3600, 60, 1), strict=False))
    if not 0 < seconds <= LONGEST_SECONDS:
        raise SlipwayError(f"{text!r} is not a time to hold a lock for", "-e lock_for", "Write e.g. 4h, 1h30m or 2d")
    return float(seconds)


def show(store: Store, env: str) -> Outcome:
    """The lock as it is.

    :raises LockCorrupt: when its document cannot be read.
    """
    found = look(store, env)
    by_hosts = look_at_hosts(store, env, found.now)
    return Outcome(False, by_hosts or _line(env, found.lock, found.now), found.lock)


def hold(store: Store, env: str, person: Person, *, reason: str, seconds: float) -> Outcome:
    """Hold the lock for a person: no deploy runs meanwhile. The user's own manual lock is extended.

    :raises SlipwayError: without a reason.
    :raises LockHeld: another person or a run holds it.
    """
    if not reason.strip():
        taken = command("lock", env, state="taken", reason="why no one may deploy meanwhile")
        raise SlipwayError("taking a lock needs a reason", None, f"Give a reason: {taken}")
    found = look(store, env)
    mine = _is_mine(found.lock, found.now, person)
    token = mine.token if mine is not None else ""
    claim = plan.Claim(env, token, person.owner, reason.strip(), "", seconds, "", 0, manual=True)
    if person.dry:
        return _would(plan.state_line(plan.take(found.lock, found.now, claim), found.now), found.lock)
    lease = acquire(
        store,
        env,
        owner=claim.owner,
        reason=claim.reason,
        deploy="",
        ttl=seconds,
        wait=0,
        token=token or None,
        manual=True,
    )
    held = plan.state_line(lease.lock, found.now)
    return Outcome(True, f"{held}. Free it: {command('lock', env, state='free')}", lease.lock)


def free(store: Store, env: str, person: Person) -> Outcome:
    """Release the user's own manual lock; without a lock nothing is done.

    :raises SlipwayError: another person or a run holds the lock.
    """
    found = look(store, env)
    if found.lock is None or not found.lock.held(found.now):
        return Outcome(False, _line(env, found.lock, found.now), found.lock)
    mine = _is_mine(found.lock, found.now, person)
    if mine is None:
        whose = "held by a run" if found.lock.owner == person.owner else f"not yours ({person.owner})"
        raise SlipwayError(
            f"{plan.state_line(found.lock, found.now)}: it is {whose}",
            None,
            f"Break it, if nobody needs it any more: {command('lock', env, state='broken', reason=plan.WHY)}",
        )
    if person.dry:
        return _would(f"{env} would be freed", found.lock)
    if not attach(store, env, mine.token).release():
        raise _changed(store, env)
    after = look(store, env)
    return Outcome(True, f"{env} is not locked any more", after.lock)


def break_lock(store: Store, env: str, person: Person, *, reason: str, force: bool) -> Outcome:
    """Break the lock; with ``force`` even if its owner is alive or the document is unreadable.

    If hosts that deploy themselves hold it, they lose their claims. It is unknown here whether they are
    alive, so that always needs ``force``.

    :raises SlipwayError: without a reason; or a host's claim is in the way, without ``force``.
    :raises LockAlive: its owner is alive.
    :raises LockCorrupt: it cannot be read.
    """
    try:
        found = look(store, env)
        lock, now, version = found.lock, found.now, found.version
        if lock is None or lock.state != "held":
            by_hosts = look_at_hosts(store, env, now)
            if by_hosts:
                return _break_claims(store, env, person, by_hosts, reason=reason, force=force)
            return Outcome(False, _line(env, lock, now), lock)
        broken = plan.break_(lock, now, by=person.owner, reason=reason, force=force)
    except LockCorrupt:
        stored = store.read(lock_key(env))
        if not force or stored is None:
            raise
        now, version = store.now(), stored.version
        broken = plan.replace_corrupt(env, now, by=person.owner, reason=reason)
    if person.dry:
        return _would(plan.state_line(broken, now), broken)
    try:
        store.write(lock_key(env), serialise(broken), expect=version or ABSENT)
    except Conflict as error:
        raise _changed(store, env) from error
    return Outcome(True, plan.state_line(broken, now), broken)


def _break_claims(store: Store, env: str, person: Person, line: str, *, reason: str, force: bool) -> Outcome:
    plan.require_reason(env, reason)
    if not force:
        forced = command("lock", env, state="broken", force="true", reason=plan.WHY)
        remedy = f"See CodeDeploy whether it runs; if it does not: {forced}"
        raise SlipwayError(f"{line}; whether that deployment still runs is not known here", None, remedy)
    if person.dry:
        return _would(f"{env} would be freed", None)
    broken = break_claims(store, env)
    whose = ", ".join(plan.one_line(f"{claim.owner} on {claim.host}") for claim in broken)
    return Outcome(True, f"{env} is not locked any more; broken: {whose}", None)


def _would(line: str, lock: Lock | None) -> Outcome:
    return Outcome(True, f"check mode, nothing was changed; otherwise {line}", lock)


def _line(env: str, lock: Lock | None, now: float) -> str:
    return plan.describe(lock, now) if lock is not None else f"{env} is not locked"


def _is_mine(lock: Lock | None, now: float, person: Person) -> Lock | None:
    return lock if lock is not None and lock.held(now) and lock.manual and lock.owner == person.owner else None


def _changed(store: Store, env: str) -> SlipwayError:
    return SlipwayError(
        "the lock was changed by someone else meanwhile", f"{store.url}/{lock_key(env)}", "Look at it again"
    )
