# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds values that YAML does not read as they are written: ``1.10``, ``0012345``, ``on``, ``1:20``. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from ..common.errors import SlipwayError
from ..kinds.registry import KINDS
from .known import FREE, NUMBERS, RUN, TEXTS, TRUTHS

Node = Any
"""A node of PyYAML."""

_YAML: Final = "tag:yaml.org,2002:"
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_KINDS: Final = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
    "null": "null",
}
#: Mappings of texts, in which booleans and numbers are allowed.
_TABLES: Final = frozenset(("dev_environment", "runtime_parameters_environment")).union(
    *(kind.all_tables for kind in KINDS)
)
_SECRET: Final = re.compile("secret|password|token|key")
_LISTS: Final = frozenset[str]().union(*(kind.all_lists for kind in KINDS))


def misread(variables: Node, shown: str, texts: Collection[str] = ()) -> Iterator[SlipwayError]:
    """The values in a mapping of variables that YAML does not read as written.

    :param texts: text variables besides Slipway's.
    """
    for key, value in variables.value if variables.id == "mapping" else ():
        name = str(key.value)
        if name in TEXTS or name in texts:
            yield from _texts(name, value, shown, name in FREE)
        elif name in NUMBERS:
            yield from _number(name, value, shown)
        elif name in _TABLES:
            yield from _table(name, value, shown)
        elif name in _LISTS:
            yield from _texts(name, value, shown, True)
        elif (name in TRUTHS or name in RUN) and kind_of(value) == "null":
            yield SlipwayError(f"{name} is null", _at(value, shown), "Give it a value, or leave it out")


def misread_inventory(root: Node, shown: str, texts: Collection[str] = ()) -> Iterator[SlipwayError]:
    """The same for a static inventory: its groups' variables and its hosts'."""
    for _name, group in root.value if root.id == "mapping" else ():
        for section, inner in group.value if group.id == "mapping" else ():
            if section.value == "vars":
                yield from misread(inner, shown, texts)
            elif section.value == "hosts" and inner.id == "mapping":
                for _host, variables in inner.value:
                    yield from misread(variables, shown, texts)
            elif section.value == "children":
                yield from misread_inventory(inner, shown, texts)


def kind_of(node: Node) -> str:
    """The type that YAML gives a node: ``str``, ``int``, ``null``, …, or its explicit tag."""
    return str(node.tag).removeprefix(_YAML)


def _texts(name: str, value: Node, shown: str, nested: bool) -> Iterator[SlipwayError]:
    if value.id == "scalar":
        if kind_of(value) in _KINDS and not _WHOLE.fullmatch(value.value):
            yield _wrong(name, value, shown)
    elif nested:
        for item in value.value:
            label = f"{name}.{item[0].value}" if value.id == "mapping" else name
            yield from _texts(label, item[1] if value.id == "mapping" else item, shown, True)


def _number(name: str, value: Node, shown: str) -> Iterator[SlipwayError]:
    kind = kind_of(value)
    if value.id != "scalar" or kind == "str" or kind not in _KINDS:
        return
    if not (_WHOLE.fullmatch(value.value) or (kind == "float" and re.fullmatch(r"[0-9]+\.[0-9]+", value.value))):
        what = "is null" if kind == "null" else f"{value.value} is not read as it is written"
        what = f"{name} {what}" if kind == "null" else f"{name}: {what}"
        yield SlipwayError(what, _at(value, shown), f"Write {name}: and a number in plain digits, or leave it out")


def _table(name: str, table: Node, shown: str) -> Iterator[SlipwayError]:
    """Values are not shown: one may be a secret."""
    for key, value in table.value if table.id == "mapping" else ():
        kind, raw = kind_of(value), str(value.value)
        plain = (kind == "bool" and raw in ("true", "false")) or (kind == "int" and _WHOLE.fullmatch(raw))
        if value.id == "scalar" and kind in _KINDS and kind != "null" and not plain:
            what = f"{name}: {key.value} is {_KINDS[kind]}, because it is not in quotes"
            yield SlipwayError(what, _at(value, shown), "Write it in quotes")


def _wrong(name: str, value: Node, shown: str) -> SlipwayError:
    kind = kind_of(value)
    if kind == "null":
        return SlipwayError(f"{name} is null", _at(value, shown), "Write a text, or leave it out")
    written = "…" if _SECRET.search(name) else value.value
    what = f"{name} is {_KINDS[kind]}, because {written} is not in quotes"
    return SlipwayError(what, _at(value, shown), f'Write {name.rpartition(".")[2]}: "{written}"')


def place(line: int, shown: str) -> str:
    """The location of a line of a file; ``-e`` has only one line."""
    return shown if shown == "-e" else f"{shown}:{line}"


def _at(node: Node, shown: str) -> str:
    return place(int(node.start_mark.line) + 1, shown)
