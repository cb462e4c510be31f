# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The transitions of a lock: pure functions from a document and the store's time to the next document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Final

from ..common.command import command, waiting
from ..common.errors import SlipwayError
from ..common.neutral import neutral_line
from .model import FREE, HELD, HISTORY_LENGTH, Breaking, Lock, LockAlive, LockHeld, LockLost

_RECORD_ID: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-(.+)")
WHY: Final = "why it is broken"
"""What stands for the reason in a command that breaks a lock."""


@dataclass(frozen=True)
class Claim:
    """Who requests the lock, and its purpose. ``ttl`` is seconds; ``manual`` means that it is not renewed."""

    env: str
    token: str = field(repr=False)
    owner: str
    reason: str
    deploy: str
    ttl: float
    host: str
    pid: int
    manual: bool = False


def can_take(lock: Lock | None, now: float, token: str) -> bool:
    """Whether the lock is free, expired or already this token's."""
    return lock is None or not lock.held(now) or lock.token == token


def take(lock: Lock | None, now: float, claim: Claim) -> Lock:
    """The lock, held by the claimant. Taking it again with the same token keeps its first time.

    :raises LockHeld: with the line for the person who waits.
    """
    if lock is not None and not can_take(lock, now, claim.token):
        raise LockHeld(state_line(lock, now), None, _wait_or_break(lock.env))
    again = lock is not None and lock.state == HELD and lock.token == claim.token
    return Lock(
        env=claim.env,
        state=HELD,
        token=claim.token,
        owner=claim.owner,
        reason=claim.reason,
        deploy=claim.deploy,
        taken_at=lock.taken_at if lock is not None and again else now,
        expires_at=now + claim.ttl,
        heartbeat_at=None if claim.manual else now,
        ttl=claim.ttl,
        host=claim.host,
        pid=claim.pid,
        serial=lock.serial + 1 if lock is not None else 1,
        history=lock.history if lock is not None else (),
    )


def renew(lock: Lock | None, now: float, token: str) -> Lock:
    """The lock with a current heartbeat and a new expiry.

    :raises LockLost: it is free, expired or another owner's.
    """
    mine = require_mine(lock, now, token)
    return replace(mine, heartbeat_at=now, expires_at=now + mine.ttl, serial=mine.serial + 1)


def require_mine(lock: Lock | None, now: float, token: str) -> Lock:
    """The lock itself, if it is held with that token.

    :raises LockLost: it is not, and what happened to it.
    """
    if lock is None:
        raise LockLost("the lock is gone from the state store")
    if lock.state == HELD and lock.token == token:
        if lock.held(now):
            return lock
        raise LockLost(f"the lock of {lock.env} expired {_ago(now - lock.expires_at)}")
    breaking = next((item for item in reversed(lock.history) if item.token == token), None)
    if breaking is not None:
        raise LockLost(
            f"the lock of {lock.env} was broken by {one_line(breaking.broken_by)}: {one_line(breaking.broken_reason)}"
        )
    if lock.state == HELD:
        raise LockLost(f"the lock of {lock.env} is now {one_line(lock.owner)}'s")
    raise LockLost(f"the lock of {lock.env} was released")


def release(lock: Lock | None, now: float, token: str) -> Lock:
    """The lock, released. An expired one may be released too if it was not taken since.

    :raises LockLost: it is not held with that token.
    """
    if lock is not None and lock.state == HELD and lock.token == token:
        return replace(lock, state=FREE, expires_at=min(lock.expires_at, now), serial=lock.serial + 1)
    require_mine(lock, now, token)
    raise AssertionError("require_mine() let a lock pass that is not held")


def require_reason(env: str, reason: str) -> None:
    """Refuse to break a lock without a reason.

    :raises SlipwayError: there is none.
    """
    if not reason.strip():
        remedy = f"Give a reason: {command('lock', env, state='broken', reason=WHY)}"
        raise SlipwayError("breaking a lock needs a reason", None, remedy)


