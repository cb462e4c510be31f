# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Errors for users: one line with what is wrong, where, and the remedy."""

from __future__ import annotations

from collections.abc import Iterable

from .neutral import neutral_line


class SlipwayError(Exception):
    """A failure with its place and its remedy.

    :param what: what is wrong, without a full stop.
    :param where: the location (a file, a variable, an ARN), or ``None``.
    :param remedy: the correct value or the next step, or ``None``.
    """

    def __init__(self, what: str, where: str | None = None, remedy: str | None = None) -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what)

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        if self.remedy:
            line = f"{line}. {self.remedy}"
        return " ".join(neutral_line(line).split())


class SlipwayErrors(SlipwayError):
    """Several failures that are reported together, each on its own line."""

    def __init__(self, errors: Iterable[SlipwayError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(str(error) for error in self.errors))

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def raise_all(errors: Iterable[SlipwayError]) -> None:
    """Raise errors together, if there are any.

    :raises SlipwayErrors: there is at least one.
    """
    if found := tuple(errors):
        raise SlipwayErrors(found)
