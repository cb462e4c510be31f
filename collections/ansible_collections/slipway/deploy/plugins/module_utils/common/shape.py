# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that a JSON document has the fields on which its readers rely. Pure.

A shape is a mapping of names to kinds, a list of one kind, :class:`Each`, a :class:`Value`, or ``None`` for anything.
A field whose name ends with ``?`` may be missing or null. Fields that are not listed are ignored: a newer version may
have written them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: No document is nested this deeply; code that walks one must not exhaust the stack.
_DEEPEST = 32
#: Characters of a wrong value that an error shows.
_SHOWN = 40


class Each:
    """A mapping from any names to values of one kind."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind


class Value(NamedTuple):
    """A kind of value: its name for errors, and its check."""

    what: str
    holds: Callable[[Any], bool]


TEXT = Value("a text", lambda value: isinstance(value, str))
TRUTH = Value("true or false", lambda value: isinstance(value, bool))


def check_shape(value: Any, kind: Any, path: str = "") -> None:
    """Check a value against its shape.

    :param path: its place in the document, for errors.
    :raises ValueError: naming the first field that is missing or of another kind.
    """
    if kind is None:
        return
    if isinstance(kind, list):
        _require(isinstance(value, list), value, path, "a list")
        for number, item in enumerate(value):
            check_shape(item, kind[0], f"{path}[{number}]")
    elif isinstance(kind, Each):
        _require(isinstance(value, Mapping), value, path, "a mapping")
        for name, item in value.items():
            check_shape(item, kind.kind, f"{path}.{name}")
    elif isinstance(kind, Mapping):
        _require(isinstance(value, Mapping), value, path, "a mapping")
        for name, inner in kind.items():
            _check_field(value, name, inner, path)
    else:
        _require(kind.holds(value), value, path, kind.what)


def check_depth(document: Any) -> None:
    """Refuse a document that is nested too deeply to be walked.

    :raises ValueError: it is.
    """
    level: list[Any] = [document]
    for _depth in range(_DEEPEST):
        inner = [item.values() if isinstance(item, Mapping) else item for item in level]
        level = [value for values in inner for value in values if isinstance(value, (Mapping, list))]
    if level:
        raise ValueError("it is nested too deeply")


def _check_field(value: Mapping[str, Any], name: str, kind: Any, path: str) -> None:
    field, optional = name.removesuffix("?"), name.endswith("?")
    if value.get(field) is not None:
        check_shape(value[field], kind, f"{path}.{field}" if path else field)
    elif not optional:
        raise ValueError(f"{path or 'it'} has no {field}")


def _require(holds: bool, value: Any, path: str, kind: str) -> None:
    if not holds:
        shown = repr(value)
        raise ValueError(f"{path} is {shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}…'}, not {kind}")
