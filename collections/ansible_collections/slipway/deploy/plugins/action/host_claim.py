# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Claims the environment for a host that deploys itself. See modules/host_claim.py."""

from __future__ import annotations

import time
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.lock import claims, hosts
from ..module_utils.lock.claims import HostClaim
from ..module_utils.lock.model import LockHeld
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context

_WHAT = {"environment": claims.ENVIRONMENT, "migration": claims.MIGRATION}
#: Seconds between two progress messages.
_SAID_SECONDS = 30.0


class ActionModule(SlipwayAction):
    """Writes only below the host's own prefix of the state store; in check mode it only reads."""

    def act(self, context: Context) -> dict[str, Any]:
        """Take, confirm or release the claim, and return it."""
        store, env, host, owner = context.store, context.environment, context.here, self.arguments["owner"]
        what = _WHAT[self.arguments["what"]]
        if self._task.check_mode:
            return {"changed": False}
        if what == claims.MIGRATION:
            owner = f"{owner} on {host}"  # Each host of a deployment has its own claim.
        match self.arguments["state"]:
            case "given_back":
                return {"changed": hosts.give_back(store, env, host, owner, what)}
            case "held":
                return {"changed": False, **_said(hosts.require(store, env, host, owner))}
            case _:
                return {"changed": False, **self._take(context, owner, what)}

    def _take(self, context: Context, owner: str, what: str) -> dict[str, Any]:
        limit, wait = float(self.arguments["limit"]), float(self.arguments["wait"])
        signs = _Signs(what)
        try:
            claim = hosts.take(
                context.store,
                context.environment,
                context.here,
                owner,
                limit=limit,
                wait=wait,
                what=what,
                waiting=signs,
            )
        except LockHeld as error:
            if what != claims.MIGRATION:
                raise
            reason = f"another host of the deployment still migrates the database after {wait:.0f} s ({error.what})"
            remedy = "Find out on that host what its migration waits for, then start the deployment again"
            raise SlipwayError(reason, context.environment, remedy) from None
        return {**_said(claim), "waited": signs.begun is not None}


class _Signs:
    """Shows from time to time that the task waits, and for which host."""

    def __init__(self, what: str) -> None:
        self.begun: float | None = None
        self._next = 0.0
        self._what = "another host to migrate the database" if what == claims.MIGRATION else "the lock"

    def __call__(self, held: LockHeld) -> None:
        now = time.monotonic()
        self.begun = now if self.begun is None else self.begun
        if now >= self._next:
            self._next = now + _SAID_SECONDS
            display.display(f"waiting for {self._what} since {now - self.begun:.0f} s: {held.what}")


def _said(claim: HostClaim) -> dict[str, Any]:
    return {"owner": claim.owner, "taken_at": claim.taken_at, "expires_at": claim.expires_at}
