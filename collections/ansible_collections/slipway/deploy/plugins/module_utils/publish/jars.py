# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Publishes the jar of a service to S3, ``<branch>/<tag>/app.jar``. None ever replaces another."""

from __future__ import annotations

from collections.abc import Sequence

from ..artifact.model import FILENAME
from ..builds.model import BuiltArtifact
from ..common.errors import SlipwayError
from .api import Bucket
from .files import sha256
from .maven_build import Maven
from .model import BACKEND, PUBLISH, UNCHANGED
from .parts import Part, jar_key, jar_tag
from .publisher import Commit, Item, Noting, Place

_SHORT = 12


class Jars:
    """The jars of a group of hosts.

    :param group: begins their tags.
    :param maven: makes Maven for a place.
    """

    def __init__(self, bucket: Bucket, group: str, commit: Commit, maven: Maven) -> None:
        self._bucket = bucket
        self._group = group
        self._commit = commit
        self._maven = maven

    def known(self, parts: Sequence[Part]) -> dict[Part, BuiltArtifact]:
        """The jars in the bucket that were built from this commit. See :class:`.publisher.Publisher`."""
        found: dict[Part, BuiltArtifact] = {}
        for part in parts:
            held = self._bucket.held(self._key(part))
            if held is not None and held.commit == self._commit.commit and held.digest is not None:
                found[part] = BuiltArtifact(
                    BACKEND, self._commit.commit, UNCHANGED, part.version, self._location(part), held.digest
                )
        return found

    def build(self, parts: Sequence[Part], place: Place, noting: Noting) -> list[Item]:
        """Build jars with Maven. See :class:`.publisher.Publisher`."""
        items: list[Item] = []
        for number, part in enumerate(parts):
            with noting(part):
                # The next build begins with "clean".
                jar = self._maven.jar(place.source, part.path).rename(place.scratch / f"{number}-{FILENAME}")
                digest = f"sha256:{sha256(jar)}"
                items.append(Item(part, part.name, part.version, self._location(part), digest, jar))
        return items

    def decide(self, item: Item) -> str:
        """Whether the bucket has the jar. See :class:`.publisher.Publisher`."""
        held = self._bucket.held(self._key(item.part))
        if held is None:
            return PUBLISH
        if held.digest == item.digest:
            return UNCHANGED
        built = f", built from {held.commit[:_SHORT]}" if held.commit else ""
        what = f"{item.location} exists with other content{built}, and a jar is final"
        raise SlipwayError(what, item.part.where, "Raise the version, and commit it")

    def publish(self, item: Item) -> None:
        """Upload the jar. See :class:`.publisher.Publisher`."""
        if not self._bucket.put(self._key(item.part), item.file, item.digest, self._commit.commit):
            # Another run was faster; or this one, and its answer was lost.
            self.decide(item)

    def _key(self, part: Part) -> str:
        return jar_key(self._commit.branch, jar_tag(self._group, part.version, self._commit.commit))

    def _location(self, part: Part) -> str:
        return f"s3://{self._bucket.name}/{self._key(part)}"
