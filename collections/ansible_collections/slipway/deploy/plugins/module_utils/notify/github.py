# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The notification of a deploy on GitHub, and its place in a text that others edit as well. Pure.

A hidden marker at the beginning of a comment's first line identifies the deploy, so that the next post of the same
environment and tag finds it. In a release's body two markers enclose a section; everything outside them stays the same,
byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..common.text import duration, plural
from ..render.checks import health_problems
from ..render.facts import Record, cause_words, is_rollback, place, release, seconds, targets_of, who
from ..render.verdict import closing
from . import metadata
from .markdown import escape, link, without_mentions

#: GitHub accepts 65,536 characters in a comment and 125,000 in a release's body; this leaves room for the rest.
MOST_TEXT = 40_000
_ROWS = (100, 20, 5)


def tag_of(record: Record) -> str:
    """The deployed tag; empty if the record has none."""
    return _first(record, "tag")


def commit_of(record: Record) -> str:
    """The deployed commit; empty if the record has none."""
    return _first(record, "commit")


def _first(record: Record, name: str) -> str:
    return next((str(item[name]) for item in metadata.releases(record) if item.get(name)), "")


def marker(record: Record) -> str:
    """The marker of an environment and a tag. HTML allows no ``--`` in a comment."""
    words = [str(record.get("environment") or "?"), tag_of(record) or str(record.get("label") or "?")]
    return f"<!-- slipway:{':'.join(_plain(word) for word in words)} -->"


def _plain(word: str) -> str:
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._-]", "-", word)).strip("-") or "x"


def _closing_marker(opening: str) -> str:
    return opening.replace("<!-- ", "<!-- /", 1)


def comment(record: Record) -> str:
    """A comment on a pull request or an issue."""
    return f"{marker(record)}\n{text(record)}"


def find_comment(comments: Iterable[Mapping[str, Any]], opening: str) -> list[int]:
    """The ids of the comments that begin with the marker, the oldest first.

    A comment that quotes another contains the marker, but not at its beginning.

    :param comments: the token's own (:func:`is_author`): anyone can begin a comment with the marker.
    """
    return [
        int(item["id"])
        for item in comments
        if isinstance(item.get("id"), int) and str(item.get("body") or "").lstrip("\ufeff").startswith(opening)
    ]


def is_author(comment: Mapping[str, Any], login: str) -> bool:
    """Whether that login wrote a comment. A token may be allowed to edit others' comments as well."""
    user = comment.get("user")
    author = str(user.get("login") or "") if isinstance(user, Mapping) else ""
    return bool(login) and author.lower() == login.lower()


def _section(record: Record) -> str:
    opening = marker(record)
    return f"{opening}\n{text(record)}\n{_closing_marker(opening)}"


def has_section(body: str, record: Record) -> bool:
    """Whether a release's body has this deploy's current section, regardless of newlines."""
    return _section(record).replace("\r\n", "\n") in body.replace("\r\n", "\n")


def with_section(body: str, record: Record) -> str:
    """A release's body with this deploy's section, in the place of an earlier one or at the end."""
    opening, section = marker(record), _section(record)
    closing_marker = _closing_marker(opening)
    pattern = re.compile(f"{re.escape(opening)}(?:(?!{re.escape(opening)}).)*?{re.escape(closing_marker)}", re.DOTALL)
    found = pattern.search(body)
    if found:
        after = pattern.sub("", body[found.end() :])
        return f"{body[: found.start()]}{section}{after}"
    if opening in body:
        # Its end was removed by hand: what follows may be others' text, and must stay outside the markers.
        first, rest = body.split(opening, 1)
        return f"{first}{section}{rest.replace(opening, '')}"
    if not body:
        return section
    gap = "" if body.endswith("\n\n") else "\n" if body.endswith("\n") else "\n\n"
    return f"{body}{gap}{section}"


def text(record: Record) -> str:
    """The text about a deploy, with as many rows as fit."""
    for rows in _ROWS:
        said = without_mentions("\n\n".join(part for part in _parts(record, rows) if part))
        if len(said) <= MOST_TEXT:
            return said
    return f"{_headline(record)}\n\nThe rest is too long to be shown. {_footer(record)}"


def _parts(record: Record, rows: int) -> list[str]:
    return [
        _headline(record),
        metadata.facts(record),
        metadata.migrations(record, rows),
        metadata.systemd(record, rows),
        _health(record, rows),
        metadata.smoke(record, rows),
        metadata.checklist(record, rows),
        _footer(record),
    ]


def _headline(record: Record) -> str:
    kind = "" if is_rollback(record) else "deploy of "
    subject = f"{escape(record.get('environment'))}: {kind}{escape(release(record))}"
    if record.get("outcome") is None:
        return f"### ⏳ {subject} began\n\n{plural(len(targets_of(record)), 'change')} to make."
    sign, words = metadata.ended(record)
    took = seconds(record)
    after = f" in {duration(took)}" if took is not None else ""
    why = f"**Why:** {escape(cause_words(record))}\n\n" if record.get("cause") else ""
    return f"### {sign} {subject} {words}{after}\n\n{why}{escape(closing(record))}"


def _health(record: Record, rows: int) -> str:
    lines = [f"- {escape(line.strip())}" for line in health_problems(record)][:rows]
    return "\n".join(["**Health:**", "", *lines]) if lines else ""


def _footer(record: Record) -> str:
    url = str((record.get("actor") or {}).get("url") or "")
    run = f" · {link('run', url)}" if url else ""
    return f"by {escape(who(record))}{run} · record `{place(record).replace('`', '')}`"
