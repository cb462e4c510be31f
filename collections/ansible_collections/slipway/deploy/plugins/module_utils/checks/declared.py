# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Smoke checks as an inventory declares them, validated. Pure.

CONNECT and TRACE are not allowed: they are for proxies. A check runs after every
deploy and on demand, so its request must be safe to repeat, whatever RFC 9110 says about its
method: a failed attempt is retried, for POST and PATCH as well. To prevent that, set
``retries: 0``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from .declared_body import parse_body, parse_login, parse_secret
from .document import parse_wanted
from .order import known
from .smoke import Secret, SmokeCheck
from .values import NAME

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_KEYS = tuple(field.name for field in fields(SmokeCheck))
# Bounds that keep a typing error (interval: 600, retries: 1e6) from holding a deploy up for hours.
_MOST_RETRIES, _LONGEST = 100, 300.0


def parse_checks(raw: Any, where: str, *, trace: bool = True) -> tuple[SmokeCheck, ...]:
    """The checks of one service.

    :param raw: a list of mappings with the keys of :class:`SmokeCheck`; only ``path`` is required. ``None``: no checks.
    :param where: the location for errors, such as ``inventories/dev/host_vars/user-service.yml: smoke_checks``.
    :param trace: whether checks without their own setting carry a trace id.
    :raises SlipwayErrors: every mistake in the list, each with its location and remedy.
    """
    if raw is None:
        return ()
    if isinstance(raw, (str, bytes)) or not isinstance(raw, Sequence):
        raise SlipwayErrors([SlipwayError("smoke checks must be a list", where, "Write - name: …, path: /…")])
    checks: dict[int, SmokeCheck] = {}
    errors: list[SlipwayError] = []
    for index, item in enumerate(raw):
        try:
            checks[index] = parse_check(item, f"{where}[{index}]", trace=trace)
        except SlipwayError as error:
            errors += error.errors if isinstance(error, SlipwayErrors) else [error]
    names = [check.name for check in checks.values()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        errors.append(SlipwayError(f"two checks are named {name!r}", where, "Give each a name of its own"))
    errors = errors or refused_references({f"{where}[{index}]": check for index, check in checks.items()})
    raise_all(errors)
    return tuple(checks.values())


def refused_references(checks: Mapping[str, SmokeCheck]) -> list[SlipwayError]:
    """What is wrong with the references among checks.

    :param checks: the checks of one list, by their locations.
    """
    by_name = {check.name: check for check in checks.values()}
    errors: list[SlipwayError] = []
    for where, check in checks.items():
        try:
            known(check, by_name, where)
        except SlipwayError as error:
            errors.append(error)
    return errors


def parse_check(item: Any, where: str, *, trace: bool = True) -> SmokeCheck:
    """One check.

    :raises SlipwayErrors: as :func:`parse_checks`.
    """
    if not isinstance(item, Mapping):
        raise SlipwayError("a smoke check must be a mapping", where, "Write name: …, path: /…")
    errors = [_unknown(str(key), where) for key in item if key not in _KEYS]
    values: dict[str, Any] = {}
    for key, value in item.items():
        if key not in _KEYS or value is None:
            continue
        try:
            values[str(key)] = _PARSERS[key](value, f"{where}.{key}")
        except SlipwayError as error:
            errors.append(error)
    if item.get("path") is None:
        errors.append(SlipwayError("a smoke check needs a path", where, "Write path: /actuator/health"))
    method = values.setdefault("method", "POST" if "send" in values else "GET")
    if "send" in values and method not in _WITH_BODY:
        remedy = f"Leave method out, or use one of {', '.join(_WITH_BODY)}"
        errors.append(SlipwayError(f"a {method} request has no body", f"{where}.send", remedy))
    if "auth" in values and any(name.lower() == "authorization" for name, _value in values.get("headers", ())):
        errors.append(SlipwayError("auth and the header Authorization cannot be combined", where, "Keep one of them"))
    raise_all(errors)
    return SmokeCheck(**{"name": f"{method} {values['path']}", "trace": trace, **values})


def _unknown(key: str, where: str) -> SlipwayError:
    close = difflib.get_close_matches(key, _KEYS, 1)
    remedy = f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(_KEYS)}"
    return SlipwayError(f"a smoke check has no {key!r}", where, remedy)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise SlipwayError(f"{value!r} is not a string", where, "Quote it if this value is intended")
    return str(value)


def _path(value: Any, where: str) -> str:
    text = _text(value, where)
    if not text.startswith("/") or text.startswith("//") or not text.isascii() or any(c <= " " for c in text):
        remedy = "Write it from the slash on, percent-encoded: /users/1?full=true"
        raise SlipwayError(f"{text!r} is not a path", where, remedy)
    return text


def _method(value: Any, where: str) -> str:
    text = _text(value, where).upper()
    if text not in _METHODS:
        raise SlipwayError(f"{value!r} is not a method for a check", where, f"Use one of {', '.join(_METHODS)}")
    return text


def _status(value: Any, where: str) -> tuple[int, ...]:
    codes = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    if not codes or not all(
        isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 599 for code in codes
    ):
        raise SlipwayError(f"{value!r} is not an HTTP status code", where, "Write 200, or [200, 204]")
    return tuple(int(code) for code in codes)


def _headers(value: Any, where: str) -> tuple[tuple[str, str | Secret], ...]:
    if not isinstance(value, Mapping):
        raise SlipwayError("headers must be a mapping", where, "Write Accept: application/json")
    return tuple((_header_name(name, where), _header_value(item, f"{where}.{name}")) for name, item in value.items())


def _header_name(name: Any, where: str) -> str:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise SlipwayError(f"{name!r} is not a valid header name", where, "Letters, digits and - as in X-Api-Key")
    return str(name)


def _header_value(value: Any, where: str) -> str | Secret:
    if isinstance(value, Mapping):
        return parse_secret(value, where)
    if not isinstance(value, str) or not value.isprintable() or not value.isascii():
        raise SlipwayError(
            "this is not a valid header value", where, "Write one line of ASCII text, in quotes if it is a number"
        )
    return str(value)


def _json(value: Any, where: str) -> tuple[tuple[str, Any], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(path, str) and path for path in value):
        raise SlipwayError("json must map dotted paths to values", where, "Write status: UP")
    return tuple((str(path), parse_wanted(wanted, f"{where}.{path}")) for path, wanted in value.items())


def _take(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, Mapping) or not all(isinstance(path, str) and path for path in value.values()):
        raise SlipwayError("take must map names to dotted paths", where, "Write token: access_token")
    for name in value:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise SlipwayError(f"{name!r} is not a valid name for a value", where, "Letters, digits, _ and -")
    return tuple((str(name), str(path)) for name, path in value.items())


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise SlipwayError(f"{value!r} is neither true nor false", where, "Write true or false")
    return value


def _retries(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_RETRIES:
        raise SlipwayError(f"{value!r} is not a valid number of retries", where, f"0 to {_MOST_RETRIES}")
    return int(value)


def _seconds(value: Any, where: str) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 0 < value <= _LONGEST:
        raise SlipwayError(f"{value!r} is not a valid number of seconds", where, f"More than 0, at most {_LONGEST:g}")
    return float(value)


_PARSERS: Mapping[str, Callable[[Any, str], Any]] = {
    "name": _text,
    "path": _path,
    "method": _method,
    "status": _status,
    "headers": _headers,
    "body": _text,
    "json": _json,
    "retries": _retries,
    "interval": _seconds,
    "timeout": _seconds,
    "max_latency": _seconds,
    "send": parse_body,
    "auth": parse_login,
    "take": _take,
    "trace": _truth,
}
