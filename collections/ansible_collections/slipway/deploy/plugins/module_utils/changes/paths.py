# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files a path pattern means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def pattern(text: str) -> re.Pattern[str]:
    """The expression that all of a path has to match.

    ``*`` and ``?`` stop at a slash, ``**`` does not, ``{a,b}`` is either, and a pattern with a slash at its end means
    everything below. ``{service}`` is any one name, in a group of this name.
    """
    text = text.removeprefix("./")
    text = f"{text}**" if text.endswith("/") else text
    parts: list[str] = []
    named = False
    for token in re.findall(r"\*\*/|\*\*|\*|\?|\{service\}|\{[^{}/]*\}|[^*?{]+|.", text):
        if token == "**/":  # noqa: S105 - no password
            parts.append("(?:.*/)?")
        elif token == "**":  # noqa: S105
            parts.append(".*")
        elif token == "*":  # noqa: S105
            parts.append("[^/]*")
        elif token == "?":  # noqa: S105
            parts.append("[^/]")
        elif token == "{service}":  # noqa: S105
            parts.append("(?P=service)" if named else "(?P<service>[^/]+)")
            named = True
        elif token.startswith("{") and token.endswith("}"):
            parts.append("(?:" + "|".join(re.escape(item) for item in token[1:-1].split(",")) + ")")
        else:
            parts.append(re.escape(token))
    return re.compile("".join(parts), re.DOTALL)


def matching(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """The names that a list of patterns selects: one with ``!`` takes away what an earlier one gave."""
    found: dict[str, None] = {}
    names = list(names)
    for text in patterns:
        expression = pattern(text.removeprefix("!").rstrip("/"))
        for name in names:
            if expression.fullmatch(name):
                if text.startswith("!"):
                    found.pop(name, None)
                else:
                    found[name] = None
    return list(found)
