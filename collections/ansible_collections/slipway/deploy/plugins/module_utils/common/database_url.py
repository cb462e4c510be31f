# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses of PostgreSQL, as libpq and SQLAlchemy take them. Pure; Python 3.8, and no import of the project's own.

Several hosts, a socket's path (percent-encoded as the host, or in ``?host=``), a service of ``pg_service.conf``, any
driver behind the plus sign. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlencode

_SCHEME = re.compile(r"(?P<scheme>postgres(?:ql)?(?:\+[A-Za-z0-9_]+)?)://")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[^:\[\]@/\s]*)(?::(?P<port>\d*))?")
#: A user, with a password that contains a slash, as SQLAlchemy accepts it; a host and its port do not match.
_SLASHED = re.compile(r"[^:/@]*:(?!\d+/)[^@/]*/[^@]*@")
_SECRET = ("password", "sslpassword", "sslkeypassword")
_PARTS = re.compile(r"[:/@?#&=,;%\s]+")
#: Shorter parts of a password are not hidden: they occur in too many other words.
_SHORTEST = 4
_HIGHEST = 65535


class Address(NamedTuple):
    """The parts of a URL, user and password separate.

    :param user: the part before the host, with its ``@``; or ``""``.
    :param hosts: each with its port, as written.
    """

    scheme: str
    user: str
    hosts: tuple[str, ...]
    database: str
    query: tuple[tuple[str, str], ...]

    @property
    def complete(self) -> bool:
        """Whether it names both a server and a database."""
        names = {name for name, value in self.query if value}
        somewhere = any(self.hosts) or bool(names & {"host", "hostaddr", "service"})
        return somewhere and bool(self.database or names & {"dbname", "database", "service"})


def parse(url: str) -> Address | None:
    """A URL's parts, or ``None`` if it is not a URL of PostgreSQL."""
    match = _SCHEME.match(url)
    if match is None or re.search(r"\s", url):
        return None
    rest, _mark, query = url[match.end() :].partition("?")
    slashed = _SLASHED.match(rest)
    begins = slashed.end() if slashed else 0
    place, _slash, database = rest[begins:].partition("/")
    user, at, listed = place.rpartition("@")
    user = rest[:begins] + user
    hosts = tuple(listed.split(",")) if listed else ()
    for host in hosts:
        found = _HOST.fullmatch(host)
        if found is None or int(found["port"] or 0) > _HIGHEST:
            return None
    return Address(match["scheme"], user + at, hosts, database, tuple(parse_qsl(query, keep_blank_values=True)))


def for_sqlalchemy(url: str) -> str:
    """The URL as SQLAlchemy accepts it: several hosts, or a socket's path, must be in the query."""
    address = parse(url)
    if address is None or not (len(address.hosts) > 1 or (address.hosts[:1] and address.hosts[0].startswith("%2"))):
        return url
    hosts = [("host", unquote(host)) for host in address.hosts]
    port = ""
    if len(hosts) == 1:
        name, _colon, port = address.hosts[0].partition(":")
        hosts, port = [("host", unquote(name))], f":{port}" if port else ""
    query = urlencode([*hosts, *address.query], quote_via=quote, safe="/:[]")
    return f"{address.scheme}://{address.user}{port}/{address.database}?{query}"


def secrets_of(url: str) -> list[str]:
    """The secrets of a URL: the URL itself, and its passwords, both percent-encoded and decoded.

    A parser splits a password with unescaped special characters, and an error may show
    one of them. So each piece is hidden as well.
    """
    found: set[str] = set()
    rest = url.partition("://")[2] or url
    for end in {len(rest), *(place.start() for place in re.finditer("@", rest))}:
        # What a parser may take for the password: from the first colon to the first at sign, or to the last one.
        user, colon, password = rest[:end].partition(":")
        if end < len(rest) and colon and "/" not in user:
            found.add(password)
            found.update(part for part in _PARTS.split(password) if len(part) >= _SHORTEST)
    for text in re.findall(rf"[?&](?:{'|'.join(_SECRET)})=([^&]*)", url):
        found.add(text)
    readings = {reading for word in found for reading in (word, unquote(word), unquote_plus(word))}
    readings |= {quote(unquote(word), safe="") for word in found}
    return sorted((word for word in {url, *readings} if word), key=len, reverse=True)
