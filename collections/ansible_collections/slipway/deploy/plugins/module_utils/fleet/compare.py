# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What runs against what should run, for one service. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.images import ImageRef, parse_image
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import Facts, ResolvedImage

SAME = "same"
DIFFERENT = "different"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """``kind`` is :data:`SAME`, :data:`DIFFERENT` or :data:`UNKNOWN`; ``why`` says it in a few words."""

    kind: str
    why: str


def running_image(facts: Facts) -> ImageRef | None:
    """The image in the running definition of the deployed container, or ``None`` when it is missing or unreadable."""
    text = facts.running.image(facts.desired.container) if facts.running else ""
    try:
        return parse_image(text) if text else None
    except SlipwayError:
        return None


def image_verdict(facts: Facts, image: ResolvedImage) -> Verdict:
    """Whether the service runs ``image``: by digest and repository, never by tag alone.

    A digest of the manifest list and one of its platforms are the same image.
    """
    running = running_image(facts)
    wanted = parse_image(image.reference).name
    if running is None:
        return Verdict(DIFFERENT, "image")
    if running.name != wanted:
        return Verdict(DIFFERENT, f"image moves from {running.name} to {wanted}")
    if not facts.running_digest:
        return Verdict(UNKNOWN, "image: the running digest is unknown")
    if image.is_same_image(facts.running_digest):
        pinned = "" if running.pinned else f" ({running.tag or 'latest'} is not pinned)"
        return Verdict(SAME, f"same digest{pinned}")
    return Verdict(DIFFERENT, "image")


def in_flight(observed: ObservedService) -> bool:
    """Whether a deployment has not ended. Where ECS gives no rollout state, a second deployment says so."""
    primary = observed.primary
    if primary is not None and primary.rollout_state is not None:
        return primary.rollout_state == "IN_PROGRESS"
    return len(observed.deployments) > 1


def last_deployment_failed(observed: ObservedService) -> bool:
    """Whether what the service is set to never became stable: such a service is not unchanged, whatever its image."""
    primary = observed.primary
    return primary is not None and primary.rollout_state == "FAILED"


def reasons_to_change(facts: Facts, image: ResolvedImage | None) -> list[str]:
    """Why a service needs a deploy, drift apart; an empty list when it does not."""
    if facts.observed is None or facts.running is None:
        return []
    reasons = []
    if image is not None and image.digest:
        verdict = image_verdict(facts, image)
        if verdict.kind != SAME:
            reasons.append(verdict.why)
    if last_deployment_failed(facts.observed):
        reasons.append("its last deployment failed")
    if facts.desired.force:
        reasons.append("forced")
    return reasons
