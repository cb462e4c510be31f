# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Semantic versions, and the tags ``<component>-v<semver>`` that promote one. Pure.

Source: https://semver.org/spec/v2.0.0.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

from ..common.errors import SlipwayError

# The regular expression from the specification; ASCII digits only.
_SEMVER = re.compile(
    r"(?P<major>0|[1-9][0-9]*)\.(?P<minor>0|[1-9][0-9]*)\.(?P<patch>0|[1-9][0-9]*)"
    r"(?:-(?P<pre>(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+(?P<build>[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)
_LONGEST = 128
_SNAPSHOT = "snapshot"


@total_ordering
@dataclass(frozen=True)
class Semver:
    """A semantic version. Equality is that of the text, the order that of precedence.

    :ivar pre: the identifiers of the pre-release, empty for a release.
    """

    text: str
    core: tuple[int, int, int]
    pre: tuple[str, ...] = ()

    @property
    def is_snapshot(self) -> bool:
        """Whether Maven treats it as a snapshot, whose bytes may change."""
        return any(word == _SNAPSHOT for part in self.pre for word in part.lower().split("-"))

    def __lt__(self, other: Semver) -> bool:
        return self._precedence() < other._precedence()

    def _precedence(self) -> tuple[tuple[int, int, int], bool, list[tuple[bool, int, str]]]:
        identifiers = [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in self.pre]
        return self.core, not self.pre, identifiers


@dataclass(frozen=True)
class Tag:
    """A promotion's tag: ``backend-v0.2.0`` is component ``backend``, version 0.2.0."""

    name: str
    component: str
    version: Semver


def parse_semver(text: str) -> Semver | None:
    """A semantic version, or ``None`` if ``text`` is invalid."""
    match = _SEMVER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    core = (int(match["major"]), int(match["minor"]), int(match["patch"]))
    return Semver(text, core, tuple(match["pre"].split(".")) if match["pre"] else ())


def parse_tag(text: str, component: str, where: str) -> Tag:
    """The tag that promotes a version of ``component``.

    :raises SlipwayError: it is not ``<component>-v<semver>``, or its version is a snapshot.
    """
    prefix = f"{component}-v"
    version = parse_semver(text[len(prefix) :]) if text.startswith(prefix) else None
    if version is None:
        said = text if len(text) <= 60 else f"{text[:59]}…"
        raise SlipwayError(f"{said!r} is not a release tag", where, f"Write {prefix}<semver>, e.g. {prefix}0.2.0")
    if version.is_snapshot:
        raise SlipwayError(f"{text} is a snapshot", where, "Give it a version without SNAPSHOT, build that, promote it")
    return Tag(text, component, version)


def check_maven(tag: Tag, maven: str, where: str) -> None:
    """Require that Maven's version is the tag's.

    :param maven: the version of the ``pom.xml``.
    :param where: the file and the commit.
    :raises SlipwayError: it is another one, or a snapshot of it.
    """
    if maven == tag.version.text:
        return
    what = "a snapshot" if maven.lower().endswith(f"-{_SNAPSHOT}") else "not the tag's"
    remedy = f"Set the version {tag.version.text} there, commit it, build it, then promote it"
    raise SlipwayError(f"Maven's version is {maven!r}, {what} ({tag.name})", where, remedy)
