# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds and publishes the parts of one commit.

All of them are built and compared with what is published before the first is uploaded: a build that fails, or a stable
version that exists with other content, leaves everything as it was. Each upload is complete or cannot be seen, and what
is complete is not repeated: to run it again after a failure is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ..builds.model import BuiltArtifact
from ..common.errors import SlipwayError, SlipwayErrors
from ..common.text import listed
from .model import UNCHANGED
from .parts import Part
from .publisher import Commit, Item, Place, Publisher

BUILT, FAILED, NOT_BUILT = "built", "failed", "not built"


@dataclass
class Work:
    """The publication of one commit's parts.

    :ivar publishers: by the kinds of parts.
    :ivar shown: called with the artifacts whenever one changes.
    :ivar said: called with what is done, since builds take minutes.
    :ivar artifacts: what became of each, by its name.
    :ivar errors: all that failed.
    """

    commit: Commit
    publishers: Mapping[str, Publisher]
    shown: Callable[[Mapping[str, BuiltArtifact]], None]
    said: Callable[[str], None] = lambda _line: None
    artifacts: dict[str, BuiltArtifact] = field(default_factory=dict)
    errors: list[SlipwayError] = field(default_factory=list)

    def left(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """The parts that must be built.

        Asks the registries, so that what is wrong with them is known before a build.

        :raises SlipwayErrors: one does not answer, or does not exist.
        """
        known: dict[Part, BuiltArtifact] = {}
        errors: dict[str, SlipwayError] = {}
        for publisher, some in self._by_publisher(parts):
            try:
                known |= publisher.known(some)
            except SlipwayErrors as error:
                errors |= {str(each): each for each in error.errors}
            except SlipwayError as error:
                errors[str(error)] = error
        if errors:
            raise SlipwayErrors(errors.values())
        self.artifacts |= {part.name: artifact for part, artifact in known.items()}
        return tuple(part for part in parts if part not in known)

    def run(self, parts: Sequence[Part], place: Place) -> None:
        """Build, compare, publish."""
        items: list[Item] = []
        for publisher, some in self._by_publisher(parts):
            self.said(f"building {listed(part.path or '.' for part in some)}")
            items += publisher.build(some, place, self._noting)
        if not self.errors:
            items = [self._decided(item) for item in items]
        for item in items:
            if self.errors:
                self._ended(item, NOT_BUILT)
            elif item.step == UNCHANGED:
                self._ended(item, UNCHANGED)
            else:
                self._publish(item)

    @property
    def result(self) -> str:
        """How it ended, as the manifest says it."""
        if self.errors:
            return FAILED
        return UNCHANGED if all(item.result == UNCHANGED for item in self.artifacts.values()) else BUILT

    def _by_publisher(self, parts: Sequence[Part]) -> Iterator[tuple[Publisher, list[Part]]]:
        for publisher in dict.fromkeys(self.publishers[part.kind] for part in parts):
            yield publisher, [part for part in parts if self.publishers[part.kind] is publisher]

    @contextmanager
    def _noting(self, *parts: Part) -> Iterator[None]:
        try:
            yield
        except SlipwayError as error:
            for part in parts:
                self._failed(part.name, part, error)

    def _decided(self, item: Item) -> Item:
        try:
            return replace(item, step=self.publishers[item.part.kind].decide(item))
        except SlipwayError as error:
            self._failed(item.name, item.part, error, item)
            return item

    def _publish(self, item: Item) -> None:
        self.said(f"publishing {item.name} {item.version}")
        try:
            self.publishers[item.part.kind].publish(item)
        except SlipwayError as error:
            self._failed(item.name, item.part, error, item)
        else:
            self._ended(item, BUILT)

    def _failed(self, name: str, part: Part, error: SlipwayError, item: Item | None = None) -> None:
        if error not in self.errors:
            self.errors.append(error)
        version, location = (item.version, item.location) if item else (part.version or None, None)
        self.artifacts[name] = BuiltArtifact(part.kind, self.commit.commit, FAILED, version, location, error=str(error))
        self.shown(self.artifacts)

    def _ended(self, item: Item, result: str) -> None:
        if result == NOT_BUILT and item.name in self.artifacts:
            return  # It failed, which says more.
        # What is not published has no digest: a deploy must not take it.
        digest = None if result == NOT_BUILT else item.digest
        self.artifacts[item.name] = BuiltArtifact(
            item.part.kind, self.commit.commit, result, item.version, item.location, digest
        )
        self.shown(self.artifacts)
