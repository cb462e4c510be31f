# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads XML and JSON of other programs. Pure."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from ...common.documents import loads

_BEGINS = re.compile(r"^[\[{]", re.MULTILINE)
#: Of a scanner's text, what fits a line.
_SHOWN = 200


def parse_xml(content: bytes) -> ET.Element:
    """The root of a document, without texts and namespaces.

    A document type is allowed (JaCoCo and Cobertura write one) and not loaded; entities are refused, because a few
    lines of them can fill the memory.

    :raises ValueError: it is not XML, or declares entities.
    """
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_declaration: object) -> None:
        raise ValueError("it declares entities")

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: builder.start(name.rpartition("}")[2], attributes)
    parser.EndElementHandler = lambda name: builder.end(name.rpartition("}")[2])
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is not valid XML ({error})") from None
    root = builder.close()
    if not isinstance(root, ET.Element):
        raise ValueError("it is empty")
    return root


def parse_json(content: bytes) -> Any:
    """The value of a JSON document.

    Scripts of npm and pnpm print a heading before it and a line after it, which are left out.

    :raises ValueError: there is none, or there are several, as a script of several workspaces prints.
    """
    text = content.decode("utf-8-sig", "replace")
    try:
        return loads(text)
    except ValueError as error:
        wrong = error
    found: list[Any] = []
    end = 0
    for match in _BEGINS.finditer(text):
        if match.start() >= end:
            try:
                value, end = json.JSONDecoder().raw_decode(text, match.start())
            except (ValueError, RecursionError):
                continue
            found.append(value)
    if len(found) > 1:
        raise ValueError(f"it has {len(found)} JSON documents; let the command write each into a file of its own")
    if not found:
        raise ValueError(f"it is not JSON ({wrong})")
    return found[0]


def mapping(value: Any, what: str = "it") -> Mapping[str, Any]:
    """A JSON object.

    :raises ValueError: it is not one.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} is not an object")
    return value


def rows(value: Any, what: str = "it") -> list[Mapping[str, Any]]:
    """A JSON list of objects.

    :raises ValueError: it is not one.
    """
    if not isinstance(value, list):
        raise ValueError(f"{what} is not a list")
    return [mapping(item, f"an item of {what}") for item in value]


def rows_of(item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The list of objects under a name; empty if it is missing or ``null``.

    :raises ValueError: it is something else.
    """
    return [] if item.get(name) is None else rows(item[name], name)


def number(value: Any, what: str) -> int:
    """A count.

    :raises ValueError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError(f"{what} is not a number")
    try:
        found = int(value)
    except ValueError:
        found = -1
    if found < 0:
        raise ValueError(f"{what} is not a number")
    return found


def line(value: Any) -> str:
    """A text in one line, shortened."""
    text = " ".join(str(value or "").split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
