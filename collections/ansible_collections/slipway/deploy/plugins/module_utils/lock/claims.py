# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock of hosts that deploy themselves: each claims the environment below its own prefix of the store.

A host may not write ``<env>/lock.json``, so it writes its claim where only it may write, and then reads the claims of
the others. The order excludes conflicts: a claim counts only after it was confirmed *and then* found alone, and a
run on the control node reads the claims after it wrote the lock. Of two that overlap at least one reads last, sees
the other and withdraws before it changed anything. Claims of one deployment (one ``owner``) do not exclude each other.

On one host a deployment begins only when the one before it is over, because CodeDeploy's agent runs one at a time: the
claim of a stopped one does not exclude others on its own host.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from ..common.documents import loads
from . import plan
from .model import FREE, HELD, Lock, LockCorrupt, LockHeld

SCHEMA: Final = "slipway/claim/1"

ENVIRONMENT: Final = "claim"
"""What a deployment claims: that no other changes the environment."""
MIGRATION: Final = "migration"
"""What a host claims among those of its own deployment: that it alone backs up and migrates."""

UNCONFIRMED_SECONDS: Final = 60.0
"""How long a claim that its host never confirmed is in the way of others."""


class ClaimYielded(LockHeld):
    """Two deployments began at once, and this one must start again after the other."""


@dataclass(frozen=True)
class HostClaim:
    """The document ``<env>/hosts/<host>/claim.json``. Times are epoch seconds of the store's clock.

    ``owner`` is the deployment's id. ``serial`` grows with every write, so that no two documents are equal.
    """

    env: str
    host: str
    owner: str
    state: str
    confirmed: bool
    taken_at: float
    expires_at: float
    serial: int

    def live(self, now: float) -> bool:
        """Whether others must consider it."""
        return self.state == HELD and now < self.expires_at

    def holds(self, now: float) -> bool:
        """Whether it excludes others."""
        return self.confirmed and self.live(now)


@dataclass(frozen=True)
class Seen:
    """What a host reads after it wrote its claim: the lock, all hosts' claims, and the store's time."""

    lock: Lock | None
    claims: tuple[HostClaim, ...]
    now: float


def hosts_prefix(env: str) -> str:
    """The prefix that contains every host's own prefix."""
    return f"{env}/hosts/"


def claim_key(env: str, host: str, what: str = ENVIRONMENT) -> str:
    """The key of a host's claim in the state store.

    :param what: what it claims, :data:`ENVIRONMENT` or :data:`MIGRATION`.
    """
    return f"{hosts_prefix(env)}{host}/{what}.json"


def offered(before: HostClaim | None, env: str, host: str, owner: str, now: float) -> HostClaim:
    """The claim as first written; it does not exclude others yet.

    :param before: the host's last claim. One of another deployment is over, released or not.
    """
    serial = before.serial + 1 if before is not None else 1
    return HostClaim(env, host, owner, HELD, False, now, now + UNCONFIRMED_SECONDS, serial)


def confirmed(claim: HostClaim, limit: float) -> HostClaim:
    """The claim for the whole deployment, valid ``limit`` seconds from its offer."""
    return replace(claim, confirmed=True, expires_at=claim.taken_at + limit, serial=claim.serial + 1)


def given_back(claim: HostClaim, now: float) -> HostClaim:
    """The claim, free."""
    return replace(claim, state=FREE, expires_at=min(claim.expires_at, now), serial=claim.serial + 1)


def may_go_on(mine: HostClaim, seen: Seen) -> bool:
    """Whether the host may take its next step (confirm, or hold after that); otherwise it reads again.

    :raises LockHeld: another deployment has the environment: the host must withdraw.
    :raises ClaimYielded: another deployment began at the same time and has precedence: withdraw, and try again later.
    """
    if seen.lock is not None and seen.lock.held(seen.now):
        raise LockHeld(plan.state_line(seen.lock, seen.now), None, "The deployment can be started again after that")
    others = [claim for claim in seen.claims if claim.owner != mine.owner and claim.live(seen.now)]
    holder = next((claim for claim in others if claim.confirmed), None)
    if holder is not None:
        # Two that confirmed at once both withdraw; their random pauses resolve the conflict.
        kind = ClaimYielded if mine.confirmed else LockHeld
        raise kind(describe(holder, seen.now), None, _wait(holder, seen.now))
    if mine.confirmed or not others:
        return True
    first = min(others, key=lambda claim: claim.owner)
    if first.owner < mine.owner:
        raise ClaimYielded(describe(first, seen.now), None, _wait(first, seen.now))
    return False


def excluding(claims: Iterable[HostClaim], now: float) -> HostClaim | None:
    """The claim that excludes a run on the control node. An unconfirmed one does not: its host sees the lock."""
    return next((claim for claim in claims if claim.holds(now)), None)


def held_by_host(claim: HostClaim, now: float) -> LockHeld:
    """The error for a run on the control node that a host's claim excludes."""
    return LockHeld(describe(claim, now), None, _wait(claim, now))


def describe(claim: HostClaim, now: float) -> str:
    """One line for messages."""
    since = plan.clock_time(claim.taken_at, now)
    until = plan.clock_time(claim.expires_at, now)
    who = f"deployment {plan.one_line(claim.owner)} on host {plan.one_line(claim.host)}"
    return f"{claim.env} is locked by {who} since {since}, expires {until}"


def _wait(claim: HostClaim, now: float) -> str:
    until = plan.clock_time(claim.expires_at, now)
    return f"Wait for that deployment, or stop it; its lock ends by itself at {until}"


def serialise(claim: HostClaim) -> bytes:
    """The document, as :func:`parse` reads it."""
    return (json.dumps({"schema": SCHEMA, **dataclasses.asdict(claim)}, indent=2, ensure_ascii=False) + "\n").encode()


def parse(body: bytes, where: str) -> HostClaim:
    """The claim of a document.

    :param where: the key with its store, for the message.
    :raises LockCorrupt: it is not a claim, or has an unknown schema.
    """
    try:
        document = loads(body)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ValueError(f"this is not a {SCHEMA} document")
        return _claim(document)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        remedy = "When no deployment runs on that host, remove the file"
        raise LockCorrupt(f"a host's claim cannot be read: {error}", where, remedy) from error


def _claim(document: dict[str, Any]) -> HostClaim:
    texts = {name: document[name] for name in ("env", "host", "owner", "state")}
    times = {name: document[name] for name in ("taken_at", "expires_at")}
    if not all(isinstance(value, str) for value in texts.values()) or texts["state"] not in (HELD, FREE):
        raise ValueError("env, host, owner or state is invalid")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in times.values()):
        raise ValueError("a time is not a number")
    if not isinstance(document["confirmed"], bool) or not isinstance(document["serial"], int):
        raise TypeError("confirmed or serial is invalid")
    return HostClaim(**texts, **times, confirmed=document["confirmed"], serial=document["serial"])
