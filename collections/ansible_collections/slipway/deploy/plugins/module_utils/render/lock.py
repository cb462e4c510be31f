# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock in one line: who holds it, why, until when, and what can be done about it. Pure."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.render.text import clean, duration, minute


def locked(
    environment: str,
    owner: str,
    reason: str,
    now: float,
    *,
    since: float,
    expires: float,
    alive: float | None = None,
) -> str:
    """``dev is locked by maria@ci-412 since 21:04 (deploy 3f9c2d1), expires 21:19, alive 4 s ago. …``.

    Times are epoch seconds of the state store's clock; ``alive`` is the holder's last heartbeat.
    """
    held = f"{clean(environment)} is locked by {clean(owner)} since {minute(since)} UTC ({clean(reason)})"
    end = f"expires {minute(expires)} UTC" if expires > now else f"expired {duration(now - expires)} ago"
    heard = f", alive {duration(now - alive)} ago" if alive is not None else ""
    wait = "Wait: -e lock_wait=600. " if expires > now else ""
    command = f"ansible-playbook playbooks/lock.yml -e env={clean(environment)} -e state=broken -e reason=…"
    return f"{held}, {end}{heard}. {wait}Break: {command}"
