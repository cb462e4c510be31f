# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a release has notes: in its tag's message, in a file of its tree, or in GitHub's release. Pure.

A title alone does not describe a change, so notes are the text without headings, comments, rules
and signatures. Slipway's own text in GitHub's release does not count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..common.errors import SlipwayError
from .gate import Point, Request, Result, judged

#: Where a release's notes are in its tree.
FILE = "docs/releases/{tag}.md"

_OWN = re.compile(r"<!-- slipway:(?P<name>[^>]*?) -->.*?(?:<!-- /slipway:(?P=name) -->|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SIGNATURE = re.compile(
    r"-----BEGIN (?:PGP|SSH) SIGNATURE-----.*?(?:-----END (?:PGP|SSH) SIGNATURE-----|\Z)", re.DOTALL
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s.*)?")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*")
# Rules, empty list items and quotes, empty check boxes, fences.
_NOTHING = re.compile(r"[-*_=>+\s]*|[-*+]?\s*\[[ xX]?\]|[0-9]+[.)]|`{3,}.*|~{3,}.*")
# GitHub's own line under generated notes, which does not count.
_GENERATED = re.compile(r"\*\*Full Changelog\*\*: \S+")


@dataclass(frozen=True)
class Notes:
    """A release's notes.

    :ivar source: their location, in words: ``tag``, ``docs/releases/….md``, ``GitHub release``.
    :ivar text: without headings and other text that does not count.
    """

    source: str
    text: str

    @property
    def digest(self) -> str:
        """The digest of the notes."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    def to_record(self) -> dict[str, str]:
        """A record's ``notes``."""
        return {"source": self.source, "digest": self.digest}


def body_of(text: str) -> str:
    """The text without its headings; empty if nothing is left."""
    plain = text.replace("\r\n", "\n").lstrip("\ufeff")
    plain = _FRONT_MATTER.sub("", plain)
    for pattern in (_OWN, _COMMENT, _SIGNATURE):
        plain = pattern.sub("", plain)
    kept: list[str] = []
    for line in plain.splitlines():
        if _UNDERLINE.fullmatch(line) and kept and kept[-1].strip():
            kept.pop()  # The previous line was a heading.
        elif (
            not _HEADING.fullmatch(line)
            and not _NOTHING.fullmatch(line.strip())
            and not _GENERATED.fullmatch(line.strip())
        ):
            kept.append(line.rstrip())
        elif kept and kept[-1]:
            kept.append("")
    return "\n".join(kept).strip()


def message_body(message: str) -> str:
    """An annotated tag's message without its title, the first paragraph."""
    plain = _SIGNATURE.sub("", message.replace("\r\n", "\n")).strip()
    return body_of(plain.partition("\n\n")[2])


def find_notes(
    tag: str, *, message: str | None = None, file: str | None = None, release: str | None = None
) -> Notes | None:
    """A release's notes, from the first place that has any; ``None`` without.

    :param message: the annotated tag's message; ``None`` for a lightweight tag.
    :param file: the text of :data:`FILE` in the tree at the tag.
    :param release: the body of GitHub's release.
    """
    places = (
        ("tag", message_body(message or "")),
        (FILE.format(tag=tag), body_of(file or "")),
        ("GitHub release", body_of(release or "")),
    )
    return next((Notes(source, text) for source, text in places if text), None)


def require_notes(
    tag: str,
    environment: str,
    notes: Notes | None,
    *,
    asked: Sequence[str] = (),
    github: bool = True,
    where: str = "-e site_release",
) -> Notes:
    """Refuse a release without notes.

    :param asked: places that could not be read, in words, for the error.
    :param github: whether GitHub's release is read.
    :raises SlipwayError: in one line, with where notes can be written.
    """
    if notes is not None:
        return notes
    unknown = f" ({'; '.join(asked)})" if asked else ""
    what = f"{tag} has no release notes, and {environment} needs them{unknown}"
    file = FILE.format(tag=tag)
    remedy = f"Write them below the title of the tag's message, in {file} at the tag, or in GitHub's release"
    remedy += "" if github else " (which needs the setting github)"
    raise SlipwayError(what, where, remedy)


class NotesGate:
    """The release has notes, if ``notes_required`` is set.

    Facts: ``notes``, a function that returns the notes and the places that could not be read; ``github``, whether
    GitHub's release is one of the places.
    """

    name = "notes"
    point: Point = "release"

    def check(self, request: Request) -> Result | None:
        """What is found are the notes."""
        if not request.truth("notes_required"):
            return None
        notes, asked = request.facts["notes"]()
        github, where = request.facts["github"], request.where
        names = (request.release, request.environment, notes)
        return judged(self, lambda: require_notes(*names, asked=asked, github=github, where=where))
