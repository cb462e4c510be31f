# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flyway's configuration file, the only place of the credentials. Pure; Python 3.8.

Flyway's own format is neither Java's properties nor escaped (``ConfigUtils.loadConfigurationFromString``): it trims
values, joins a line that ends in a backslash with the next and expands environment variables in ``${…}``. A user or
password that this would change goes into the URL, percent-encoded, where the driver decodes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from ...common.errors import SlipwayError

_URL = re.compile(r"jdbc:postgresql:\S+")
_KEY = re.compile(r"(?:placeholders\.[A-Za-z0-9._-]+|[A-Za-z][A-Za-z0-9.]*)")
_OWN: dict[str, str] = {
    "cleanDisabled": "true",
    "failOnMissingLocations": "true",
    # Otherwise CREATE INDEX CONCURRENTLY waits for Flyway's own transaction forever.
    "postgresql.transactional.lock": "false",
    # Neither pending migrations nor those of a newer release are an error.
    "ignoreMigrationPatterns": "*:pending,*:future",
}
_TAKEN = frozenset(
    {*_OWN, "url", "user", "password", "locations", "configFiles", "outputType", "outputFile", "loggers"}
)


class Connection(NamedTuple):
    """The connection to the database."""

    url: str
    user: str
    password: str


def check_url(url: str, where: str) -> None:
    """Refuse anything but a JDBC URL of PostgreSQL.

    :raises SlipwayError: without showing it: it may contain a password.
    """
    if not _URL.fullmatch(url) or "${" in url or url.endswith("\\"):
        raise SlipwayError(
            "this is not a JDBC URL of PostgreSQL", where, "Write it as in jdbc:postgresql://host:5432/database"
        )


def check_credentials(user: str, password: str) -> None:
    """Refuse what PostgreSQL's own authentication refuses (RFC 4013 forbids control characters).

    :raises SlipwayError: without showing it.
    """
    for name, value in (("username", user), ("password", password)):
        if not value or any(ord(character) < 32 or ord(character) == 127 for character in value):
            raise SlipwayError(
                "it is empty or has a control character in it", name, "Store it again, without a newline"
            )


def check_settings(settings: Mapping[str, Any], where: str) -> None:
    """Refuse settings that Flyway does not have, or that the caller may not set.

    :raises SlipwayError: naming the first.
    """
    for name, value in settings.items():
        short = name[len("flyway.") :] if name.startswith("flyway.") else name
        if not _KEY.fullmatch(short):
            raise SlipwayError(f"{name!r} is not a setting of Flyway", where, "Write its name, such as defaultSchema")
        if short in _TAKEN:
            raise SlipwayError(f"{short} is set by this module", where, "Remove it there")
        if not _survives(_text(value)):
            raise SlipwayError(f"Flyway cannot read the value of {short} from a file", where, "Write a plainer one")


def render(connection: Connection, locations: Sequence[str], settings: Mapping[str, Any]) -> str:
    """The file's content.

    :param locations: directories, absolute.
    :param settings: checked by :func:`check_settings`.
    """
    url, user, password = connection
    lines: dict[str, str] = {}
    for name, value in settings.items():
        lines[name if name.startswith("flyway.") else f"flyway.{name}"] = _text(value)
    lines["flyway.url"] = url
    credentials = {"user": user, "password": password}
    if all(_survives(value) for value in credentials.values()):
        lines.update({f"flyway.{name}": value for name, value in credentials.items()})
    else:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in credentials.items())
        lines["flyway.url"] = f"{url}{'&' if '?' in url else '?'}{query}"
    lines["flyway.locations"] = ",".join(f"filesystem:{path}" for path in locations)
    lines.update({f"flyway.{name}": value for name, value in _OWN.items()})
    return "".join(f"{name}={value}\n" for name, value in lines.items())


def hidden_words(connection: Connection) -> tuple[str, ...]:
    """The secrets to redact in Flyway's output, longest first."""
    in_url = re.findall(r"[?&](?:password|sslpassword)=([^&]*)", connection.url)
    words = {connection.password, quote(connection.password, safe=""), *in_url}
    return tuple(sorted((word for word in words if word), key=len, reverse=True))


def _survives(value: str) -> bool:
    return (
        bool(value)
        and value == value.strip()
        and not value.endswith("\\")
        and "${" not in value
        and not any(ord(character) < 32 or ord(character) == 127 for character in value)
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
