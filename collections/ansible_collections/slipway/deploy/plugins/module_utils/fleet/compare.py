# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares what runs with what should run, for one service. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..common.errors import SlipwayError
from ..image.reference import ImageRef, ecr_account, parse_image
from .model import ObservedService
from .observation import Facts, FleetObservation, ResolvedImage
from .sharing import Sharing, sharing
from .taskdef import container_of

SAME = "same"
DIFFERENT = "different"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Verdict:
    """``kind`` is :data:`SAME`, :data:`DIFFERENT` or :data:`UNKNOWN`; ``why`` is a short reason."""

    kind: str
    why: str


def running_image(facts: Facts) -> ImageRef | None:
    """The image in the running definition of the deployed container, or ``None`` when it is missing or unreadable."""
    text = facts.running.image(facts.desired.container) if facts.running else ""
    try:
        return parse_image(text) if text else None
    except SlipwayError:
        return None


def image_wanted(facts: Facts, observation: FleetObservation) -> ResolvedImage | None:
    """The registry's answer for the image that a service should run.

    A registry that requires a login (``repositoryCredentials``) hides its images from others.
    """
    image = observation.image_of(facts.desired)
    container = container_of(facts.running.body, facts.desired.container) if facts.running else None
    if image is None or not image.problem or not (container or {}).get("repositoryCredentials"):
        return image
    if ecr_account(parse_image(image.reference).host) is not None:
        return image
    why = f"{image.problem}, or only for the login of repositoryCredentials, which is not read"
    return replace(image, problem="", unverifiable=why)


def image_verdict(facts: Facts, image: ResolvedImage) -> Verdict:
    """Whether the service runs ``image``: by digest and repository, never by tag alone.

    A digest of the manifest list and one of its platforms are the same image.
    """
    running = running_image(facts)
    wanted = parse_image(image.reference)
    if running is None:
        return Verdict(DIFFERENT, "image")
    if running.place != wanted.place:
        return Verdict(DIFFERENT, f"image moves from {running.name} to {wanted.name}")
    if image.unverifiable:
        if running.version == wanted.version:
            return Verdict(SAME, "same digest" if wanted.pinned else f"same tag, not verifiable ({image.unverifiable})")
        return Verdict(DIFFERENT, "image")
    if not facts.running_digest:
        return Verdict(UNKNOWN, "image: the running digest is unknown")
    if image.is_same_image(facts.running_digest):
        pinned = "" if running.pinned else f" ({running.tag or 'latest'} is not pinned)"
        return Verdict(SAME, f"same digest{pinned}")
    return Verdict(DIFFERENT, "image")


def sharing_of(facts: Facts) -> Sharing:
    """The other containers of the repository that the deployed container runs."""
    if facts.running is None:
        return Sharing()
    return sharing(facts.running.body, facts.desired.container, facts.base.body if facts.base else None)


def left_behind(facts: Facts, image: ResolvedImage) -> list[str]:
    """The containers that move with the deployed one and still run another image although it is up to date."""
    running = running_image(facts)
    behind = []
    for name, own in sharing_of(facts).moves:
        # The same text means the same image as the deployed container's.
        alike = running is not None and own.version == running.version
        if not alike and not (image.is_same_image(own.digest) or own.version == parse_image(image.reference).version):
            behind.append(name)
    return behind


def in_flight(observed: ObservedService) -> bool:
    """Whether a deployment is in progress. Without a rollout state from ECS, a second deployment means yes."""
    primary = observed.primary
    if primary is not None and primary.rollout_state is not None:
        return primary.rollout_state == "IN_PROGRESS"
    return len(observed.deployments) > 1


def last_deployment_failed(observed: ObservedService) -> bool:
    """Whether the service's last deployment never became stable: such a service needs a change, whatever its image."""
    primary = observed.primary
    return primary is not None and primary.rollout_state == "FAILED"


def reasons_to_change(facts: Facts, image: ResolvedImage | None) -> list[str]:
    """Why a service needs a deploy, apart from drift; an empty list if it does not."""
    if facts.observed is None or facts.running is None:
        return []
    reasons = []
    if image is not None and (image.digest or image.unverifiable):
        verdict = image_verdict(facts, image)
        behind = left_behind(facts, image)
        if verdict.kind != SAME:
            reasons.append(verdict.why)
        elif behind:
            reasons.append(f"image of {', '.join(behind)}")
    if last_deployment_failed(facts.observed):
        reasons.append("its last deployment failed")
    if facts.desired.force:
        reasons.append("forced")
    return reasons
