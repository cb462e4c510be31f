# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alembic's revisions: what their files declare, and how their migration ended. Pure; Python 3.8."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

_DECLARATION = re.compile(r"#+\s*slipway\s*:\s*(.*?)\s*", re.IGNORECASE)
_COMPATIBLE, _DOWNGRADE = "backward-compatible", "downgrade-safe"
_WORDS = (_COMPATIBLE, f"not-{_COMPATIBLE}", _DOWNGRADE, f"not-{_DOWNGRADE}")
# What the database does not roll back if a revision fails.
_COMMITS = re.compile(r"\bautocommit_block\b|\bAUTOCOMMIT\b|[\"']\s*COMMIT\b|\.commit\(", re.IGNORECASE)


class Declared(NamedTuple):
    """The declarations of a revision's file. ``note`` is a problem with them, or empty."""

    compatible: bool
    downgrade_safe: bool
    note: str


class Revision(NamedTuple):
    """A revision of the release.

    :param down: the revisions that it follows.
    :param transactional: whether the database rolls it back completely if it fails.
    """

    version: str
    description: str
    file: str
    down: tuple[str, ...]
    compatible: bool
    downgrade_safe: bool
    note: str
    transactional: bool

    def as_dict(self, seconds: float | None = None) -> dict[str, Any]:
        """For a result.

        :param seconds: how long it took, if it ran.
        """
        item = {
            "version": self.version,
            "description": self.description,
            "file": self.file or None,
            "before": ",".join(self.down) or None,
            "compatible": self.compatible,
            "downgrade_safe": self.downgrade_safe,
        }
        return item if seconds is None else {**item, "seconds": seconds}


class RevisionOutcome(NamedTuple):
    """The outcome of the planned revisions.

    :param done: those whose change is in the database.
    :param undone: those that were begun and are not in the database, apart from the failed one.
    :param left: those of ``undone``, and the failed one, that may have left partial changes.
    """

    done: tuple[Revision, ...]
    undone: tuple[Revision, ...]
    failed: Revision | None
    left: tuple[Revision, ...]


def read_revision(item: Mapping[str, Any]) -> Revision:
    """A revision as reported by :mod:`.program`."""
    source = str(item.get("source") or "")
    said = declared(source)
    return Revision(
        version=str(item["version"]),
        description=" ".join(str(item.get("description") or "").split()),
        file=str(item.get("file") or ""),
        down=tuple(str(name) for name in item.get("down") or ()),
        compatible=said.compatible,
        downgrade_safe=said.downgrade_safe,
        note=said.note,
        transactional=_COMMITS.search(source) is None,
    )


def declared(source: str) -> Declared:
    """What the comments of a revision's file declare.

    ``# slipway: backward-compatible``: it is compatible with the release before it. ``# slipway: downgrade-safe``: its
    ``downgrade()`` loses nothing. One line may have several, separated by commas. Nothing, anything else, or a word
    together with its ``not-`` counts as not.
    """
    words = [
        word.strip().lower()
        for comment in _comments(source)
        for found in [_DECLARATION.fullmatch(comment)]
        if found
        for word in found[1].split(",")
    ]
    unknown = [word for word in words if word not in _WORDS]
    if unknown:
        return Declared(False, False, f"it declares {unknown[0][:60]!r}; write one of {', '.join(_WORDS)}")
    both = [word for word in (_COMPATIBLE, _DOWNGRADE) if word in words and f"not-{word}" in words]
    if both:
        return Declared(False, False, f"it declares both {both[0]} and not-{both[0]}")
    undeclared = _COMPATIBLE not in words and f"not-{_COMPATIBLE}" not in words
    note = f"it declares neither {_COMPATIBLE} nor not-{_COMPATIBLE}, which counts as not" if undeclared else ""
    return Declared(_COMPATIBLE in words, _DOWNGRADE in words, note)


def _comments(source: str) -> Iterator[str]:
    """The comments, not strings. For a file with a syntax error, those before the error."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    while True:
        try:
            token = next(tokens, None)
        except (tokenize.TokenError, SyntaxError):
            return
        if token is None:
            return
        if token.type == tokenize.COMMENT:
            yield token.string


def outcome_of(
    planned: Sequence[Revision], begun: Sequence[str], open_: Collection[str], failed: bool
) -> RevisionOutcome:
    """The outcome of revisions.

    :param planned: the planned ones, in their order.
    :param begun: the versions of those that were begun, in their order.
    :param open_: the versions of those that are still pending in the database.
    :param failed: whether the last one that was begun failed.
    """
    by_version = {item.version: item for item in planned}
    last = by_version.get(begun[-1]) if begun and failed else None
    if last is not None and last.version not in open_:
        last = None  # What comes after it failed.
    undone = tuple(item for item in planned if item.version in begun and item.version in open_ and item != last)
    return RevisionOutcome(
        done=tuple(item for item in planned if item.version not in open_),
        undone=undone,
        failed=last,
        left=tuple(item for item in (*undone, *([last] if last else [])) if not item.transactional),
    )


def unsafe(planned: Iterable[Revision]) -> list[str]:
    """The versions whose downgrade is not declared safe."""
    return [item.version for item in planned if not item.downgrade_safe]