def break_(lock: Lock, now: float, *, by: str, reason: str, force: bool = False) -> Lock:
    """The lock, broken, with the breaking in its history.

    :raises SlipwayError: without a reason, or it is not held.
    :raises LockAlive: the owner sent a heartbeat within the last intervals, unless ``force``.
    """
    require_reason(lock.env, reason)
    if lock.state != HELD:
        raise SlipwayError(f"the lock of {lock.env} is not held", None, "There is nothing to break")
    if lock.alive(now) and not force:
        raise LockAlive(
            f"the lock of {lock.env} is in use: {one_line(lock.owner)} sent a heartbeat "
            f"{_ago(now - (lock.heartbeat_at or now))} (process {lock.pid} on {one_line(lock.host)})",
            None,
            f"Stop that run first; if it cannot be running, repeat in {_span(lock.sure_for)}, or: "
            + command("lock", lock.env, state="broken", force="true", reason=WHY),
        )
    breaking = Breaking(owner=lock.owner, token=lock.token, broken_by=by, broken_reason=reason.strip(), at=now)
    history = (*lock.history, breaking)[-HISTORY_LENGTH:]
    return replace(lock, state=FREE, expires_at=min(lock.expires_at, now), serial=lock.serial + 1, history=history)


def replace_corrupt(env: str, now: float, *, by: str, reason: str) -> Lock:
    """A free lock in place of an unreadable document.

    :raises SlipwayError: without a reason.
    """
    claim = Claim(env, "", "an unreadable lock", "", "", 1.0, "", 0)
    return break_(take(None, now, claim), now, by=by, reason=reason, force=True)


def describe(lock: Lock, now: float, zone: tzinfo | None = None) -> str:
    """One line for messages: who holds the lock, why and until when, and what to do.

    :param zone: the time zone of the clock times; ``None`` is this machine's.
    """
    line = state_line(lock, now, zone)
    return f"{line}. {_wait_or_break(lock.env)}" if lock.held(now) else line


def _wait_or_break(env: str) -> str:
    broken = command("lock", env, state="broken", reason=WHY)
    return f"Wait: {waiting(env, 600)}. Break: {broken}"


def state_line(lock: Lock, now: float, zone: tzinfo | None = None) -> str:
    """The line of :func:`describe` without the advice."""
    who = f"{one_line(lock.owner)} since {clock_time(lock.taken_at, now, zone)}{_purpose(lock)}"
    until = clock_time(lock.expires_at, now, zone)
    if lock.state != HELD:
        if lock.history and lock.history[-1].token == lock.token:
            breaking = lock.history[-1]
            at = clock_time(breaking.at, now, zone)
            reason = one_line(breaking.broken_reason)
            return (
                f"{lock.env} is not locked: {one_line(breaking.broken_by)} broke the lock of {who}, at {at}: {reason}"
            )
        return f"{lock.env} is not locked (last by {one_line(lock.owner)} until {until})"
    if not lock.held(now):
        return f"{lock.env} is not locked: the lock of {who} expired at {until}"
    if lock.heartbeat_at is None:
        return f"{lock.env} is locked by {who}, expires {until}"
    life = "alive" if lock.alive(now) else "no heartbeat, the last one"
    return f"{lock.env} is locked by {who}, expires {until}, {life} {_ago(now - lock.heartbeat_at)}"


def _purpose(lock: Lock) -> str:
    words = ["manual"] if lock.manual else []
    if lock.deploy:
        match = _RECORD_ID.fullmatch(lock.deploy)
        words.append(f"deploy {one_line(match[1] if match else lock.deploy)}")
    text = " ".join(words)
    if lock.reason and (lock.manual or not lock.deploy):
        text = f"{text}: {one_line(lock.reason)}" if text else one_line(lock.reason)
    return f" ({text})" if text else ""


def one_line(text: str) -> str:
    """A text of the document without line breaks and control characters."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(neutral_line(printable).split())


def clock_time(at: float, now: float, zone: tzinfo | None = None) -> str:
    """A time of day, with its date if that is not today. Epoch seconds; ``zone`` ``None`` is this machine's."""
    try:
        moment, today = (datetime.fromtimestamp(value, zone) for value in (at, now))
    except (OverflowError, OSError, ValueError):
        return f"{at:.0f}"
    return f"{moment:%H:%M}" if moment.date() == today.date() else f"{moment:%Y-%m-%d %H:%M}"


def _ago(seconds: float) -> str:
    return f"{_span(seconds)} ago"


def _span(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min"
    return f"{whole // 3600} h"
