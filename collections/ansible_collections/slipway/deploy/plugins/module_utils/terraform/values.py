# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The attributes that a change of Terraform's plan sets, without sensitive values. Pure.

A plan has every value in clear. Beside a value stand masks of its shape: ``true`` where it is sensitive, or known only
after apply (https://developer.hashicorp.com/terraform/internals/json-format#change-representation). A mask that does
not fit its value hides the whole value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..common.documents import loads_or_none

SENSITIVE: Final = "(sensitive value)"
UNKNOWN: Final = "(known after apply)"
#: Shorter sensitive values are hidden only where Terraform marks them: ``true`` and ``8080`` stand everywhere.
_SHORTEST = 6
_NAME = re.compile(r"[A-Za-z_][\w-]*")

Path = tuple["str | int", ...]


class _Absent:
    """No value, as opposed to null."""


_ABSENT = _Absent()


@dataclass(frozen=True)
class Attribute:
    """An attribute that changes.

    :ivar path: ``tags.Name``, ``ingress[0].cidr_blocks``.
    :ivar before: the value as JSON, in one line; ``None`` if there is none. ``after`` alike.
    :ivar forces: whether the resource is replaced because of it.
    """

    path: str
    before: str | None
    after: str | None
    forces: bool = False


@dataclass(frozen=True)
class Side:
    """A value and its masks."""

    value: Any = _ABSENT
    sensitive: Any = False
    unknown: Any = False

    def child(self, key: str | int) -> Side:
        """The side of a member."""
        value = _member(self.value, key)
        there = value is not _ABSENT
        return Side(value, _mask(self.sensitive, key, odd=there), _mask(self.unknown, key, odd=False))

    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return (self.value is _ABSENT or self.value is None) and not marked(self.unknown)


def _member(value: Any, key: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(key, _ABSENT)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return _ABSENT


def marked(mask: Any) -> bool:
    """Whether a mask marks anything."""
    if isinstance(mask, dict):
        return any(marked(item) for item in mask.values())
    if isinstance(mask, list):
        return any(marked(item) for item in mask)
    return bool(mask)


def _mask(mask: Any, key: str | int, *, odd: bool = True) -> Any:
    """The mask of a member.

    :param odd: whether a mask of another shape marks all members if it marks anything.
    """
    if isinstance(mask, dict) and isinstance(key, str):
        return mask.get(key, False)
    if isinstance(mask, list) and isinstance(key, int) and key < len(mask):
        return mask[key]
    return marked(mask) if odd or mask is True else False


def secrets_in(value: Any, mask: Any) -> Iterator[str]:
    """The texts that a mask hides."""
    if not mask:
        return
    if mask is True or (marked(mask) and not isinstance(value, (dict, list))):
        yield from _texts(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from secrets_in(item, _mask(mask, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secrets_in(item, _mask(mask, index))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)):
        yield _text(value)
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


class Hidden:
    """Hides the plan's sensitive texts where they stand without a mark, too: in what a provider put together, say."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        kept = {item for item in secrets if len(item) >= _SHORTEST}
        # As they are, and as they stand in a text of JSON.
        self._forms = sorted({*kept, *map(_inside, kept)}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without them."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, SENSITIVE)
        return text

    def shown(self, side: Side) -> str | None:
        """A value in one line; ``None`` if there is none."""
        if side.sensitive is True or (marked(side.sensitive) and not isinstance(side.value, (dict, list))):
            return None if side.is_empty() else SENSITIVE
        if side.unknown is True:
            return UNKNOWN
        value = side.value
        if isinstance(value, dict):
            names = sorted({*value, *(side.unknown if isinstance(side.unknown, dict) else ())})
            items = [(self.text(name), self.shown(side.child(name))) for name in names]
            return "{" + ", ".join(f"{_text(name)}: {item}" for name, item in items if item is not None) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(str(self.shown(side.child(index))) for index in range(len(value))) + "]"
        if value is _ABSENT:
            return None
        return _text(self.text(value)) if isinstance(value, str) else self.text(_text(value))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _inside(text: str) -> str:
    return json.dumps(text)[1:-1]


def attributes(before: Side, after: Side, forces: Iterable[Path], hidden: Hidden) -> tuple[Attribute, ...]:
    """The attributes that differ: those for which the resource is replaced, then by their path.

    :param forces: the paths for which the resource is replaced.
    """
    causes = tuple(forces)
    found = [
        Attribute(shown_path(path, hidden), old, new, any(path[: len(cause)] == cause for cause in causes))
        for path, old, new in _differences((), before, after, hidden)
    ]
    return tuple(sorted(found, key=lambda item: not item.forces))


def _differences(
    path: Path, before: Side, after: Side, hidden: Hidden
) -> Iterator[tuple[Path, str | None, str | None]]:
    if _nothing_differs(before, after):
        return
    if True in (before.sensitive, after.sensitive) or after.unknown is True:
        # What is sensitive on one side is so on the other: an output that became sensitive, say.
        if after.unknown is True or not _same(before.value, after.value):
            secret = True in (before.sensitive, after.sensitive)
            sides = [Side(side.value, secret or side.sensitive, side.unknown) for side in (before, after)]
            yield path, _or_none(sides[0], hidden), _or_none(sides[1], hidden)
        return
    keys = _keys(before, after)
    if keys is None and (marked(before.sensitive) or marked(after.sensitive)):
        before, after = _both_hidden(before, after)
    if keys is not None:
        for key in keys:
            yield from _differences((*path, key), before.child(key), after.child(key), hidden)
        return
    if _same(before.value, after.value):
        return
    documents = _documents(before, after)
    if documents and not _same(documents[0].value, documents[1].value):
        yield from _differences(path, *documents, hidden)
        return
    yield path, _or_none(before, hidden), _or_none(after, hidden)


def _nothing_differs(before: Side, after: Side) -> bool:
    if before.is_empty() and after.is_empty():
        return True
    # The first comparisons are quick, but take 1 for true.
    same = not after.unknown and type(before.value) is type(after.value) and before.value == after.value
    return same and (not isinstance(before.value, (dict, list)) or _same(before.value, after.value))


def _both_hidden(before: Side, after: Side) -> tuple[Side, Side]:
    """Two lists that hide what is sensitive in either.

    Only in lists of one length is it known which members belong together. What is not a list is hidden.
    """
    values = (before.value, after.value)
    mask: Any = True
    if all(isinstance(value, list) for value in values) and len(before.value) == len(after.value):
        mask = [
            marked(before.child(index).sensitive) or marked(after.child(index).sensitive)
            for index in range(len(before.value))
        ]
    return Side(before.value, mask, before.unknown), Side(after.value, mask, after.unknown)


def _or_none(side: Side, hidden: Hidden) -> str | None:
    return None if side.is_empty() else hidden.shown(side)


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON, where 1 is not true."""
    if isinstance(one, _Absent) or isinstance(other, _Absent):
        return one is other
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _keys(before: Side, after: Side) -> list[str | int] | None:
    """The members to compare; ``None`` for values that are compared as a whole: texts, numbers, lists of them."""
    sides = [before.value, after.value]
    maskings = [after.unknown, before.sensitive, after.sensitive]
    given = [value for value in sides if not isinstance(value, _Absent) and value is not None] or [after.unknown]
    if all(isinstance(value, dict) for value in given):
        masks = [mask for mask in maskings[:1] if isinstance(mask, dict)]
        return sorted({str(key) for value in (*given, *masks) for key in value})
    if all(isinstance(value, list) for value in given) and any(
        isinstance(item, (dict, list)) for value in given for item in value
    ):
        return list(range(max(len(value) for value in given)))
    return None


def _documents(before: Side, after: Side) -> tuple[Side, Side] | None:
    """Two JSON documents in texts, such as policies: their members are compared."""
    if marked(before.sensitive) or marked(after.sensitive):
        return None
    found = [
        loads_or_none(side.value) if isinstance(side.value, str) and side.value.lstrip()[:1] in ("{", "[") else None
        for side in (before, after)
    ]
    if isinstance(found[0], (dict, list)) and type(found[0]) is type(found[1]):
        return Side(found[0]), Side(found[1])
    return None


def shown_path(path: Path, hidden: Hidden) -> str:
    """A path as Terraform writes it."""
    text = ""
    for step in path:
        if isinstance(step, int) or not _NAME.fullmatch(step):
            text += f"[{step if isinstance(step, int) else _text(hidden.text(step))}]"
        else:
            text += f".{hidden.text(step)}" if text else hidden.text(step)
    return text
