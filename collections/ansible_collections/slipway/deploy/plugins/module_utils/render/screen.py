# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A block of lines at the end of a terminal that is redrawn in place. Pure: returns the string to write.

The cursor is at the beginning of the line below the block. Text that is written there without a newline (the
``^C`` that a terminal echoes, a notice) disappears with the next frame and does not disturb it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..common.text import truncate
from .style import wants_colour

#: The environment variable in which the main process describes the terminal to its workers.
VARIABLE = "SLIPWAY_TERMINAL"

_CLEAR_TO_END = "\x1b[J"
_RESET = "\x1b[0m"
# Automatic wrap is off while a block is drawn: a character of unexpected width must not add a line.
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"


@dataclass(frozen=True)
class Terminal:
    """A terminal's size in characters, and whether it shows colours."""

    columns: int
    lines: int
    colour: bool

    def export(self) -> str:
        """The value of the environment variable: ``100x30:1``."""
        return f"{self.columns}x{self.lines}:{int(self.colour)}"

    @classmethod
    def of(cls, environ: Mapping[str, str], is_terminal: bool, columns: int, lines: int) -> Terminal | None:
        """The output's terminal; ``None`` for a pipe, TERM=dumb or CI, or a very small one."""
        if not is_terminal or environ.get("TERM", "dumb") == "dumb" or environ.get("CI"):
            return None
        return cls.parse(cls(columns, lines, wants_colour(environ, is_terminal)).export())

    @classmethod
    def parse(cls, value: str | None) -> Terminal | None:
        """The inverse of :meth:`export`; ``None`` (no terminal: plain lines) for anything else, never an error."""
        size, _colon, colour = (value or "").partition(":")
        columns, _cross, lines = size.partition("x")
        if not (columns.isdecimal() and lines.isdecimal() and colour in {"0", "1"}):
            return None
        if int(columns) < 20 or int(lines) < 5:
            return None
        return cls(int(columns), int(lines), colour == "1")


@dataclass(frozen=True)
class Screen:
    """Draws blocks on a terminal of ``width`` columns and ``height`` lines."""

    width: int
    height: int

    @property
    def room(self) -> int:
        """How many lines a block may have: the cursor needs one below it."""
        return max(1, self.height - 1)

    def draw(self, previous: int, lines: Sequence[str]) -> str:
        """The string that replaces a block of ``previous`` lines (0: none yet) by ``lines``.

        Lines are cut to the width and, from the end, to the height. The block that is drawn has ``self.count(lines)``
        lines: pass that as ``previous`` next time.
        """
        body = "".join(f"{truncate(line, self.width)}{_RESET}\n" for line in lines[: self.room])
        return f"{self._back(previous)}{_CLEAR_TO_END}{_WRAP_OFF}{body}{_WRAP_ON}"

    def count(self, lines: Sequence[str]) -> int:
        """How many lines a drawn block has."""
        return min(len(lines), self.room)

    def above(self, previous: int, text: Sequence[str], lines: Sequence[str]) -> str:
        """The string that writes ``text`` permanently in place of the block, and the block below it."""
        kept = "".join(f"{line}\n" for line in text)
        return f"{self._back(previous)}{_CLEAR_TO_END}{kept}{self.draw(0, lines)}"

    def notice(self, text: str) -> str:
        """The string that shows a line below the block until the next frame, the cursor staying on that line."""
        return f"\r{_CLEAR_TO_END}{truncate(text, self.width - 1)}"

    @staticmethod
    def _back(previous: int) -> str:
        return f"\r\x1b[{previous}A" if previous > 0 else "\r"
