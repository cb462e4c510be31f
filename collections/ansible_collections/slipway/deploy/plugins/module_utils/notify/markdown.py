# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Markdown as GitHub reads it: text that stays text, tables, links. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..common.text import clean

# Characters that are special anywhere in a line; text from outside is never at the beginning of one.
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
# GitHub looks for mentions and for numbers of issues in what it has rendered, where an entity is the character again
# (github/markup issue 1168): an invisible space comes between.
_MENTION = re.compile(r"(?<![A-Za-z0-9])&#64;(?!&#8203;)")
_NUMBER = re.compile(r"#(?=\d)|(?<![A-Za-z0-9])GH-(?=\d)", re.IGNORECASE)
# What GitHub turns into a link by itself (GFM, 6.9 Autolinks), wherever it begins: the space comes after these.
_ADDRESS = re.compile(r":(?=//)|www(?=\.)|(?<=[\w.+-])@(?=[\w-]+\.)", re.IGNORECASE)
_SPACE = "\N{ZERO WIDTH SPACE}"
_LINK = re.compile(r"https?://(?:[A-Za-z0-9.-]*[A-Za-z0-9]|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:[/?#].*)?")


def escape(text: object) -> str:
    """Text escaped for Markdown, table cells and HTML."""
    plain = _NUMBER.sub(_apart, _ADDRESS.sub(_apart, clean(text)))
    html = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", html).replace("@", "&#64;").replace(_SPACE, "&#8203;")


def _apart(match: re.Match[str]) -> str:
    return f"{match.group()}{_SPACE}"


def without_mentions(markdown: str) -> str:
    """Escaped Markdown without mentions that GitHub would notify."""
    return _MENTION.sub("&#64;&#8203;", markdown)


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table."""
    names = list(headings)
    lines = [f"| {' | '.join(names)} |", f"|{'|'.join(' --- ' for _name in names)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def bounded_table(headings: Iterable[str], rows: Sequence[Iterable[str]], most: int) -> str:
    """A table of at most so many rows, and how many more there are."""
    text = table(headings, rows[:most])
    hidden = len(rows) - most
    return f"{text}\n\n… and {hidden:,} more (see the record)" if hidden > 0 else text


def is_linkable(url: str) -> bool:
    """Whether a URL can be used in a link: it has a host and no credentials, and does not break the Markdown."""
    if not _LINK.fullmatch(url) or clean(url) != url:
        return False
    return not any(char in '<>()"|`\\' or char <= " " for char in url)


def link(text: str, url: str) -> str:
    """A link, or only the text if the URL cannot be used in one."""
    return f"[{escape(text)}]({url})" if is_linkable(url) else escape(text)
