# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A checklist as an inventory declares it, validated. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..common.errors import SlipwayError, SlipwayErrors, raise_all
from ..secret_values.source import is_source
from .declared import parse_check, refused_references
from .declared_body import parse_secret
from .document import is_number
from .probes import Command, Heartbeat, Http, Probe, Queue, Redis, Sentry, Spec, Unit, Via
from .smoke import Secret

_LONGEST = 300.0
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_LEVELS = ("fatal", "error", "warning", "info", "debug")
#: How the length of a kind of queue is asked.
_LENGTHS = {"list": "LLEN", "stream": "XLEN", "sorted_set": "ZCARD", "set": "SCARD"}


def parse_checklist(raw: Any, where: str, *, trace: bool = True) -> tuple[Probe, ...]:
    """The rows of a checklist.

    :param raw: a list of mappings with ``name``, ``kind`` and what the kind takes. ``None``: no rows.
    :param where: the location to name in an error, such as ``inventories/staging: site_checklist``.
    :param trace: whether requests carry a trace id.
    :raises SlipwayErrors: every mistake in the list, each with its location and remedy.
    """
    if raw is None:
        return ()
    if isinstance(raw, (str, bytes)) or not isinstance(raw, Sequence):
        raise SlipwayErrors([SlipwayError("a checklist must be a list", where, "Write - name: …, kind: …")])
    probes: list[Probe] = []
    errors: list[SlipwayError] = []
    for index, item in enumerate(raw):
        try:
            probes.append(_parse(item, f"{where}[{index}]", trace))
        except SlipwayError as error:
            errors += error.errors if isinstance(error, SlipwayErrors) else [error]
    names = [probe.name for probe in probes]
    for name in sorted({name for name in names if names.count(name) > 1}):
        errors.append(SlipwayError(f"two rows are named {name!r}", where, "Give each a name of its own"))
    checks = {probe.name: probe.spec.check for probe in probes if isinstance(probe.spec, Http)}
    errors = errors or refused_references({f"{where}: {name}": check for name, check in checks.items()})
    raise_all(errors)
    return tuple(probes)


def _parse(item: Any, where: str, trace: bool) -> Probe:
    if not isinstance(item, Mapping):
        raise SlipwayError("a row must be a mapping", where, "Write name: …, kind: …")
    row = RowReader({str(key): value for key, value in item.items() if value is not None}, where, trace)
    row.name, kind = row.text("name"), row.text("kind")
    if kind not in KINDS:
        raise SlipwayError(f"there is no kind {kind!r}", f"{where}.kind", f"Use one of {', '.join(KINDS)}")
    spec = KINDS[kind](row)
    via: Via = row.via(default=spec.home) if spec.movable else spec.home
    if (via, spec.home) == ("control", "host"):
        raise SlipwayError("only the host can read the service's environment", f"{where}.via", "Write via: host")
    if isinstance(spec, Http):
        return Probe(row.name, kind, spec)
    probe = Probe(row.name, kind, spec, via, row.seconds("timeout", 10.0), row.seconds("wait", 0.0))
    row.finish()
    return probe


