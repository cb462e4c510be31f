# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a JSON answer must contain, at dotted paths: a value, or rules for one. Pure.

A path's value is compared as it is written, lists and mappings too. A mapping of nothing but :data:`RULES` is rules for
the value that stands there: ``items: {length_min: 1}``, ``error: {exists: false}``, ``beat: {max_age: 120}`` (a time
of the last 120 s). To compare with a mapping that looks like rules, write ``equals`` before it:
``vehicle: {equals: {type: car}}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..common.errors import SlipwayError
from .moment import age

#: The path of the whole answer.
WHOLE = "."


def is_number(value: Any) -> bool:
    """Whether a value is a JSON number: True is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "integer": lambda value: is_number(value) and (isinstance(value, int) or value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
    "null": lambda value: value is None,
}


@dataclass(frozen=True)
class Rules:
    """What must hold for a value: names of :data:`RULES` with what each compares with."""

    rules: tuple[tuple[str, Any], ...]


def at(document: Any, path: str) -> tuple[bool, Any]:
    """Whether there is something at a dotted path, and what.

    A key that holds dots itself is found too, the longest key first.
    """
    return _at(document, "" if path == WHOLE else path)


def _at(document: Any, path: str) -> tuple[bool, Any]:
    if path == "":
        return True, document
    if isinstance(document, Mapping):
        parts = path.split(".")
        for length in range(len(parts), 0, -1):
            key = ".".join(parts[:length])
            if key in document:
                return _at(document[key], ".".join(parts[length:]))
    if isinstance(document, list):
        head, _dot, rest = path.partition(".")
        if head.isdecimal() and int(head) < len(document):
            return _at(document[int(head)], rest)
    return False, None


def parse_wanted(value: Any, where: str) -> Any:
    """What is required at a path, as declared: a plain value of JSON, or :class:`Rules`.

    :raises SlipwayError: when it is neither.
    """
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise SlipwayError("JSON has no such value", where, "Quote dates: '2026-11-20'") from error
    if not isinstance(plain, dict) or not plain or not all(name in RULES for name in plain):
        return plain
    for name, wanted in plain.items():
        fits, remedy = RULES[name].takes
        if not fits(wanted):
            escape = f"{remedy}. To compare with this mapping itself, write equals: before it"
            raise SlipwayError(f"{json.dumps(wanted)} is not a value for {name}", f"{where}.{name}", escape)
    return Rules(tuple(plain.items()))


def problem(document: Any, path: str, wanted: Any, now: float = 0.0) -> str:
    """What is wrong with a document at a path, or the empty string.

    :param now: the epoch time at which the document arrived.

    The value itself is not shown: an answer may contain what must not be logged.
    """
    found, value = at(document, path)
    rules = wanted.rules if isinstance(wanted, Rules) else (("equals", wanted),)
    name = "the answer" if path == WHOLE else path
    if dict(rules).get("exists") is False:
        return f"{name} is in the answer, and must not be" if found else ""
    if not found:
        return f"{name} is missing in the answer"
    for rule, against in rules:
        if not RULES[rule].holds(age(value, now) if rule == "max_age" else value, against):
            return f"{name} {RULES[rule].says.format(json.dumps(against, ensure_ascii=False))}"
    return ""


def same(value: Any, wanted: Any) -> bool:
    """Equality as JSON has it: True is not 1, but 1 is 1.0."""
    if is_number(value) and is_number(wanted):
        return bool(value == wanted)
    return json.dumps(value, sort_keys=True) == json.dumps(wanted, sort_keys=True)


@dataclass(frozen=True)
class _Rule:
    """A rule: what it compares with (and how that is written), when it holds, and the message if it does not."""

    takes: tuple[Callable[[Any], bool], str]
    holds: Callable[[Any, Any], bool]
    says: str


def _size(value: Any) -> int:
    """The length of a value that has one, else -1."""
    return len(value) if isinstance(value, (str, list, Mapping)) else -1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_ANYTHING = (lambda _value: True, "Write a value")
_A_NUMBER = (is_number, "Write a number")
_A_COUNT = (_is_count, "Write a whole number from 0")

RULES: Mapping[str, _Rule] = {
    "exists": _Rule(
        (lambda value: isinstance(value, bool), "Write true or false"), lambda _value, _wanted: True, "is missing"
    ),
    "type": _Rule(
        (lambda value: isinstance(value, str) and value in _TYPES, f"Write one of {', '.join(_TYPES)}"),
        lambda value, wanted: _TYPES[wanted](value),
        "is not of type {}",
    ),
    "equals": _Rule(_ANYTHING, same, "is not {}"),
    "one_of": _Rule(
        (lambda value: isinstance(value, list) and bool(value), "Write a list"),
        lambda value, wanted: any(same(value, item) for item in wanted),
        "is none of {}",
    ),
    "min": _Rule(_A_NUMBER, lambda value, wanted: is_number(value) and value >= wanted, "is not at least {}"),
    "max": _Rule(_A_NUMBER, lambda value, wanted: is_number(value) and value <= wanted, "is not at most {}"),
    "length": _Rule(_A_COUNT, lambda value, wanted: _size(value) == wanted, "is not of length {}"),
    "length_min": _Rule(_A_COUNT, lambda value, wanted: _size(value) >= wanted, "is not of length {} or more"),
    "length_max": _Rule(_A_COUNT, lambda value, wanted: 0 <= _size(value) <= wanted, "is not of length {} or less"),
    "max_age": _Rule(
        (lambda value: is_number(value) and value > 0, "Write a number of seconds"),
        lambda seconds, wanted: seconds is not None and seconds <= wanted,
        "is not a time of the last {} s",
    ),
}


def first_problem(document: Any, wanted: Sequence[tuple[str, Any]], now: float) -> str:
    """The first problem of a document, or the empty string."""
    return next((said for path, value in wanted if (said := problem(document, path, value, now))), "")
