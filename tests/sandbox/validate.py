# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check a value against botocore's service model: types, required and unknown members, enumerations."""

from __future__ import annotations

import functools
from typing import Any

import botocore.session

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (float, int),
    "float": (float, int),
    "timestamp": (float, int),
    "blob": (str, bytes),
}


@functools.cache
def model(service: str) -> Any:
    """botocore's model of a service."""
    return botocore.session.get_session().get_service_model(service)


def problems(shape: Any, value: Any, path: str, complete: bool = True) -> list[str]:
    """What is wrong with a value of a shape; ``complete`` also wants the required members."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, value, path, complete)
    if kind == "list":
        if not isinstance(value, list):
            return [f"{path}: not a list"]
        return [text for i, one in enumerate(value) for text in problems(shape.member, one, f"{path}[{i}]", complete)]
    if kind == "map":
        return [text for key, one in value.items() for text in problems(shape.value, one, f"{path}.{key}", complete)]
    found = []
    if not isinstance(value, SCALARS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        found.append(f"{path}: {value!r} is no {kind}")
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        found.append(f"{path}: {value!r} is none of {enum}")
    return found


def _structure(shape: Any, value: Any, path: str, complete: bool) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not a structure"]
    found = [f"{path}.{key}: unknown" for key in value if key not in shape.members]
    if complete:
        found += [f"{path}.{key}: missing" for key in shape.required_members if key not in value]
    for key, member in shape.members.items():
        if key in value:
            found += problems(member, value[key], f"{path}.{key}", complete)
    return found


def check_answer(service: str, action: str, answer: dict[str, Any]) -> None:
    """Fail when an answer is not what the service model says of the action's output."""
    shape = model(service).operation_model(action).output_shape
    found = problems(shape, answer, action) if shape is not None else []
    assert not found, found


def check_request(service: str, action: str, body: dict[str, Any]) -> None:
    """Fail when a request is not what the service model says of the action's input."""
    found = problems(model(service).operation_model(action).input_shape, body, action)
    assert not found, found


def check_error(service: str, action: str, code: str) -> None:
    """Fail when an error is none of the action's."""
    known = [
        shape.metadata.get("error", {}).get("code") or shape.name
        for shape in model(service).operation_model(action).error_shapes
    ]
    assert code in known, f"{action} answers {known}, not {code}"
