# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A check's request, built from its declaration, the secrets and the values that other checks took. Pure.

Secrets are read before the first request; values of other checks are known only later. So a request is a
:class:`Draft` first. No error repeats a value. A secret is sent as it is: references in it are not replaced.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ..common.errors import SlipwayError
from .smoke import Body, Login, Secret, SmokeCheck
from .values import Reference, Values, fill, fill_leaf, references, written

#: Returns a secret's value; the second argument is the location to name in an error.
Resolver = Callable[[Secret, str], str]

_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class Request:
    """One complete HTTP request."""

    secure: bool
    host: str
    port: int | None
    path: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Draft:
    """A request with its secrets filled in, but not its references."""

    check: SmokeCheck
    base: Request
    secrets: Mapping[Secret, str] = field(repr=False)

    def fill(self, values: Values) -> Request:
        """The request.

        :param values: the values that other checks took.
        :raises SlipwayError: a value cannot be sent in its place.
        """
        path = self.base.path + fill(self.check.path, values, lambda text: quote(text, safe=""))
        headers = [(name, self._header(name, value, values)) for name, value in self.check.headers]
        given = {name.lower() for name, _value in headers}
        if self.check.auth is not None:
            headers.append(("Authorization", self._basic(self.check.auth, values)))
        body = None
        if self.check.send is not None:
            body = self._body(self.check.send, values)
            headers += [] if "content-type" in given else [("Content-Type", _TYPES[self.check.send.kind])]
        return Request(self.base.secure, self.base.host, self.base.port, path, tuple(headers), body)

    def _text(self, value: str | Secret, values: Values) -> str:
        return self.secrets[value] if isinstance(value, Secret) else fill(value, values)

    def _header(self, name: str, value: str | Secret, values: Values) -> str:
        text = self._text(value, values)
        # http.client would show a bad value in its exception.
        if not text.isascii() or not text.isprintable():
            raise SlipwayError("the value cannot be sent as a header", f"header {name}", "It must be one line of ASCII")
        return text

    def _basic(self, login: Login, values: Values) -> str:
        user, password = self._text(login.user, values), self._text(login.password, values)
        if ":" in user:
            raise SlipwayError("a user name with a colon cannot be sent", "auth.user", "See RFC 7617, section 2")
        return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

    def _body(self, body: Body, values: Values) -> bytes:
        if body.kind == "json":
            return json.dumps(self._filled(body.content, values)).encode()
        if body.kind == "form":
            pairs = [(name, written(self._filled(value, values))) for name, value in body.content]
            return urlencode(pairs).encode()
        return self._text(body.content, values).encode()

    def _filled(self, value: Any, values: Values) -> Any:
        if isinstance(value, Secret):
            return self.secrets[value]
        if isinstance(value, str):
            return fill_leaf(value, values)
        if isinstance(value, Mapping):
            return {name: self._filled(item, values) for name, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, values) for item in value]
        return value


def draft(name: str, base_url: str, check: SmokeCheck, secrets: Resolver) -> Draft:
    """The request of a check, as far as it is known before the other checks ran.

    :param name: the service or host.
    :raises SlipwayError: the base URL or a secret is invalid.
    """
    base = base_of(name, base_url)
    known: dict[Secret, str] = {}
    for place, value in parts(check):
        if isinstance(value, Secret):
            where = f"{place} of smoke check {check.name!r} of {name}"
            known[value] = _sendable(secrets(value, where), place, where)
    return Draft(check, base, known)


def _sendable(text: str, place: str, where: str) -> str:
    if place.startswith("header ") and not (text.isascii() and text.isprintable()):
        raise SlipwayError("the value cannot be sent as a header", where, "It must be one line of ASCII text")
    return text


def base_of(name: str, base_url: str) -> Request:
    """What a check's path is appended to.

    :raises SlipwayError: the base URL is invalid.
    """
    where = f"the base URL of {name}"
    try:
        url = urlsplit(base_url)
        port = url.port
    except ValueError as error:
        raise SlipwayError("the port is not a number", where, "Write http://host:8080") from error
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        raise SlipwayError("it is not an http or https URL", where, "Write https://host, without user or password")
    return Request(url.scheme == "https", url.hostname, port, url.path.rstrip("/"))


def parts(check: SmokeCheck) -> Iterator[tuple[str, str | Secret]]:
    """All parts of a request that may be secret or refer to another check, with their places: ``header X-Api-Key``."""
    yield "path", check.path
    for name, value in check.headers:
        yield f"header {name}", value
    if check.auth is not None:
        yield "auth.user", check.auth.user
        yield "auth.password", check.auth.password
    if check.send is not None:
        content = dict(check.send.content) if check.send.kind == "form" else check.send.content
        yield from _leaves(content, f"send.{check.send.kind}")


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str | Secret]]:
    if isinstance(value, (str, Secret)):
        yield place, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, f"{place}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{place}.{index}")


def secrets_of(check: SmokeCheck) -> Iterator[tuple[str, Secret]]:
    """The secrets of a check, with their places."""
    return ((place, value) for place, value in parts(check) if isinstance(value, Secret))


def references_of(check: SmokeCheck, where: str) -> tuple[Reference, ...]:
    """What a check refers to, each once.

    :raises SlipwayError: a reference is malformed.
    """
    found: dict[Reference, None] = {}
    for place, value in parts(check):
        if isinstance(value, str):
            found.update(dict.fromkeys(references(value, f"{where}: {place}")))
    return tuple(found)
