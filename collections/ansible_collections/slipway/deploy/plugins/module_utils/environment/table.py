# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The environment variables that an application requires, as an argument spec in its inventory. Pure.

No error shows a value: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..common import database_url
from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from ..common.suggest import suggest
from ..systemd.environment_file import NAME

_KEYS = ("type", "required", "choices", "page", "delivered")
_PLAIN = "Write it as DATABASE_URL: {type: postgresql_url}, or REDIS_URL: {required: false}"


@dataclass(frozen=True)
class Row:
    """One variable.

    :ivar type: the type of its value, a key of :data:`TYPES`.
    :ivar choices: the allowed values, if limited.
    :ivar page: whether it is built into the page, where it is public.
    :ivar delivered: whether its value is the path of a file that a deploy delivers.
    """

    name: str
    type: str = "str"
    required: bool = True
    choices: tuple[str, ...] = ()
    page: bool = False
    delivered: bool = False


@dataclass(frozen=True)
class Given:
    """The variables of the inventory; the value is ``None`` if it is stored elsewhere and not read.

    :ivar service: the service's variables and credentials; ``page``: those of the build.
    :ivar files: the paths of the files that a deploy delivers.
    """

    service: Mapping[str, str | None]
    page: Mapping[str, str | None]
    files: Collection[str] = ()


def parse_table(raw: Any, where: str) -> tuple[Row, ...]:
    """The rows of ``site_environment_table``.

    :param raw: name → the fields of :class:`Row`, or nothing. ``None``: no rows.
    :raises SlipwayErrors: naming all mistakes.
    """
    if raw is None:
        return ()
    if not isinstance(raw, Mapping):
        raise SlipwayErrors([SlipwayError("the table is not a mapping", where, _PLAIN)])
    rows: list[Row] = []
    errors: list[SlipwayError] = []
    for name, spec in raw.items():
        try:
            rows.append(_parse(str(name), {} if spec is None else spec, where))
        except SlipwayErrors as error:
            errors += error.errors
    raise_all(errors)
    return tuple(rows)


def _parse(name: str, spec: Any, where: str) -> Row:
    errors: list[SlipwayError] = []
    if not NAME.fullmatch(name):
        errors.append(SlipwayError(f"{name!r} is not a valid name of a variable", where, "Letters, digits and _"))
    if not isinstance(spec, Mapping):
        raise SlipwayErrors([*errors, SlipwayError(f"{name} is not a mapping", where, _PLAIN)])
    for key in spec:
        if key not in _KEYS:
            remedy = suggest(str(key), _KEYS) or f"Use one of {', '.join(_KEYS)}"
            errors.append(SlipwayError(f"{name} has the unknown key {key}", where, remedy))
    kind = spec.get("type", "str")
    if kind not in TYPES:
        remedy = suggest(str(kind), list(TYPES)) or f"Use one of {', '.join(TYPES)}"
        errors.append(SlipwayError(f"{name}: there is no type {kind}", where, remedy))
    truths = {key: spec.get(key, key == "required") for key in ("required", "page", "delivered")}
    for key, value in truths.items():
        if not isinstance(value, bool):
            errors.append(SlipwayError(f"{name}: {key} is {value!r}", where, "Write true or false"))
    choices = spec.get("choices", [])
    if isinstance(choices, (str, Mapping)) or not isinstance(choices, (list, tuple)):
        errors.append(SlipwayError(f"{name}: choices is not a list", where, "Write choices: [/api]"))
        choices = []
    raise_all(errors)
    return Row(name, str(kind), choices=tuple(map(str, choices)), **truths)


def check_table(rows: Collection[Row], given: Given, environment: str, where: str) -> None:
    """Refuse an environment in which a required variable is missing or invalid.

    :raises SlipwayErrors: one error for each.
    """
    errors = [error for row in rows if (error := _wrong(row, given, environment, where)) is not None]
    raise_all(errors)


def _wrong(row: Row, given: Given, environment: str, where: str) -> SlipwayError | None:
    found = given.page if row.page else given.service
    variable = "site_front_end_environment" if row.page else "site_environment"
    if row.name not in found:
        if not row.required:
            return None
        example = row.choices[0] if row.choices else "…" if row.page else f"{{env: {row.name}}}"
        what = f"{row.name} is missing, and {environment} needs it"
        return SlipwayError(what, where, f"Add it to {variable}, as in {row.name}: {example}")
    value = found[row.name]
    if value is None or (not row.required and not value.strip()):
        return None
    if row.choices and value not in row.choices:
        return SlipwayError(
            f"{row.name} has a value that {environment} does not allow", where, f"Write {' or '.join(row.choices)}"
        )
    looks, example = TYPES[row.type]
    if not looks(value):
        return SlipwayError(f"{row.name} is empty or not of type {row.type}", where, f"Write it as in {example}")
    if row.delivered and value not in given.files:
        what = f"{row.name} names a file that no deploy installs"
        return SlipwayError(what, where, "Add its path and the source of its content to site_files")
    return None


def _text(value: str) -> bool:
    return bool(value.strip())


def _int(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _path(value: str) -> bool:
    return value.startswith("/") and ".." not in value.split("/") and "\n" not in value


def _url(scheme: str) -> Callable[[str], bool]:
    """Whether a text is a URL of a scheme (a pattern), with a host, or with a socket's path behind ``unix://``."""

    def looks(value: str) -> bool:
        try:
            parts = urlsplit(value)
            host, _port = parts.hostname, parts.port
        except ValueError:
            return False
        local = parts.scheme == "unix"
        fine = bool(re.fullmatch(scheme, parts.scheme)) and bool(host or local) and not re.search(r"\s", value)
        return fine and (not local or bool(parts.path.strip("/")))

    return looks


def _postgresql_url(value: str) -> bool:
    address = database_url.parse(value)
    return address is not None and address.complete


#: The pattern of each type's values, and an example.
TYPES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "str": (_text, "a text"),
    "int": (_int, "587"),
    "path": (_path, "/etc/salitemihret/license.json"),
    "url": (_url("https?"), "https://minio.example.org"),
    "postgresql_url": (_postgresql_url, "postgresql+psycopg2://user:password@host:5432/database"),
    "redis_url": (_url("rediss?|unix"), "redis://:password@host:6379/0"),
}
