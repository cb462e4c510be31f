# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads where the database is and who may migrate it, on the control node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..secret_values.source import Secrets


def read_value(secrets: Secrets, source: Any, where: str) -> str:
    """The value of a source: ``{ssm: name}``, ``{secretsmanager: id, key: name}``, …; with ``key``, of a JSON object.

    :param where: the option to name in an error. No error repeats a value.
    :raises SlipwayError: when it cannot be read, or has no such key.
    """
    if not isinstance(source, Mapping):
        return secrets.read(source, where)
    key = source.get("key")
    text = secrets.read({name: value for name, value in source.items() if name != "key"}, where)
    if key is None:
        return text
    try:
        document = loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise SlipwayError("the secret is not a JSON object", where, f"Remove key: {key}, or store one")
    if not isinstance(document.get(key), (str, int)) or document[key] == "":
        names = ", ".join(sorted(str(name) for name in document)) or "none"
        raise SlipwayError(f"the secret has no key {key}", where, f"Its keys are {names}")
    return str(document[key])


def read_plain(secrets: Secrets, source: Any, where: str) -> str:
    """As :func:`read_value`, for what is not a secret: it may be written in place."""
    if isinstance(source, str):
        if not source.strip():
            raise SlipwayError("it is empty", where, "Write the value, or its source")
        return source.strip()
    return read_value(secrets, source, where)
