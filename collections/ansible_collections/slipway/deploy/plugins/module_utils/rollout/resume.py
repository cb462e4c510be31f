# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resumes a rollout whose run was killed, by comparing the record with ECS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

from ..common.command import again
from ..common.errors import SlipwayError
from ..common.failure import Cause
from ..fleet.model import ObservedService
from .model import GOING_BACK, GOING_FORWARD, Rollout, Target

Choice = Literal["finish", "undo"]
CHOICES: tuple[Choice, ...] = ("finish", "undo")


def require_same_place(record: Mapping[str, Any], place: Mapping[str, Any]) -> None:
    """Require that a record belongs to the account, region and cluster that the run would change.

    :param place: ``account_id``, ``region`` and ``cluster`` of the environment now.
    :raises SlipwayError: the record has another.
    """
    for name, now in place.items():
        then = record.get(name)
        if then is not None and then != now:
            what = f"the deploy {record['id']} was begun in {name} {then}, the environment now says {now}"
            raise SlipwayError(what, "resume", f"Set {name} back to {then} to finish or undo it")


def require_covered(record: Mapping[str, Any], selected: Collection[str], choice: str) -> None:
    """Require that ``--limit`` selects every service of the record: a deploy is only resumed as a whole.

    :raises SlipwayError: naming those that it leaves out.
    """
    outside = [str(item["name"]) for item in record["targets"] if item["name"] not in selected]
    if outside:
        what = f"the unfinished deploy {record['id']} is also of {', '.join(outside)}"
        raise SlipwayError(what, f"--limit with resume={choice}", "Leave --limit out")


def resume_rollout(rollout: Rollout, choice: Choice, services: Mapping[str, ObservedService], now: float) -> Rollout:
    """The rollout to continue with.

    Running changes get their full time again: unobserved time does not count.

    :param services: the current services from ECS, by target name.
    :param now: epoch seconds of the state store's clock.
    :raises SlipwayError: ``finish`` is requested although the undo had already begun.
    """
    targets = tuple(_from_now(target, now) for target in rollout.targets)
    rollout = replace(rollout, targets=targets)
    if choice == "undo":
        return rollout.turn_back(Cause("the run was interrupted, and an undo was requested", phase="resuming"))
    if rollout.cause is not None:
        raise SlipwayError(
            f"the deploy had failed and was being undone ({rollout.cause.what})",
            "resume=finish",
            f"Undo it: {again(resume='undo')}",
        )
    targets = tuple(adopted(target, services.get(target.name)) for target in rollout.targets)
    return replace(rollout, targets=targets)


def _from_now(target: Target, now: float) -> Target:
    if target.state in GOING_FORWARD:
        return replace(target, started_at=now)
    if target.state in GOING_BACK and target.undo is not None:
        return replace(target, undo=replace(target.undo, started_at=now))
    return target


def adopted(target: Target, service: ObservedService | None) -> Target:
    """A target whose UpdateService may have been called, in the state after the call."""
    primary = service.primary if service else None
    if target.state != "updating" or primary is None:
        return target
    if primary.id == target.previous_deployment or primary.task_definition != target.task_definition:
        return target
    return replace(target, state="in_flight", deployment_id=primary.id)
