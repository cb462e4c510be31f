# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that one check takes for another: ``${login.token}`` in a path, header or body. Pure.

Before the last dot is the check's name, after it the name that its ``take`` gives to the value. The
syntax differs from Jinja's, which would be templated before the checks run. ``$${`` stands for ``${`` itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..common.errors import SlipwayError

#: What can be taken from an answer.
Scalar: TypeAlias = "str | int | float | bool"
#: A check's name and the name of a value that it takes.
Reference = tuple[str, str]
Values = Mapping[Reference, Scalar]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WRITTEN = re.compile(r"\$(\$\{)|\$\{([^{}]*)\}")


def references(text: str, where: str) -> Iterator[Reference]:
    """What a text refers to.

    :raises SlipwayError: when what stands between ``${`` and ``}`` is not a reference.
    """
    for match in _WRITTEN.finditer(text):
        if match[1] is None:
            check, _dot, name = match[2].rpartition(".")
            if not check or not NAME.fullmatch(name):
                remedy = "Write ${check.value}; for the characters themselves write $${"
                raise SlipwayError(f"{match[0]!r} is not a reference to a value of a check", where, remedy)
            yield check, name


def fill(text: str, values: Values, shape: Callable[[str], str] = str) -> str:
    """The text with its references replaced.

    :param shape: converts a value for its place.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        check, _dot, name = match[2].rpartition(".")
        return shape(written(values[check, name]))

    return _WRITTEN.sub(value, text)


def fill_leaf(text: str, values: Values) -> Scalar:
    """As :func:`fill`; a text that is exactly one reference becomes the value itself, so a number stays a number."""
    match = _WRITTEN.fullmatch(text)
    if match is not None and match[1] is None:
        check, _dot, name = match[2].rpartition(".")
        return values[check, name]
    return fill(text, values)


def written(value: Any) -> str:
    """A scalar as text: booleans in JSON's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
