# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is built of one commit, and how it is built and published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..builds.model import BuiltArtifact
from .model import Staged
from .parts import Part

#: Notes an error of parts, and goes on after it: what else fails is said as well.
Noting = Callable[..., AbstractContextManager[None]]


@dataclass(frozen=True)
class Commit:
    """What is published.

    :ivar commit: its full hash.
    :ivar branch: that it is on.
    """

    commit: str
    branch: str


@dataclass(frozen=True)
class Place:
    """Where a build works.

    :ivar source: a clean checkout of the commit.
    :ivar scratch: a directory for what is built.
    """

    source: Path
    scratch: Path


@dataclass(frozen=True)
class Item:
    """One artifact, built.

    :ivar file: the jar or the archive; of a Maven package the directory of its repository.
    :ivar staged: of a package.
    :ivar step: what is to be done: one of :func:`decide`'s words, empty until that is known.
    """

    part: Part
    name: str
    version: str
    location: str
    digest: str
    file: Path
    staged: Staged | None = None
    step: str = ""


class Publisher(Protocol):
    """One kind of registry."""

    def known(self, parts: Sequence[Part]) -> dict[Part, BuiltArtifact]:
        """The parts that need no build: this commit's artifact is published.

        :raises SlipwayError: the registry does not answer, or does not exist.
        """

    def build(self, parts: Sequence[Part], place: Place, noting: Noting) -> list[Item]:
        """Build parts; those that fail are noted."""

    def decide(self, item: Item) -> str:
        """What is to be done.

        :raises SlipwayError: a stable version exists with other content.
        """

    def publish(self, item: Item) -> None:
        """Do it.

        :raises SlipwayError: the registry refuses or does not answer.
        """
