# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking up a rollout whose run was killed: what was recorded is compared with what ECS says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Cause, Rollout, Target

Choice = Literal["finish", "undo"]
CHOICES: tuple[Choice, ...] = ("finish", "undo")


def take_up(rollout: Rollout, choice: Choice, services: Mapping[str, ObservedService]) -> Rollout:
    """The rollout to go on with.

    :param services: what ECS says now, by target name.
    :raises SlipwayError: when ``finish`` is asked for and the rollout had already turned back.
    """
    if choice == "undo":
        return rollout.turn_back(Cause("the run was interrupted, and undoing it was asked for", phase="resuming"))
    if rollout.cause is not None:
        raise SlipwayError(
            f"the deploy had failed and was going back ({rollout.cause.what})", "resume=finish", "Say -e resume=undo"
        )
    targets = tuple(_adopted(target, services.get(target.name)) for target in rollout.targets)
    return replace(rollout, targets=targets)


def _adopted(target: Target, service: ObservedService | None) -> Target:
    """A target whose UpdateService was about to be called, as it is if it was."""
    primary = service.primary if service else None
    if target.state != "updating" or primary is None:
        return target
    if primary.id == target.previous_deployment or primary.task_definition != target.task_definition:
        return target
    return replace(target, state="in_flight", deployment_id=primary.id)
