# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a declared check sends: secrets, bodies and basic authentication, validated. Pure.

A secret is written as its source, ``{env: NAME}``. In a JSON body such a mapping is a secret too, except the body
as a whole; to send such a mapping literally, use ``text``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..common.errors import SlipwayError
from ..secret_values.source import KINDS, is_source
from .smoke import Body, Login, Secret
from .values import references

_KINDS = ("json", "form", "text")
_FORMS = "Write json: {…}, form: {…} or text: …"


def parse_secret(value: Any, where: str) -> Secret:
    """The source of a secret.

    :raises SlipwayError: it is malformed.
    """
    if not is_source(value):
        # The mapping is not shown: it may be a secret that was written in the wrong place.
        raise SlipwayError("this is not a source of a secret", where, f"Write one of {', '.join(KINDS)}: name")
    return Secret(tuple((str(kind), str(name)) for kind, name in value.items()))


def parse_body(value: Any, where: str) -> Body:
    """A check's ``send``.

    :raises SlipwayError: it has none of the allowed forms.
    """
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in _KINDS:
        raise SlipwayError("send must have one of the keys json, form and text", where, _FORMS)
    kind, content = next(iter(value.items()))
    place = f"{where}.{kind}"
    if kind == "json":
        return Body("json", _json(content, place))
    if kind == "form":
        return Body("form", _form(content, place))
    if isinstance(content, Mapping):
        return Body("text", parse_secret(content, place))
    if not isinstance(content, str):
        raise SlipwayError("this is not a string", place, "Quote it if this value is intended")
    return Body("text", str(content))


def _json(value: Any, where: str) -> Any:
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise SlipwayError("JSON has no such value", where, "Quote dates: '2026-11-20'") from error
    if isinstance(plain, dict):
        return {name: _with_secrets(item, where) for name, item in plain.items()}
    return _with_secrets(plain, where)


def _with_secrets(value: Any, where: str) -> Any:
    if is_source(value):
        return parse_secret(value, where)
    if isinstance(value, dict):
        return {name: _with_secrets(item, where) for name, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, where) for item in value]
    return value


def _form(value: Any, where: str) -> tuple[tuple[str, Any], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) and name for name in value):
        raise SlipwayError("a form must map names to values", where, "Write username: …")
    return tuple((str(name), _field(item, f"{where}.{name}")) for name, item in value.items())


def _field(value: Any, where: str) -> Any:
    if isinstance(value, Mapping):
        return parse_secret(value, where)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, float)):
        return value
    raise SlipwayError("this is not a value of a form", where, "Write a text, a number, or {env: NAME}")


def parse_login(value: Any, where: str) -> Login:
    """A check's ``auth``.

    :raises SlipwayError: it is malformed, or its password is written in the inventory.
    """
    if not isinstance(value, Mapping) or set(value) != {"user", "password"}:
        raise SlipwayError("auth needs a user and a password", where, "Write user: …, password: {env: NAME}")
    user, password = value["user"], value["password"]
    if isinstance(password, Mapping):
        secret: str | Secret = parse_secret(password, f"{where}.password")
    elif isinstance(password, str) and list(references(password, f"{where}.password")):
        secret = str(password)
    else:
        raise SlipwayError(
            "a password must not be written here", f"{where}.password", "Write its source, such as {env: NAME}"
        )
    if isinstance(user, Mapping):
        return Login(parse_secret(user, f"{where}.user"), secret)
    if not isinstance(user, str) or not user or ":" in user:
        raise SlipwayError(
            "this is not a valid user name", f"{where}.user", "One without a colon, quoted if it is a number"
        )
    return Login(str(user), secret)
