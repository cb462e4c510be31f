# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking and giving back a host's claim in the state store. The rules are in :mod:`claims`."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable
from typing import Final

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import claims
from ansible_collections.slipway.deploy.plugins.module_utils.lock.claims import ClaimYielded, HostClaim, Seen
from ansible_collections.slipway.deploy.plugins.module_utils.lock.model import LockHeld, LockLost, lock_key, parse
from ansible_collections.slipway.deploy.plugins.module_utils.state.model import ABSENT, Conflict
from ansible_collections.slipway.deploy.plugins.module_utils.state.store import Store

_POLL_SECONDS: Final = 1.0
_PAGE: Final = 1000
# Sorts behind every character that a key may have.
_LAST: Final = "~"


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


def read_claims(store: Store, env: str) -> list[HostClaim]:
    """Every host's claim, free and expired ones included.

    :raises LockCorrupt: when one cannot be read: who holds the environment is then unknown.
    """
    found = (_read(store, env, host)[0] for host in host_names(store, env))
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
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> HostClaim:
    """Claim the environment for a deployment, from this host. Its own claim is found again (re-entrant).

    :param owner: the deployment's id.
    :param limit: seconds after which the deployment is over in any case; the claim then ends by itself.
    :param wait: seconds to wait for another that holds the environment. Of two deployments that begin at once one
        gets through whatever this says.
    :raises LockHeld: the environment is another's; nothing of this host's is left behind.
    """
    deadline = monotonic() + wait
    patience = monotonic() + max(wait, claims.UNCONFIRMED_SECONDS)
    while True:
        try:
            return _try(store, env, host, owner, limit, lambda: sleep(poll * random.uniform(0.5, 1.5)))
        except ClaimYielded:
            if monotonic() >= patience:
                raise
        except LockHeld:
            if monotonic() >= deadline:
                raise
        sleep(poll * random.uniform(0.5, 3.0))


def _try(store: Store, env: str, host: str, owner: str, limit: float, pause: Callable[[], None]) -> HostClaim:
    before, version = _read(store, env, host)
    now = store.now()
    if before is not None and before.owner == owner and before.holds(now):
        return before
    mine = claims.offered(before, env, host, owner, now)
    version = _write(store, mine, version)
    try:
        while not claims.may_go_on(mine, seen := _look(store, env)):
            if not mine.live(seen.now):
                raise ClaimYielded(f"{env}: this host's claim expired before the others' did", None, "Run it again")
            pause()
        mine = claims.confirmed(mine, limit)
        _write(store, mine, version)
        claims.may_go_on(mine, _look(store, env))
    except Conflict:
        raise
    except BaseException:
        # What cannot be given back now ends by expiring.
        with contextlib.suppress(SlipwayError):
            give_back(store, env, host, owner)
        raise
    return mine


def require(store: Store, env: str, host: str, owner: str) -> HostClaim:
    """The host's claim, when this deployment holds it.

    :raises LockLost: when it does not, or no longer.
    """
    claim, _version = _read(store, env, host)
    if claim is None or claim.owner != owner or not claim.holds(store.now()):
        raise LockLost(
            f"deployment {owner} does not hold {env} on host {host} (any more)",
            f"{store.url}/{claims.claim_key(env, host)}",
            "Start the deployment again",
        )
    return claim


def give_back(store: Store, env: str, host: str, owner: str) -> bool:
    """Free the host's claim of that deployment; whether there was one. Nobody else's is touched."""
    claim, version = _read(store, env, host)
    now = store.now()
    if claim is None or claim.owner != owner or not claim.live(now):
        return False
    _write(store, claims.given_back(claim, now), version)
    return True


def break_claims(store: Store, env: str) -> list[HostClaim]:
    """Take every live claim out of its host's hands; those that were. Their deployments change nothing any more.

    :raises Conflict: when a host wrote its own meanwhile.
    """
    now = store.now()
    broken = []
    for host in host_names(store, env):
        claim, version = _read(store, env, host)
        if claim is not None and claim.live(now):
            _write(store, claims.given_back(claim, now), version)
            broken.append(claim)
    return broken


def _look(store: Store, env: str) -> Seen:
    stored = store.read(lock_key(env))
    lock = parse(stored.body, f"{store.url}/{lock_key(env)}") if stored else None
    return Seen(lock, tuple(read_claims(store, env)), store.now())


def _read(store: Store, env: str, host: str) -> tuple[HostClaim | None, str | None]:
    key = claims.claim_key(env, host)
    stored = store.read(key)
    if stored is None:
        return None, None
    return claims.parse(stored.body, f"{store.url}/{key}"), stored.version


def _write(store: Store, claim: HostClaim, version: str | None) -> str:
    key = claims.claim_key(claim.env, claim.host)
    try:
        return store.write(key, claims.serialise(claim), expect=version or ABSENT)
    except Conflict as error:
        remedy = "One deployment at a time runs on a host; see which"
        raise _Overtaken("another process of this host writes its claim", f"{store.url}/{key}", remedy) from error


class _Overtaken(Conflict):
    """Two processes of one host claim at once."""
