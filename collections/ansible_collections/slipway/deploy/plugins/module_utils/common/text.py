# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text as a terminal shows it: width in columns, tables, durations, clock times. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from .neutral import neutral_line

#: Marks text that was cut off.
ELLIPSIS = "…"

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_RESET = "\x1b[0m"
# A line is not broken before a unit of time or around an arrow: ``17 s`` and ``:41 → :42`` stay whole.
_BREAK = re.compile(r"(?<!→)\s+(?!(?:s|min|h)\b|→)")


def clean(text: object) -> str:
    """One line of printable text from any value: see :mod:`common.neutral`."""
    return neutral_line(text)


def _char_width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def display_width(text: str) -> int:
    """Columns that the text takes on a terminal; colour sequences take none, wide characters two."""
    return sum(_char_width(char) for char in _SGR.sub("", text))


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    for match in _SGR.finditer(text):
        yield from ((char, _char_width(char)) for char in text[position : match.start()])
        yield match.group(), 0
        position = match.end()
    yield from ((char, _char_width(char)) for char in text[position:])


def truncate(text: str, width: int | None) -> str:
    """The text cut to ``width`` columns with ``…`` at the end; unchanged when it fits or ``width`` is ``None``."""
    if width is None or display_width(text) <= width:
        return text
    if width <= 0:
        return ""
    kept: list[str] = []
    used = 0
    coloured = False
    for piece, columns in _pieces(text):
        if used + columns > width - 1:
            break
        coloured = coloured or piece.startswith("\x1b")
        kept.append(piece)
        used += columns
    return "".join(kept) + ELLIPSIS + (_RESET if coloured else "")


def pad(text: str, width: int) -> str:
    """The text filled with spaces to ``width`` columns."""
    return text + " " * max(0, width - display_width(text))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken at spaces, and within a word only when it is longer."""
    lines: list[str] = []
    line = ""
    for word in _BREAK.split(text.strip()):
        candidate = f"{line} {word}" if line else word
        if display_width(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        *heads, line = _split_word(word, width)
        lines += heads
    return [*lines, line] if line or not lines else lines


def _split_word(word: str, width: int) -> list[str]:
    parts = [""]
    used = 0
    for char in word:
        columns_of = _char_width(char)
        if used + columns_of > width and parts[-1]:
            parts.append("")
            used = 0
        parts[-1] += char
        used += columns_of
    return parts


def columns(rows: Sequence[Sequence[str]], gap: int = 2) -> list[str]:
    """The rows with their columns aligned left, without trailing spaces. The last column is never padded."""
    if not rows:
        return []
    count = max(len(row) for row in rows)
    widths = [max((display_width(row[index]) for row in rows if index < len(row)), default=0) for index in range(count)]
    spacer = " " * gap
    return [spacer.join(pad(cell, widths[index]) for index, cell in enumerate(row)).rstrip() for row in rows]


def hanging(label: str, text: str, width: int | None, indent: int = 2, column: int = 10) -> list[str]:
    """``label`` and its text as ``  label   text``, further lines of the text below its first."""
    lead = " " * indent + pad(label, column - indent)
    if width is None or width - column < 20:
        return [truncate((lead + text).rstrip(), width)]
    first, *rest = wrap(text, width - column)
    return [(lead + first).rstrip(), *(" " * column + line for line in rest)]


def paragraph(sentence: str, width: int | None) -> list[str]:
    """A sentence on as many lines as it takes, the further ones indented."""
    if width is None or display_width(sentence) <= width:
        return [sentence]
    first, *rest = wrap(sentence, max(20, width - 2))
    return [first, *(f"  {line}" for line in rest)]


def listed(items: Iterable[str], width: int | None = None) -> str:
    """``a, b, c``, or as many of them as fit in ``width`` columns and ``…``."""
    names = list(items)
    whole = ", ".join(names)
    if width is None or display_width(whole) <= width:
        return whole
    shown = ""
    for name in names:
        candidate = f"{shown}{name}, "
        if display_width(candidate) + 1 > width:
            break
        shown = candidate
    return shown + ELLIPSIS


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 service``, ``2 services``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """A length of time in words: ``41 s``, ``1 min 50 s``, ``2 h 05 min``."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total} s"
    if total < 3600:
        minutes, rest = divmod(total, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(total // 60, 60)
    return f"{hours} h {rest:02d} min"


def stopwatch(seconds: float) -> str:
    """A length of time as a running clock shows it: ``1:12``, ``1:02:07``."""
    total = max(0, int(seconds))
    hours, rest = divmod(total, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def clock(epoch: float) -> str:
    """The time of day of an epoch time, in UTC, as ids of records and logs are: ``21:06:02``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%H:%M:%S")


def minute(epoch: float) -> str:
    """The time of day to the minute, in UTC: ``21:04``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%H:%M")
