# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags ``<prefix>-YYYYMMDD[.N]``, and which of them an environment accepts. Pure.

``prod-20261120`` is the first release of a day, ``prod-20261120.2`` the second: there is no ``.1``, and no ``.02``, so
that one release has one name. A prefix belongs to one environment: a tag of staging is not a release for production.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import total_ordering
from typing import Literal

from ..common.errors import SlipwayError
from .gate import Point, Request, Result, judged

#: The default prefixes of environments.
PREFIXES: Mapping[str, str] = {"staging": "staging", "production": "prod", "prod": "prod"}

Kind = Literal["tag", "branch", "commit", "none"]

_PREFIX = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# ASCII digits only: \d matches those of every script.
_TAG = re.compile(rf"(?P<prefix>{_PREFIX.pattern})-(?P<day>[0-9]{{8}})(?:\.(?P<number>[0-9]{{1,6}}))?")
_SHOWN = 60


@total_ordering
@dataclass(frozen=True)
class Tag:
    """A tag of a day. Tags of one prefix sort in the order of their creation."""

    prefix: str
    day: date
    number: int = 1

    def __str__(self) -> str:
        later = "" if self.number == 1 else f".{self.number}"
        return f"{self.prefix}-{self.day.isoformat().replace('-', '')}{later}"

    def __lt__(self, other: Tag) -> bool:
        return (self.prefix, self.day, self.number) < (other.prefix, other.day, other.number)


def parse_tag(text: str) -> Tag | None:
    """The parsed tag, or ``None``."""
    return _read(text)[0]


def _read(text: str) -> tuple[Tag | None, str]:
    """The parsed tag, or why it is invalid."""
    match = _TAG.fullmatch(text)
    if match is None:
        return None, "it does not have the form <prefix>-YYYYMMDD or <prefix>-YYYYMMDD.N"
    digits, number = match["day"], match["number"]
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None, f"{digits} is not a date"
    if number is not None and (number.startswith("0") or int(number) < 2):
        return None, f"the second one of a day is .2, there is no .{number}"
    return Tag(match["prefix"], day, int(number or 1)), ""


def prefix_of(environment: str, given: object, setting: str) -> str:
    """The prefix of an environment's tags; empty if any tag is accepted.

    :param given: the value of ``setting``, a variable of the inventory; ``None`` without one.
    :raises SlipwayError: that is not a valid prefix.
    """
    if given is None:
        return PREFIXES.get(environment, "")
    text = str(given)
    if text and not _PREFIX.fullmatch(text):
        remedy = "Lower-case letters, digits and -, as in prod; empty: any tag"
        raise SlipwayError(f"{text[:_SHOWN]!r} is not a prefix of tags", setting, remedy)
    return text


def next_free(prefix: str, existing: Iterable[str], today: date) -> Tag:
    """The tag for the next release of a day.

    :param existing: the names of the existing tags.
    """
    found = [tag for name in existing if (tag := parse_tag(name)) and (tag.prefix, tag.day) == (prefix, today)]
    return Tag(prefix, today, max((tag.number for tag in found), default=0) + 1)


def newest(prefix: str, existing: Iterable[str]) -> Tag | None:
    """The newest of some tags of a prefix."""
    found = [tag for name in existing if (tag := parse_tag(name)) and tag.prefix == prefix]
    return max(found, default=None)


def check_tag(
    name: str,
    kind: Kind,
    environment: str,
    prefix: str,
    existing: Iterable[str],
    today: date,
    where: str = "-e site_release",
) -> Tag | None:
    """Refuse a name that an environment does not accept; return the tag, or ``None`` if it accepts any name.

    :param kind: what the repository has under that name; ``none`` if nothing, or if it was not read.
    :param prefix: of :func:`prefix_of`.
    :param existing: the names of the repository's tags, for suggestions.
    :raises SlipwayError: in one line, with valid tags.
    """
    names = list(existing)
    shown = name[:_SHOWN]
    if not name:
        raise SlipwayError("no release is named", where, _fitting(prefix, names, today))
    if not prefix:
        return parse_tag(name)
    tag, why = _read(name)
    if kind == "branch" and tag is None:
        what = f"{shown} is a branch, and {environment} takes tags only"
    elif tag is None:
        what = f"{shown!r} is not a tag of {environment}: {why}"
    elif tag.prefix != prefix:
        what = f"{shown} is a tag of {_environment_of(tag.prefix)}, not of {environment}"
    elif kind in ("branch", "commit"):
        what = f"{shown} is a {kind} and no tag, and {environment} takes tags only"
    else:
        return tag
    raise SlipwayError(what, where, _fitting(prefix, names, today))


def _environment_of(prefix: str) -> str:
    return next((name for name, known in PREFIXES.items() if known == prefix), f"{prefix} environments")


def _fitting(prefix: str, existing: list[str], today: date) -> str:
    if not prefix:
        return "Name a tag"
    newest_one = newest(prefix, existing)
    make = f"tag the commit: git tag -a {next_free(prefix, existing, today)}"
    return f"Deploy {newest_one}, or {make}" if newest_one else f"{make[0].upper()}{make[1:]}"


class TagGate:
    """The release is a tag of the environment's prefix.

    Facts: ``existing``, the names of the repository's tags; ``found_as``, what the repository has under the name;
    ``prefix``, of the environment's tags.
    """

    name = "tag"
    point: Point = "name"

    def check(self, request: Request) -> Result:
        """Whether the environment accepts the name."""
        existing, kind = request.facts["existing"], request.facts["found_as"]
        names = (request.release, kind, request.environment, request.facts["prefix"])
        return judged(self, lambda: check_tag(*names, existing, request.now.date(), request.where))
