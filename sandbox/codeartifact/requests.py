# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests of the API, read and checked by botocore's service model: what it does not know is refused."""

from __future__ import annotations

import functools
import json
import re
from typing import Any
from urllib.parse import parse_qs

from sandbox.codeartifact.store import CodeArtifactError

_INVALID = "ValidationException"


@functools.cache
def operations() -> dict[tuple[str, str], Any]:
    """The operations by method and path."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("codeartifact")
    found = [model.operation_model(name) for name in model.operation_names]
    return {(one.http["method"], one.http["requestUri"]): one for one in found}


def operation_of(method: str, path: str) -> str:
    """The operation of a request; its method and path if there is none."""
    found = operations().get((method, path))
    return str(found.name) if found is not None else f"{method} {path}"


def read_request(method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
    """The members of a request. Raises CodeArtifactError."""
    shape = operations()[(method, path)].input_shape
    given: dict[str, Any] = {}
    by_name = {
        member.serialization.get("name", name): (name, member)
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring"
    }
    for key, values in parse_qs(query, keep_blank_values=True, strict_parsing=bool(query)).items():
        if key not in by_name or len(values) != 1:
            raise CodeArtifactError(_INVALID, f"Unknown or repeated parameter {key}")
        name, member = by_name[key]
        given[name] = _converted(member, values[0], name)
    given |= _of_body(shape, body)
    for name in shape.required_members:
        if name not in given:
            raise CodeArtifactError(_INVALID, f"1 validation error detected: {name} must not be null")
    for name, value in given.items():
        _check(shape.members[name], value, name)
    return given


def _of_body(shape: Any, body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise CodeArtifactError(_INVALID, "The body is not valid JSON") from None
    known = {name for name, member in shape.members.items() if not member.serialization.get("location")}
    if not isinstance(found, dict) or not set(found) <= known:
        raise CodeArtifactError(_INVALID, "The body has unknown members")
    return found


def _converted(member: Any, text: str, name: str) -> Any:
    if member.type_name in ("integer", "long"):
        if not text.isdecimal():
            raise CodeArtifactError(_INVALID, f"{name} must be a number")
        return int(text)
    if member.type_name == "boolean":
        return text == "true"
    return text


def _check(member: Any, value: Any, name: str) -> None:
    kinds: dict[str, Any] = {"string": str, "integer": int, "long": int, "boolean": bool, "list": list, "map": dict}
    if not isinstance(value, kinds.get(member.type_name, object)):
        raise CodeArtifactError(_INVALID, f"{name} must be a {member.type_name}")
    if member.type_name == "list" and isinstance(value, list):
        for one in value:
            _check(member.member, one, name)
    if member.type_name == "structure":
        return
    size = value if member.type_name in ("integer", "long") else len(value) if hasattr(value, "__len__") else 0
    low, high = member.metadata.get("min"), member.metadata.get("max")
    if (low is not None and size < low) or (high is not None and size > high):
        raise CodeArtifactError(_INVALID, f"{name} must be between {low} and {high}")
    enum = getattr(member, "enum", None)
    if enum and value not in enum:
        raise CodeArtifactError(_INVALID, f"{name} must satisfy enum value set: {', '.join(enum)}")
    pattern = member.metadata.get("pattern")
    # Python's expressions do not know Unicode classes.
    if pattern and r"\P" not in pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
        raise CodeArtifactError(_INVALID, f"{name} must satisfy regular expression pattern: {pattern}")
