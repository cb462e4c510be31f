# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Colour, as a layer over finished plain lines: no information depends on it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_GREEN, _RED, _YELLOW, _CYAN, _DIM, _BOLD = "32", "31", "33", "36", "2", "1"
_RESET = "\x1b[0m"

# The beginning of a line shows its kind; the first matching rule says what is painted and how.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^(?:\d\d:\d\d:\d\d )?✔"), _GREEN),
    (re.compile(r"^(?:\d\d:\d\d:\d\d )?✘"), _RED),
    (re.compile(r"^(?:\d\d:\d\d:\d\d )?↺"), _YELLOW),
    (re.compile(r"^(?:\d\d:\d\d:\d\d )?…"), _CYAN),
    (re.compile(r"^·.*"), _DIM),
    (re.compile(r"^(?:FAILED|STOPPED|NEEDS A PERSON|UNKNOWN)\b"), f"{_BOLD};{_RED}"),
    (re.compile(r"^HELD\b"), f"{_BOLD};{_YELLOW}"),
    (re.compile(r"^warning:"), _YELLOW),
    (re.compile(r"^not verifiable:"), _YELLOW),
    (re.compile(r"^priority  .*"), _DIM),
    (re.compile(r"^  next\b"), _CYAN),
    (re.compile(r"^  (?:reason|log|event|also|undone|new|failed|stuck|moving|kept|health|smoke)\b"), _DIM),
    (re.compile(r"^[\w.-]+ · .*"), _BOLD),
)


def wants_colour(environ: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether output should be coloured: on a terminal, unless NO_COLOR (https://no-color.org), TERM=dumb or CI."""
    return is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and not environ.get("CI")


@dataclass(frozen=True)
class Style:
    """Paints lines if ``on``; otherwise returns them unchanged."""

    on: bool = False

    def line(self, text: str) -> str:
        """One line, its beginning painted by its kind."""
        if not self.on:
            return text
        for pattern, code in _RULES:
            match = pattern.match(text)
            if match:
                return f"\x1b[{code}m{match.group()}{_RESET}{text[match.end() :]}"
        return text

    def paint(self, lines: Iterable[str]) -> list[str]:
        """The lines, each painted."""
        return [self.line(text) for text in lines]
