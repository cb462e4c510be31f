# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of commits. Pure.

Source: https://www.conventionalcommits.org/en/v1.0.0/
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..common.suggest import suggest

_HEADER = re.compile(
    r"(?P<type>[A-Za-z][A-Za-z0-9_-]*)(?P<scope>\([^()\r\n]*[^()\s][^()\r\n]*\))?(?P<breaking>!)?: +(?P<text>\S.*)"
)
#: A header with a mistake, to say which.
_NEARLY = re.compile(
    r"(?P<type>[A-Za-z][A-Za-z0-9_-]*)\s*(?P<early>!)?\s*(?P<scope>\([^()]*\))?\s*(?P<breaking>!)?\s*[:\uff1a](?P<text>.*)",
    re.DOTALL,
)
_BREAKING = re.compile(r"breaking[ -]change(?:\s*:| #)", re.IGNORECASE)
_BREAKING_FOOTER = re.compile(r"BREAKING[ -]CHANGE(?:: | #)")
#: What git writes itself; it begins with the header of a commit that was checked.
_REVERT = re.compile(r'(?:Revert|Reapply) ".+"')
_FIXUP = re.compile(r"(?:fixup|squash|amend)! ")
_MERGE = re.compile(r"Merged? ")
_SCISSORS = "------------------------ >8 ------------------------"
#: The first words of messages without a type.
_VERBS = {
    "fix": ("fix", "fixes", "fixed", "correct", "repair", "resolve", "bugfix", "hotfix"),
    "feat": ("add", "added", "adds", "implement", "introduce", "support", "allow", "feature", "new"),
    "docs": ("document", "documentation", "readme"),
    "test": ("tests", "testing"),
    "refactor": ("rename", "move", "extract", "simplify", "clean", "cleanup"),
    "perf": ("optimise", "optimize", "faster"),
    "chore": ("bump", "update", "upgrade", "remove", "wip"),
}
_SHOWN = 72


class Message(NamedTuple):
    """A commit's message. Git's own (a merge, a revert) has no type."""

    type: str
    scope: str
    description: str
    breaking: bool


def strip_comments(text: str, comment: str = "#") -> str:
    """What git will commit of the file that an editor or ``-m`` left.

    :param comment: the character of ``core.commentChar``.
    """
    kept: list[str] = []
    for line in text.splitlines():
        if line == f"{comment} {_SCISSORS}":
            break
        if not line.startswith(comment):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


def read_message(text: str, types: Collection[str], where: str, *, merge: bool = False, draft: bool = False) -> Message:
    """A message.

    :param where: the commit, for errors.
    :param merge: the commit is a merge, whose message git writes.
    :param draft: it is being written: what ``git rebase --autosquash`` will take in is allowed.
    :raises SlipwayError: it is not one of Conventional Commits; with what to write.
    """
    lines = text.strip("\n").splitlines()
    header = lines[0].rstrip() if lines else ""
    if not header.strip():
        raise SlipwayError("its message is empty", where, "Write one, as in fix(login): accept long passwords")
    if (merge and _MERGE.match(header)) or _REVERT.fullmatch(header):
        return Message("", "", header, False)
    if _FIXUP.match(header):
        if draft:
            return Message("", "", header, False)
        remedy = "Squash it before it is merged: git rebase -i --autosquash"
        raise SlipwayError(f"it is a draft ({_cut(header)!r})", where, remedy)
    match = _HEADER.fullmatch(header)
    if match is None:
        raise SlipwayError(*_mistake(header, types, where))
    if match["type"].lower() not in types:
        raise SlipwayError(*_unknown(match["type"], types, where))
    if len(lines) > 1 and lines[1].strip():
        what = f"its second line is not empty ({_cut(lines[1])!r})"
        raise SlipwayError(what, where, "Leave a blank line below the first one")
    wrong = next((line for line in lines if _BREAKING.match(line) and not _BREAKING_FOOTER.match(line)), None)
    if wrong is not None:
        raise SlipwayError(f"{_cut(wrong)!r} marks no breaking change", where, "Write BREAKING CHANGE: and a text")
    breaking = bool(match["breaking"]) or any(_BREAKING_FOOTER.match(line) for line in lines[1:])
    scope = (match["scope"] or "")[1:-1]
    return Message(match["type"].lower(), scope, match["text"], breaking)


def _mistake(header: str, types: Collection[str], where: str) -> tuple[str, str, str]:
    """What is wrong with a header: (what, where, remedy)."""
    nearly = _NEARLY.fullmatch(header)
    kind = nearly["type"].lower() if nearly else ""
    if nearly is None or (kind not in types and " " not in nearly["text"].strip() and not nearly["scope"]):
        return f"{_cut(header)!r} has no type", where, f"Write {_typed(header, types)}. The types are {_list(types)}"
    if kind not in types:
        return _unknown(nearly["type"], types, where)
    scope, text = (nearly["scope"] or "").strip(), nearly["text"].strip()
    if not text:
        return f"{_cut(header)!r} has no description", where, f"Write what changed: {kind}: …"
    inner = "" if scope in ("", "()") or not scope[1:-1].strip() else f"({scope[1:-1].strip()})"
    right = f"{kind}{inner}{nearly['early'] or nearly['breaking'] or ''}: {text}"
    return f"{_cut(header)!r} is not written as type(scope): description", where, f"Write {_cut(right)}"


def _unknown(kind: str, types: Collection[str], where: str) -> tuple[str, str, str]:
    known = next((name for name, words in _VERBS.items() if kind.lower() in words and name in types), "")
    remedy = f"Did you mean {known}?" if known else suggest(kind.lower(), sorted(types))
    return f"there is no type {_cut(kind)!r}", where, f"{remedy or ''} The types are {_list(types)}".strip()


def _typed(header: str, types: Collection[str]) -> str:
    words = header.split()
    first = re.sub(r"[^a-z]", "", words[0].lower()) if words else ""
    guess = next((name for name, verbs in _VERBS.items() if first in verbs and name in types), "<type>")
    return _cut(f"{guess}: {header.strip()}")


def _list(types: Collection[str]) -> str:
    return ", ".join(types)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
