# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was observed of a fleet before planning: plain values, no client, no secret.

A :class:`TaskDefinition` holds a redacted body (see ``cache.py``): environment values are keyed hashes, which can be
compared but not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import DesiredService, ObservedService
from .taskdef import TAG_BASE, TAG_CLONED_FROM, TAG_IMAGE, TAG_RELEASE, TAG_SEEN, container_of, family_of, revision_of


@dataclass(frozen=True)
class TaskDefinition:
    """One revision of a task definition: its immutable content.

    ``own`` holds its ``slipway:`` tags, which are written once, at registration. ``unknown`` are the paths of fields
    that the installed botocore does not know.
    """

    arn: str
    body: Mapping[str, Any]
    own: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """The family's name."""
        return family_of(self.arn)

    @property
    def revision(self) -> int:
        """The revision's number."""
        return revision_of(self.arn)

    @property
    def is_own(self) -> bool:
        """Whether Slipway registered it."""
        return TAG_RELEASE in self.own

    @property
    def image_tag(self) -> str:
        """The image tag that Slipway resolved when it registered this, or ``""``."""
        return self.own.get(TAG_IMAGE, "")

    @property
    def base(self) -> str:
        """The nearest ancestor that Slipway did not register: itself, for a revision that is not Slipway's."""
        return self._link(TAG_BASE) or self.arn

    @property
    def cloned_from(self) -> str:
        """The revision that this one was cloned from, or itself."""
        return self._link(TAG_CLONED_FROM) or self.arn

    @property
    def seen(self) -> str:
        """The newest revision of others that existed when this one was registered, or ``""``."""
        return self._link(TAG_SEEN)

    def _link(self, tag: str) -> str:
        """The revision that a tag names; ``""`` for a damaged tag."""
        value = self.own.get(tag, "")
        return value if value.rpartition(":")[2].isdigit() else ""

    def image(self, container: str) -> str:
        """The image of the container of that name, or ``""``."""
        found = container_of(self.body, container)
        return str(found.get("image", "")) if found else ""


@dataclass(frozen=True)
class ResolvedImage:
    """The registry's answer for one ``repository:tag``.

    ``digest`` is ``""`` without such an image; ``problem`` then says why. It is ``""`` as well when the registry
    did not answer; ``unverifiable`` then says why, and the image may exist. ``platforms`` maps the digest of each
    image of a manifest list to its platform (``linux/amd64``); it is empty for a single image, whose platform is in
    its ``config`` blob.
    """

    reference: str
    digest: str = ""
    platforms: Mapping[str, str] = field(default_factory=dict)
    config: str = ""
    problem: str = ""
    unverifiable: str = ""

    def is_same_image(self, digest: str) -> bool:
        """Whether ``digest`` is this image: its own digest, or that of one of its platforms."""
        return bool(digest) and (digest == self.digest or digest in self.platforms)


@dataclass(frozen=True)
class Facts:
    """Everything that is known about one service of the inventory.

    :ivar observed: ``None`` when ECS does not know the service; ``failure`` then holds ECS's reason (``MISSING``).
    :ivar running: the task definition that the service is set to.
    :ivar running_active: whether that revision is still ACTIVE.
    :ivar running_digest: the image digest that the deployed container runs, ``""`` when it cannot be known.
    :ivar running_tag: a tag of that digest, where the definition and Slipway's tags name none (see ``naming.py``).
    :ivar active: ARNs of the family's newest ACTIVE revisions, newest first (for selected services).
    :ivar recent: the definitions of the newest revisions (for services that will change).
    :ivar foreign: the newest ACTIVE revision newer than the base that Slipway did not register, or ``None``.
    :ivar base: the definition that ``running`` goes back to, when its containers of one repository differ in version.
    :ivar autoscaled: minimum and maximum of the service's scalable target, or ``None``.
    """

    desired: DesiredService
    observed: ObservedService | None = None
    failure: str = ""
    running: TaskDefinition | None = None
    running_active: bool = True
    running_digest: str = ""
    running_tag: str = ""
    active: tuple[str, ...] = ()
    recent: tuple[TaskDefinition, ...] = ()
    foreign: TaskDefinition | None = None
    base: TaskDefinition | None = None
    autoscaled: tuple[int, int] | None = None


@dataclass(frozen=True)
class FleetObservation:
    """All services in inventory order, the images that they should run, and further requested definitions.

    ``definitions`` maps an ARN to its definition and whether it is ACTIVE; an unknown ARN is absent.
    """

    facts: tuple[Facts, ...] = ()
    images: Mapping[str, ResolvedImage] = field(default_factory=dict)
    definitions: Mapping[str, tuple[TaskDefinition, bool]] = field(default_factory=dict)

    def image_of(self, desired: DesiredService) -> ResolvedImage | None:
        """The registry's answer for the image that the service should run, or ``None`` if it was not queried."""
        return self.images.get(image_reference(desired))


def image_reference(desired: DesiredService) -> str:
    """The image that a service should run, as written: ``registry/repository:tag`` (or ``@digest``)."""
    name = f"{desired.registry}/{desired.repository}" if desired.registry else desired.repository
    return f"{name}@{desired.tag}" if desired.tag.startswith("sha256:") else f"{name}:{desired.tag}"
