# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Package indexes from the inventory, with their credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from ..common.errors import SlipwayError
from ..secret_values.source import Secrets

_FIELDS = {"url", "username", "password", "token"}
_EXAMPLE = "Write e.g. {url: https://host/simple/, username: deploy, password: {env: NAME}}"
#: The user name that indexes expect with a token. Source: PyPI's documentation, API tokens.
_TOKEN = "__token__"  # noqa: S105 - a user's name


def index_urls(rows: Any) -> list[str]:
    """The URLs, without reading a secret.

    :raises SlipwayError: a setting is invalid.
    """
    if rows in (None, ""):
        return []
    if not isinstance(rows, list):
        raise SlipwayError("it is not a list", "python_service_indexes", _EXAMPLE)
    return [_checked(row, f"python_service_indexes[{number}]") for number, row in enumerate(rows)]


def read_indexes(secrets: Secrets, rows: Any) -> list[str]:
    """The URLs with their credentials in them, which only the host's configuration of uv or pip ever gets.

    :raises SlipwayError: a setting is invalid, or a secret cannot be read.
    """
    urls = index_urls(rows)
    return [_with(url, rows[number], secrets, f"python_service_indexes[{number}]") for number, url in enumerate(urls)]


def _checked(row: Any, where: str) -> str:
    if not isinstance(row, Mapping) or not isinstance(row.get("url"), str):
        raise SlipwayError("it has no url", where, _EXAMPLE)
    unknown = sorted(str(name) for name in set(row) - _FIELDS)
    if unknown:
        raise SlipwayError(
            f"{', '.join(unknown)} is not known; there are {', '.join(sorted(_FIELDS))}", where, _EXAMPLE
        )
    parts = urlsplit(row["url"])
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SlipwayError("its url is not an HTTP URL", where, _EXAMPLE)
    if parts.username or parts.password:
        raise SlipwayError("its url has credentials in it", where, _EXAMPLE)
    if "password" in row and "token" in row:
        raise SlipwayError("it has a password and a token", where, "Leave one of them out")
    if "username" in row and not isinstance(row["username"], str):
        raise SlipwayError("its username is not a text", where, "Quote it")
    return str(row["url"])


def _with(url: str, row: Mapping[str, Any], secrets: Secrets, where: str) -> str:
    kind = next((name for name in ("password", "token") if name in row), None)
    if kind is None and "username" not in row:
        return url
    user = quote(str(row.get("username") or _TOKEN), safe="")
    password = f":{quote(secrets.read(row[kind], f'{where}.{kind}'), safe='')}" if kind else ""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{user}{password}@{parts.netloc}"))
