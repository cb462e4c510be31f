# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The raw answer of a call beside the parsed one: botocore drops every field that its service model does not know."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

RAW = "SlipwayRaw"
"""The key under which :func:`keep_raw` puts the raw answer into the parsed response."""


def keep_raw(client: Any, operation: str) -> None:
    """Make every answer of ``operation`` (``"DescribeTaskDefinition"``) carry its raw JSON under :data:`RAW`.

    Safe to call again and from several threads: the answer travels with its own response.
    """
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}.{operation}", _attach, unique_id=f"slipway-raw-{operation}")


def _attach(response_dict: Mapping[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    if response_dict["status_code"] >= 300:
        return
    # A truncated body is not kept: see complete.py.
    with suppress(ValueError, RecursionError):
        customized_response_dict[RAW] = json.loads(response_dict["body"] or b"{}")


def unknown_fields(raw: Any, shape: Any, path: str = "") -> list[str]:
    """The paths of ``raw`` that the botocore ``shape`` does not know, sorted: ``containerDefinitions[0].newThing``.

    Maps and lists are followed; documents are free-form, so everything in them is known. A field that is ``null``
    says nothing and is not reported.
    """
    return sorted(_walk(raw, shape, path))


def _walk(raw: Any, shape: Any, path: str) -> Iterator[str]:
    if raw is None or getattr(shape, "is_document_type", False):
        return
    if shape.type_name == "structure" and isinstance(raw, Mapping):
        yield from _walk_structure(raw, shape, path)
    elif shape.type_name == "list" and isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _walk(value, shape.member, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(raw, Mapping):
        for name, value in raw.items():
            yield from _walk(value, shape.value, f"{path}.{name}")
    elif isinstance(raw, (Mapping, list)):
        # A scalar that became a structure: botocore would drop or mangle it.
        yield path


def _walk_structure(raw: Mapping[str, Any], shape: Any, path: str) -> Iterator[str]:
    members = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    for name, value in raw.items():
        where = f"{path}.{name}" if path else str(name)
        if name in members:
            yield from _walk(value, members[name], where)
        elif value is not None:
            yield where