class RowReader:
    """A row whose values are taken out one by one; the keys that are left are unknown."""

    def __init__(self, values: dict[str, Any], where: str, trace: bool) -> None:
        self.values = values
        self.where = where
        self.name = ""
        self.trace = trace
        self._known: list[str] = []

    def take(self, key: str, default: Any = None) -> Any:
        """A value as it is written."""
        self._known.append(key)
        return self.values.pop(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """A value that must be a printable text."""
        value = self.take(key, default)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            what = f"{key} is missing" if value is None else f"{key} is not a string"
            raise SlipwayError(what, self.where, f"Write {key}: …, quoted if it is a number")
        return str(value)

    def seconds(self, key: str, default: float) -> float:
        """A duration in seconds."""
        value = self.take(key, default)
        if not is_number(value) or not 0 <= value <= _LONGEST or (key == "timeout" and value == 0):
            raise SlipwayError(
                f"{value!r} is not a valid number of seconds", f"{self.where}.{key}", f"At most {_LONGEST:g}"
            )
        return float(value)

    def via(self, default: Via) -> Via:
        """From where the row is asked."""
        value = self.take("via", default)
        if value not in ("control", "host"):
            raise SlipwayError(f"{value!r} is not a value for via", f"{self.where}.via", "Write control or host")
        return "host" if value == "host" else "control"

    def secret(self, key: str) -> Secret:
        """A source of a secret."""
        return parse_secret(self.take(key), f"{self.where}.{key}")

    def finish(self) -> None:
        """Refuse unknown keys."""
        errors = []
        for key in self.values:
            close = difflib.get_close_matches(key, self._known, 1)
            remedy = f"Did you mean {close[0]}?" if close else f"Use one of {', '.join(self._known)}"
            errors.append(SlipwayError(f"a row of this kind has no {key!r}", self.where, remedy))
        raise_all(errors)


def _http(row: RowReader) -> Http:
    url = row.take("url")
    if url is not None and not _is_web(url):
        # It is not shown: it may contain a password.
        remedy = "Write https://crm.example.org, without user or password"
        raise SlipwayError("this is not a URL", f"{row.where}.url", remedy)
    check = parse_check({"name": row.name, **row.values}, row.where, trace=row.trace)
    return Http(check, str(url).rstrip("/") if url is not None else None)


def _is_web(url: Any) -> bool:
    """Whether it is the URL of a web server, without credentials."""
    parts = _split(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.username or parts.password)


def _split(url: Any) -> SplitResult:
    """The parts of a URL; empty for anything else."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        parts.port  # noqa: B018 - raises where it is not a number
    except ValueError:
        return urlsplit("")
    return parts


def _import_wizard(row: RowReader) -> Http:
    row.values.setdefault("method", "POST")
    # An import leaves traces, if only in a log: one is enough to see that it works.
    row.values.setdefault("retries", 0)
    return _http(row)


def _scheduler(row: RowReader) -> Spec:
    if "path" in row.values:
        if "json" not in row.values:
            remedy = "Write json: {scheduler.running: true}, or json: {scheduler.last_run: {max_age: 120}}"
            raise SlipwayError("nothing checks whether the scheduler runs", row.where, remedy)
        return _http(row)
    if "key" not in row.values:
        remedy = "Write path and json, or url, key and max_age of a heartbeat in Redis"
        raise SlipwayError("nothing checks whether the scheduler runs", row.where, remedy)
    max_age = row.take("max_age")
    if not is_number(max_age) or max_age <= 0:
        raise SlipwayError("max_age is not a valid number of seconds", f"{row.where}.max_age", "Write max_age: 120")
    return Heartbeat(_redis(row, "GET"), float(max_age))


def _queue(row: RowReader) -> Queue:
    kind = row.take("type", "list")
    if not isinstance(kind, str) or kind not in _LENGTHS:
        raise SlipwayError(f"{kind!r} is not a type of queue", f"{row.where}.type", f"Use one of {', '.join(_LENGTHS)}")
    below = row.take("below", 10)
    if not isinstance(below, int) or isinstance(below, bool) or below < 1:
        raise SlipwayError(f"{below!r} is not a valid limit", f"{row.where}.below", "Write a whole number from 1")
    return Queue(_redis(row, _LENGTHS[kind]), int(below))


def _redis(row: RowReader, command: str) -> Redis:
    url, password, ca_file = row.take("url"), row.take("password"), row.take("ca_file")
    where = f"{row.where}.url"
    variable = None
    named = url.get("service") if isinstance(url, Mapping) and len(url) == 1 else None
    if isinstance(named, str):
        url, variable = None, str(named)
    elif is_source(url):
        url = parse_secret(url, where)
    else:
        url = _plain_url(url, where)
    secret = parse_secret(password, f"{row.where}.password") if password is not None else None
    if ca_file is not None and not isinstance(ca_file, str):
        raise SlipwayError("ca_file is not a path", row.where, "Write the path of a certificate authority's file")
    return Redis((command, row.text("key")), url, variable, secret, ca_file)


def _plain_url(url: Any, where: str) -> str:
    parts = _split(url)
    if parts.scheme not in ("redis", "rediss", "unix"):
        remedy = "Write redis://host:6379/0, {env: REDIS_URL}, or {service: REDIS_URL} for what the service itself has"
        raise SlipwayError("this is not the address of a Redis server", where, remedy)
    if parts.password:
        raise SlipwayError(
            "a password must not be written here", where, "Write password: {env: NAME}, or url: {env: NAME}"
        )
    return str(url)


def _sentry(row: RowReader) -> Sentry:
    levels = _names(row, "levels", ["error", "fatal"])
    for level in levels:
        if level not in _LEVELS:
            raise SlipwayError(f"{level!r} is not a level", f"{row.where}.levels", f"Use one of {', '.join(_LEVELS)}")
    if not levels:
        raise SlipwayError("levels is empty", f"{row.where}.levels", f"Use one of {', '.join(_LEVELS)}")
    url = row.text("url", Sentry.url)
    if not _is_web(url):
        raise SlipwayError("this is not the address of a Sentry server", f"{row.where}.url", "Write https://sentry.io")
    organization = row.text("organization")
    projects = _names(row, "projects", [])
    for name in (organization, *projects):
        if not _SLUG.fullmatch(name):
            raise SlipwayError(f"{name!r} is not a slug", row.where, "Write it as in Sentry's URLs")
    environment = row.take("environment")
    return Sentry(
        organization=organization,
        token=row.secret("token"),
        projects=projects,
        environment=str(environment) if environment is not None else None,
        levels=levels,
        url=url.rstrip("/"),
    )


def _names(row: RowReader, key: str, default: list[str]) -> tuple[str, ...]:
    value = row.take(key, default)
    items = [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, (str, int)) for item in items):
        raise SlipwayError(f"{key} is not a list of names", row.where, f"Write {key}: [name]")
    return tuple(str(item) for item in items)


def _systemd(row: RowReader) -> Unit:
    unit = row.take("unit")
    if unit is not None and (not isinstance(unit, str) or not unit or "/" in unit or " " in unit):
        raise SlipwayError(f"{unit!r} is not a unit", f"{row.where}.unit", "Write nginx, or nginx.service")
    return Unit(str(unit) if unit is not None else None)


def _command(row: RowReader) -> Command:
    argv = row.take("argv")
    if not isinstance(argv, (list, tuple)) or not argv or not all(isinstance(word, str) for word in argv):
        remedy = "Write argv: [program, argument], each a text; there is no shell"
        raise SlipwayError("argv is not a list of strings", row.where, remedy)
    return Command(tuple(str(word) for word in argv))


#: The registry of kinds: the reader of each kind of row. To add one, write a subclass of Spec and add its reader here.
KINDS: Mapping[str, Callable[[RowReader], Spec]] = {
    "http": _http,
    "import_wizard": _import_wizard,
    "scheduler": _scheduler,
    "sentry": _sentry,
    "redis_queue": _queue,
    "systemd": _systemd,
    "command": _command,
}
