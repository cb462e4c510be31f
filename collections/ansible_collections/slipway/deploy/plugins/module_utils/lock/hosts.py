# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes and releases a host's claim in the state store. The rules are in :mod:`claims`."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..common.errors import SlipwayError
from ..state.model import ABSENT, Conflict
from ..state.store import Store
from . import claims
from .claims import ClaimYielded, HostClaim, Seen
from .model import LockHeld, LockLost, lock_key, parse

_POLL_SECONDS: Final = 1.0
_PAGE: Final = 1000
# Sorts after every character that a key may have.
_LAST: Final = "~"


@dataclass(frozen=True)
class Claimed:
    """The location of a host's claim."""

    store: Store
    env: str
    host: str
    what: str = claims.ENVIRONMENT

    @property
    def key(self) -> str:
        """The claim's key in the state store."""
        return claims.claim_key(self.env, self.host, self.what)

    def read(self) -> tuple[HostClaim | None, str | None]:
        """The host's own claim, and its version in the store."""
        stored = self.store.read(self.key)
        if stored is None:
            return None, None
        return claims.parse(stored.body, f"{self.store.url}/{self.key}"), stored.version

    def write(self, claim: HostClaim, version: str | None) -> str:
        """Write the host's own claim; return its new version.

        :raises Conflict: another process of this host wrote it as well.
        """
        try:
            return self.store.write(self.key, claims.serialise(claim), expect=version or ABSENT)
        except Conflict as error:
            remedy = "One deployment at a time runs on a host; see which"
            where = f"{self.store.url}/{self.key}"
            raise _Overtaken("another process of this host writes its claim", where, remedy) from error

    def look(self) -> Seen:
        """The lock and the other claims."""
        stored = self.store.read(lock_key(self.env))
        lock = parse(stored.body, f"{self.store.url}/{lock_key(self.env)}") if stored else None
        return Seen(lock, tuple(read_claims(self.store, self.env, self.what)), self.store.now())

    def former(self, owner: str) -> str | None:
        """The deployment that was stopped on this host without releasing its claim, or ``None``."""
        before, _version = self.read()
        if before is None or before.owner == owner or not before.live(self.store.now()):
            return None
        return before.owner

    def held_elsewhere(self, owner: str) -> bool:
        """Whether that deployment has a live claim on another host."""
        now = self.store.now()
        found = read_claims(self.store, self.env, self.what)
        return any(claim.owner == owner and claim.live(now) for claim in found)


def host_names(store: Store, env: str) -> list[str]:
    """The hosts that ever wrote below their prefix of the state store, sorted."""
    prefix = claims.hosts_prefix(env)
    names: list[str] = []
    after = ""
    while True:
        page = store.keys(prefix, after=after, limit=_PAGE)
        names += [name for key in page if (name := key[len(prefix) :].partition("/")[0])]
        if len(page) < _PAGE:
            return list(dict.fromkeys(names))
        # A host's many records are skipped.
        after = f"{prefix}{names[-1]}/{_LAST}"


def read_claims(store: Store, env: str, what: str = claims.ENVIRONMENT) -> list[HostClaim]:
    """Every host's claim, free and expired ones included.

    :raises LockCorrupt: one cannot be read: then the holder of the environment is unknown.
    """
    found = (Claimed(store, env, host, what).read()[0] for host in host_names(store, env))
    return [claim for claim in found if claim is not None]


def take(
    store: Store,
    env: str,
    host: str,
    owner: str,
    *,
    limit: float,
    wait: float = 0.0,
    poll: float = _POLL_SECONDS,
    what: str = claims.ENVIRONMENT,
    waiting: Callable[[LockHeld], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> HostClaim:
    """Claim the environment for a deployment, from this host. Its own claim is found again (re-entrant).

    :param waiting: called with the reason before each pause.
    :param limit: seconds after which the deployment is over in any case, and the claim expires.
    :param wait: seconds to wait for another holder of the environment. Of two deployments that begin at once one
        succeeds regardless of this; and the other hosts of a deployment that was stopped get a minute to begin
        the next one as well.
    :raises LockHeld: another deployment has the environment; this host's claim is withdrawn.
    """
    deadline = monotonic() + wait
    patience = monotonic() + max(wait, claims.UNCONFIRMED_SECONDS)
    place = Claimed(store, env, host, what)
    held: LockHeld
    former = place.former(owner)
    while True:
        try:
            return _try(place, owner, limit, lambda: sleep(poll * random.uniform(0.5, 1.5)))
        except ClaimYielded as error:
            held = error
            if monotonic() >= patience:
                raise
        except LockHeld as error:
            held = error
            left = former is not None and place.held_elsewhere(former)
            if monotonic() >= (patience if left else deadline):
                raise
        if waiting is not None:
            waiting(held)
        sleep(poll * random.uniform(0.5, 3.0))


def _try(place: Claimed, owner: str, limit: float, pause: Callable[[], None]) -> HostClaim:
    before, version = place.read()
    now = place.store.now()
    if before is not None and before.owner == owner and before.holds(now):
        return before
    mine = claims.offered(before, place.env, place.host, owner, now)
    version = place.write(mine, version)
    try:
        while not claims.may_go_on(mine, seen := place.look()):
            if not mine.live(seen.now):
                what = f"{place.env}: this host's claim expired before the others' did"
                raise ClaimYielded(what, None, "Run it again")
            pause()
        mine = claims.confirmed(mine, limit)
        place.write(mine, version)
        claims.may_go_on(mine, place.look())
    except Conflict:
        raise
    except BaseException:
        # A claim that cannot be released now expires.
        with contextlib.suppress(SlipwayError):
            give_back(place.store, place.env, place.host, owner, place.what)
        raise
    return mine


def require(store: Store, env: str, host: str, owner: str) -> HostClaim:
    """The host's claim, if this deployment holds it.

    :raises LockLost: it does not, or no longer does.
    """
    claim, _version = Claimed(store, env, host).read()
    if claim is None or claim.owner != owner or not claim.holds(store.now()):
        raise LockLost(
            f"deployment {owner} does not hold {env} on host {host} (any more)",
            f"{store.url}/{claims.claim_key(env, host)}",
            "Start the deployment again",
        )
    return claim


def give_back(store: Store, env: str, host: str, owner: str, what: str = claims.ENVIRONMENT) -> bool:
    """Release the host's claim of that owner; return whether there was one. Other owners' claims are not touched."""
    place = Claimed(store, env, host, what)
    claim, version = place.read()
    now = store.now()
    if claim is None or claim.owner != owner or not claim.live(now):
        return False
    place.write(claims.given_back(claim, now), version)
    return True


def break_claims(store: Store, env: str) -> list[HostClaim]:
    """Break every live claim and return them. Their deployments change nothing any more.

    :raises Conflict: a host wrote its claim meanwhile.
    """
    now = store.now()
    broken = []
    for host in host_names(store, env):
        place = Claimed(store, env, host)
        claim, version = place.read()
        if claim is not None and claim.live(now):
            place.write(claims.given_back(claim, now), version)
            broken.append(claim)
    return broken


class _Overtaken(Conflict):
    """Two processes of one host claim at once."""
