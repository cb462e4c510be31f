# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names images by lasting tags: ``latest`` is useless next week, the commit pushed with it is not.

The seed's pipeline pushes every image as commit SHA and ``latest``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ..aws.client import Clients
from ..common.errors import SlipwayError
from ..image.reference import ImageRef
from . import api
from .compare import running_image
from .observation import Facts, FleetObservation
from .planned import Change, Plan
from .sharing import MOVING_TAG

_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_VERSION = re.compile(r"v?\d+\.\d+(\.\d+)?([.+_-].*)?")
WORKERS = 8


def lasting_tag(asked: str, tags: Sequence[str]) -> str:
    """The tag of an image that will keep its meaning: the requested one if it does, a commit, a version."""
    if _lasts(asked):
        return asked
    for pattern in (_COMMIT, _VERSION):
        found = sorted(tag for tag in tags if pattern.fullmatch(tag))
        if found:
            return found[-1]
    return asked


def lasting_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """The tags that will keep their meaning: commits and versions, sorted."""
    return tuple(sorted(tag for tag in tags if _lasts(tag)))


def best_tag(tags: Sequence[str]) -> str:
    """The display name of an image without a requested tag: a lasting tag, or any, or ``""``."""
    return lasting_tag("", tags) or next(iter(sorted(tags, key=lambda tag: (tag == MOVING_TAG, tag))), "")


def name_running(observation: FleetObservation, clients: Clients) -> FleetObservation:
    """The observation with the tags of running images that their definitions name by digest alone.

    A shipped revision of others lacks Slipway's tags.
    """
    unnamed = {item.desired.name: image for item in observation.facts if (image := _unnamed(item)) is not None}

    def tag_of(image: ImageRef) -> str:
        try:
            return best_tag(api.image_tags(clients, image.registry, image.repository, image.digest))
        except SlipwayError:
            return ""  # This permission is not needed for anything else.

    distinct = list(dict.fromkeys(unnamed.values()))
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="name") as pool:
        tags = dict(zip(distinct, pool.map(tag_of, distinct), strict=True))
    return replace(
        observation,
        facts=tuple(
            replace(item, running_tag=tags[unnamed[item.desired.name]]) if item.desired.name in unnamed else item
            for item in observation.facts
        ),
    )


def _unnamed(facts: Facts) -> ImageRef | None:
    """The running image, if only its digest is known."""
    image = running_image(facts)
    if image is None or image.tag or not image.digest or facts.running is None or facts.running.image_tag:
        return None
    return image


def name_images(plan: Plan, clients: Clients) -> Plan:
    """The plan with the images of its changes named by lasting tags. Only names change."""

    def named(change: Change) -> Change:
        asked = change.after.tag
        if not change.after.digest or _lasts(asked):
            return change
        try:
            wanted = change.desired
            tags = api.image_tags(clients, wanted.registry, wanted.repository, change.after.digest)
        except SlipwayError:
            return change  # This permission is not needed for anything else.
        return replace(change, after=replace(change.after, tag=lasting_tag(asked, tags) or best_tag(tags)))

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="name") as pool:
        return replace(plan, changes=tuple(pool.map(named, plan.changes)))


def _lasts(tag: str) -> bool:
    return bool(_COMMIT.fullmatch(tag) or _VERSION.fullmatch(tag))
