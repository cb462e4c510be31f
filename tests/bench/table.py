# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

_HEADINGS = ("measured", "value", "target", "", "from")


@dataclass(frozen=True)
class Row:
    """One figure: a ratio wherever there is something to compare with.

    ``met`` is whether the target is reached, ``None`` for a figure without one; ``figures`` is what the value was
    computed from.
    """

    name: str
    value: str
    target: str
    met: bool | None
    figures: str


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The lines of the table, columns as wide as they need to be."""
    words = {True: "met", False: "missed", None: ""}
    cells = [_HEADINGS, *((*astuple(row)[:3], words[row.met], row.figures) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADINGS))]
    for index, line in enumerate(cells):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        if index == 0:
            yield "  ".join("-" * width for width in widths)
