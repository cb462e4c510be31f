# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions and ranges as package.json writes them under engines. Pure.

Source: the grammar of node-semver (https://github.com/npm/node-semver#ranges).
"""

from __future__ import annotations

import re

Version = tuple[int, int, int]

_PART = r"(0|[1-9][0-9]*|[xX*])"
_PARTIAL = re.compile(rf"[v=\s]*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?)?")
_COMPARATOR = re.compile(r"(\^|~>?|>=|<=|>|<|=|)(.+)")
_HYPHEN = re.compile(r"\s*(\S+)\s+-\s+(\S+)\s*")
_AFTER_OPERATOR = re.compile(r"(\^|~>?|>=|<=|>|<|=)\s+")
_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)")
_ALL = (0, 0, 0)


def read_version(text: str) -> Version | None:
    """A version such as ``v20.11.1`` in a program's output; ``None`` if there is none."""
    found = _VERSION.search(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def fits(version: Version, wanted: str) -> bool | None:
    """Whether a version is in a range; ``None`` when the range cannot be read. Pre-releases count as their release."""
    answers = [_fits_all(version, part) for part in wanted.split("||")]
    if True in answers:
        return True
    return None if None in answers else False


def _fits_all(version: Version, text: str) -> bool | None:
    hyphen = _HYPHEN.fullmatch(text)
    if hyphen:
        intervals = [_interval(">=", hyphen[1]), _interval("<=", hyphen[2])]
    else:
        parts = [_COMPARATOR.fullmatch(part) for part in _AFTER_OPERATOR.sub(r"\1", text).split()]
        intervals = [_interval(part[1], part[2]) if part else None for part in parts]
    known = [interval for interval in intervals if interval is not None]
    if len(known) < len(intervals):
        return None
    return all(low <= version and (high is None or version < high) for low, high in known)


def _interval(operator: str, text: str) -> tuple[Version, Version | None] | None:
    """The first version that one comparator allows and the first after those; ``None`` when it cannot be read."""
    found = _PARTIAL.fullmatch(text)
    if found is None:
        return None
    numbers: list[int] = []
    for part in found.groups():
        if part is None or part in "xX*":
            break
        numbers.append(int(part))
    low = (*numbers, *(0,) * (3 - len(numbers)))
    whole: Version = (low[0], low[1], low[2])
    after = _next(whole, len(numbers))
    if operator == ">=":
        return whole, None
    if operator == ">":
        return (after, None) if after else (_ALL, _ALL)
    if operator == "<":
        return _ALL, whole
    if operator == "<=":
        return _ALL, after
    if operator == "^":
        return whole, _caret(whole, len(numbers))
    if operator.startswith("~"):
        return whole, _next(whole, min(len(numbers), 2))
    return whole, after


def _next(version: Version, given: int) -> Version | None:
    """The first version after those that the first ``given`` numbers name."""
    if given == 0:
        return None
    if given == 1:
        return version[0] + 1, 0, 0
    return (version[0], version[1] + 1, 0) if given == 2 else (version[0], version[1], version[2] + 1)


def _caret(version: Version, given: int) -> Version | None:
    """The first version with another leftmost number that is not zero."""
    if given == 0:
        return None
    if version[0] or given == 1:
        return version[0] + 1, 0, 0
    return (0, version[1] + 1, 0) if version[1] or given == 2 else (0, 0, version[2] + 1)
