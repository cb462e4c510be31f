# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One image in several containers of a task (``migrate`` and the application): which of them a release moves. Pure.

A container with an image of the same repository moves with it if it names the same version, or no version (no
tag, or ``latest``), or named the same version in the foreign definition that was cloned: Terraform wrote them
together. Another version is deliberate: it stays, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.errors import SlipwayError
from ..image.reference import ImageRef, parse_image, short_digest
from .taskdef import container_of

MOVING_TAG = "latest"


@dataclass(frozen=True)
class Sharing:
    """The other containers of the deployed container's repository.

    :ivar moves: their names and images, of those that a release moves too.
    :ivar stays: of those that keep their image.
    """

    moves: tuple[tuple[str, ImageRef], ...] = ()
    stays: tuple[tuple[str, ImageRef], ...] = ()

    @property
    def moving(self) -> tuple[str, ...]:
        """The names of those that move."""
        return tuple(name for name, _image in self.moves)

    def notes(self, container: str) -> list[str]:
        """What happens to them, for the plan."""
        moved = [f"the same image in {', '.join(self.moving)}"] if self.moves else []
        return moved + [
            f"{name} stays at {short_digest(image.digest) or image.tag}: its version is another than {container}'s"
            for name, image in self.stays
        ]


def sharing(body: Mapping[str, Any], container: str, base: Mapping[str, Any] | None = None) -> Sharing:
    """Which containers of a definition a release of ``container`` moves.

    :param base: the foreign definition that this one derives from.
    """
    own = image_of(body, container)
    if own is None:
        return Sharing()
    moves: list[tuple[str, ImageRef]] = []
    stays: list[tuple[str, ImageRef]] = []
    for name, image in _others(body, container):
        if image.place == own.place:
            together = image.version == own.version or _names_none(image) or _were_one(base, container, name)
            (moves if together else stays).append((name, image))
    return Sharing(tuple(moves), tuple(stays))


def same_text(body: Mapping[str, Any], container: str) -> tuple[str, ...]:
    """The names of the other containers with the same image text."""
    own = container_of(body, container) or {}
    return tuple(
        str(item.get("name"))
        for item in body.get("containerDefinitions") or ()
        if item.get("name") != container and own.get("image") and item.get("image") == own.get("image")
    )


def image_of(body: Mapping[str, Any], container: str) -> ImageRef | None:
    """The image of a container, or ``None`` if there is no readable one."""
    found = container_of(body, container)
    try:
        return parse_image(str(found.get("image", ""))) if found else None
    except SlipwayError:
        return None


def _others(body: Mapping[str, Any], container: str) -> Iterator[tuple[str, ImageRef]]:
    for item in body.get("containerDefinitions") or ():
        name = str(item.get("name", ""))
        image = image_of(body, name) if name != container else None
        if image is not None:
            yield name, image


def _names_none(image: ImageRef) -> bool:
    return image.version == MOVING_TAG


def _were_one(base: Mapping[str, Any] | None, container: str, other: str) -> bool:
    if base is None:
        return False
    first, second = image_of(base, container), image_of(base, other)
    return first is not None and second is not None and (first.place, first.version) == (second.place, second.version)
