# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health of a host: it answers, runs its release, and its load balancer finds it healthy. Pure."""

from __future__ import annotations

from ..checks.health import Health, Verdict
from .balancer import Place
from .progress import After


def judge_host(
    name: str, after: After, wanted: str | None, place: Place | None, *, balanced: bool, selected: bool = True
) -> Health:
    """One host's health.

    :param wanted: the release that it should run; ``None`` for any release.
    :param place: its state in the target group; ``None`` if unreadable.
    :param balanced: whether the environment has a target group.
    :param selected: false for a host outside ``--limit``: its failures are warnings.
    """
    verdict, detail = _judge(after, wanted, place, balanced)
    if not selected and not after.answered and not after.reason:
        return Health(name, "warn", desired=1, detail="not selected, so it was not asked")
    if not selected and verdict != "pass":
        return Health(name, "warn", detail=f"{detail} (not selected)")
    return Health(name, verdict, running=int(after.active), desired=1, detail=detail)


def _judge(after: After, wanted: str | None, place: Place | None, balanced: bool) -> tuple[Verdict, str]:
    if not after.answered:
        return "unknown", after.reason or "the host does not answer"
    if not after.active:
        return "fail", "the service does not run"
    if wanted is not None and after.release != wanted:
        return "fail", f"it runs {after.release or 'no known release'}, not {wanted}"
    if balanced and place is None:
        return "unknown", "its target group could not be asked"
    if place == Place("unused"):
        return "fail", "it is not registered in its target group"
    if place is not None and place.state != "healthy" and not place.idle:
        return "fail", f"its target group says {place.state}{f': {place.detail}' if place.detail else ''}"
    return "pass", ""
