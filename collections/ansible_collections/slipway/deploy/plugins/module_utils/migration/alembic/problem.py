# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error messages for :mod:`.program`, each with a next step. Pure; Python 3.8."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...common.redact import redact
from ..model import Failure

_STATES = {
    "28P01": ("the database refused the user or the password", "Correct the secret that holds the URL"),
    "28000": ("the database does not let this user in from here", "Correct pg_hba.conf, or the URL's user"),
    "3D000": ("there is no such database", "Correct the database's URL, or create it"),
    "53300": ("the database has no connection left", "Wait, or raise max_connections"),
    "57P03": ("the database is starting or stopping", "Run this again when it is up"),
    "42501": ("the database does not allow it", "Give the URL's user the right, or use the owner's URL"),
    "55P03": ("the database did not get a lock in time", "See in pg_stat_activity who holds it, then run this again"),
}
# psycopg2 has no SQLSTATE for a failed connection.
_CONNECTION = (
    (r"password authentication failed|no password supplied", "28P01"),
    (r"no pg_hba\.conf entry|role \S+ does not exist|is not permitted to log in", "28000"),
    (r"database \S+ does not exist", "3D000"),
    (r"too many clients|remaining connection slots", "53300"),
    (r"the database system is (?:starting up|shutting down)", "57P03"),
)
_UNREACHABLE = re.compile(
    r"could not connect|connection (?:refused|timed out|to server)|could not translate host|timeout expired"
    r"|Connect call failed|Name or service not known|Temporary failure in name resolution|server closed the connection"
    r"|connection was closed|No route to host",
    re.IGNORECASE,
)
_OTHERS = (
    (
        r"ModuleNotFoundError: No module named '(?:alembic|sqlalchemy)\b",
        "there is no Alembic in the release's environment",
        "Add alembic to its lock file",
    ),
    (
        r"ModuleNotFoundError: No module named '(?:psycopg2?|asyncpg|pg8000)\b",
        "the release's environment lacks the driver that the URL names",
        "Add it to its lock file",
    ),
    (
        r"NoSuchModuleError: Can't load plugin: sqlalchemy\.dialects:postgres$",
        "SQLAlchemy does not know postgres://",
        "Write the URL as in postgresql://user@host:5432/database",
    ),
    (
        r"No 'script_location' key found",
        "there is no Alembic configuration, or it does not say script_location",
        "Correct directory and configuration",
    ),
    (r"Path doesn't exist: ", "the directory of the migrations is not there", "Correct script_location"),
    (r"No space left on device", "the disk is full", "Free space on the host, then run this again"),
)
_NAME, _SHOWN = 60, 3
_NOISE = re.compile(r"\(Background on this error at: \S+\)|For further information visit \S+")


def read_trouble(said: Mapping[str, Any]) -> Failure:
    """The error that :mod:`.program` reported."""
    known = _KINDS.get(str(said.get("kind")))
    if known is not None:
        return known(said)
    message = _one_line(str(said.get("message") or ""))
    line = _one_line(f"{said.get('type')}: {message}")
    state = str(said.get("state") or "") or _connection_state(message)
    if said.get("blocked"):
        return Failure(
            f"the database did not grant a lock in time: it {waited_for(said['blocked'])} ({redact(message)})",
            "End that transaction (SELECT pg_terminate_backend(pid)), then run this again",
        )
    if state in _STATES:
        what, remedy = _STATES[state]
        return Failure(f"{what} ({redact(message)})", remedy)
    if _UNREACHABLE.search(message):
        return Failure(
            f"the database cannot be reached ({redact(message)})", "Check that it is up, its URL and the firewall"
        )
    for pattern, what, remedy in _OTHERS:
        if re.search(pattern, line):
            return Failure(f"{what} ({redact(message)})", remedy)
    return Failure(
        redact(message if state else f"Alembic failed: {line}"),
        "Run it on the host with the release's Alembic to see more",
    )


def holders(by: Sequence[Mapping[str, Any]]) -> str:
    """Sessions of a database, as part of a sentence, without their queries."""
    names = []
    for item in by:
        # A session's name is free text.
        name = redact("".join(char for char in str(item.get("application") or "") if char.isprintable())) or "a session"
        user = "".join(char for char in str(item.get("user") or "") if char.isprintable())
        age, state = item.get("seconds"), str(item.get("state") or "state unknown")
        since = f" for {age} s" if isinstance(age, int) else ""
        who = f", user {user[:_NAME]}" if user else ""
        names.append(f"{name[:_NAME]} (pid {item.get('pid')}{who}, {state}{since})")
    return "; ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def waited_for(blocked: Mapping[str, Any]) -> str:
    """The sessions for which a migration waited, and how long, as part of a sentence."""
    tries = blocked.get("tries") or 1
    tried = f", in {tries} tries," if tries > 1 else ""
    return f"waited {blocked.get('seconds')} s{tried} for a lock that {holders(blocked.get('by') or ())} holds"


def crashed(code: int, errors: Sequence[str]) -> Failure:
    """The error for a Python process without an answer.

    :param errors: its last lines, without secrets.
    """
    last = next((line.strip() for line in reversed(errors) if line.strip()), "it printed nothing")
    return Failure(f"the release's Python ended with code {code}: {redact(last)}", "See that it runs on the host")


def _connection_state(message: str) -> str:
    return next((state for pattern, state in _CONNECTION if re.search(pattern, message)), "")


def _one_line(message: str) -> str:
    return " ".join(_NOISE.sub("", message).split()).rstrip(".")


def _heads(said: Mapping[str, Any]) -> Failure:
    heads = [str(name) for name in said.get("heads") or ()]
    if not heads:
        return Failure("the release has no revision", "Correct directory, or script_location in the configuration")
    return Failure(
        f"the release has {len(heads)} heads: {', '.join(heads)}",
        f"Join them in the source: alembic merge -m 'join' {' '.join(heads)}",
    )


def _unknown(said: Mapping[str, Any]) -> Failure:
    names = ", ".join(str(name) for name in said.get("revisions") or ())
    return Failure(
        f"the database is at revision {names}, which this release does not have",
        "A newer release migrated it: deploy that one, or downgrade with its files first",
    )


def _locked(said: Mapping[str, Any]) -> Failure:
    return Failure(
        f"another migration holds the lock: {redact(str(said.get('holder')))}; this one waited {said.get('wait')} s",
        "Wait until it ends, then run this again",
    )


def _moved(said: Mapping[str, Any]) -> Failure:
    current = ",".join(str(name) for name in said.get("current") or ()) or "base"
    return Failure(f"the database is at {current} now: another run changed it meanwhile", "Look again, then decide")


def _pooled(_said: Mapping[str, Any]) -> Failure:
    return Failure(
        "the lock does not hold: the URL leads to a pooler that shares sessions",
        "Give migrations a URL that leads to PostgreSQL itself",
    )


def _dialect(said: Mapping[str, Any]) -> Failure:
    return Failure(f"the URL is {said.get('dialect')}'s, not PostgreSQL's", "Correct it: postgresql://host/database")


def _long(said: Mapping[str, Any]) -> Failure:
    return Failure(
        f"the SQL of what is pending has {said.get('characters')} characters, more than {said.get('most')}",
        "Load data in a release of its own, or outside migrations",
    )


_KINDS = {
    "heads": _heads,
    "unknown": _unknown,
    "locked": _locked,
    "moved": _moved,
    "pooled": _pooled,
    "dialect": _dialect,
    "long": _long,
}
