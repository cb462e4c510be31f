# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock of an environment: its document in the state store."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..common.command import command
from ..common.documents import loads
from ..common.errors import SlipwayError

SCHEMA: Final = "slipway/lock/1"
HELD: Final = "held"
FREE: Final = "free"

HEARTBEATS_PER_TTL: Final = 4
"""A heartbeat every quarter of the time to live."""

INTERVALS_ALIVE: Final = 3
"""Two heartbeats may fail before an owner counts as dead, which is before the lock expires."""

HISTORY_LENGTH: Final = 10


class LockHeld(SlipwayError):
    """Another owner holds the lock."""


class LockLost(SlipwayError):
    """This run no longer holds the lock, or not certainly: nothing may be changed."""


class LockAlive(SlipwayError):
    """A lock cannot be broken because its owner is still alive."""


class LockCorrupt(SlipwayError):
    """The lock's document cannot be read; it is left as it is."""


@dataclass(frozen=True)
class Breaking:
    """The breaking of a lock: whose, by whom, why and when (epoch seconds of the store's clock)."""

    owner: str
    token: str = field(repr=False)
    broken_by: str
    broken_reason: str
    at: float


@dataclass(frozen=True)
class Lock:
    """The lock document ``<env>/lock.json``. Times are epoch seconds of the store's clock, ``ttl`` is seconds.

    ``token`` is known to the holder only and distinguishes two runs of one owner. ``heartbeat_at`` is ``None`` for a
    manual lock, which is not renewed. ``deploy`` is the id of the record, or empty. ``serial`` grows with every write,
    so that no two documents are equal. ``history`` lists the last breakings, oldest first.
    """

    env: str
    state: str
    token: str = field(repr=False)
    owner: str
    reason: str
    deploy: str
    taken_at: float
    expires_at: float
    heartbeat_at: float | None
    ttl: float
    host: str
    pid: int
    serial: int
    history: tuple[Breaking, ...] = ()

    @property
    def manual(self) -> bool:
        """Whether a person holds it: it has no heartbeat and lasts until its expiry."""
        return self.heartbeat_at is None

    @property
    def interval(self) -> float:
        """Seconds between two heartbeats."""
        return self.ttl / HEARTBEATS_PER_TTL

    @property
    def sure_for(self) -> float:
        """Seconds after a heartbeat during which no one may take the lock, or break it without force."""
        return self.ttl if self.manual else INTERVALS_ALIVE * self.interval

    def held(self, now: float) -> bool:
        """Whether it excludes others at that time."""
        return self.state == HELD and now < self.expires_at

    def alive(self, now: float) -> bool:
        """Whether its owner sent a heartbeat within the last intervals; never true for a manual lock."""
        return self.heartbeat_at is not None and self.held(now) and now - self.heartbeat_at < self.sure_for


def lock_key(env: str) -> str:
    """The key of an environment's lock in the state store."""
    return f"{env}/lock.json"


def serialise(lock: Lock) -> bytes:
    """The document, as :func:`parse` reads it."""
    document = {"schema": SCHEMA, **dataclasses.asdict(lock)}
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def parse(body: bytes, where: str) -> Lock:
    """The lock of a document.

    :param where: the key with its store, for the message.
    :raises LockCorrupt: it is not a lock, or has an unknown schema.
    """
    try:
        document = loads(body)
    except (ValueError, RecursionError) as error:
        raise _corrupt("it is not valid JSON", where) from error
    if not isinstance(document, dict):
        raise _corrupt("it is not a JSON object", where)
    if document.get("schema") != SCHEMA:
        raise _corrupt(f"its schema is {document.get('schema')!r}, this version knows {SCHEMA!r}", where)
    try:
        return _lock(document)
    except (TypeError, ValueError) as error:
        raise _corrupt(str(error), where) from error


def _corrupt(why: str, where: str) -> LockCorrupt:
    environment = where.removesuffix("/lock.json").rpartition("/")[2]
    replace = command("lock", environment, state="broken", force="true", reason="it cannot be read")
    return LockCorrupt(
        f"the lock cannot be read: {why}", where, f"Look at it there; when no deploy runs, replace it: {replace}"
    )


def _lock(document: Mapping[str, Any]) -> Lock:
    state = _text(document, "state")
    if state not in (HELD, FREE):
        raise ValueError(f"state is {state!r}, not {HELD} or {FREE}")
    history = document.get("history")
    if not isinstance(history, list) or not all(isinstance(item, dict) for item in history):
        raise ValueError("history is not a list of objects")
    return Lock(
        env=_text(document, "env"),
        state=state,
        token=_text(document, "token"),
        owner=_text(document, "owner"),
        reason=_text(document, "reason"),
        deploy=_text(document, "deploy"),
        taken_at=_number(document, "taken_at"),
        expires_at=_number(document, "expires_at"),
        heartbeat_at=None if document.get("heartbeat_at", 0) is None else _number(document, "heartbeat_at"),
        ttl=_positive(document, "ttl"),
        host=_text(document, "host"),
        pid=_whole(document, "pid"),
        serial=_whole(document, "serial"),
        history=tuple(_breaking(item) for item in history),
    )


def _breaking(document: Mapping[str, Any]) -> Breaking:
    return Breaking(
        owner=_text(document, "owner"),
        token=_text(document, "token"),
        broken_by=_text(document, "broken_by"),
        broken_reason=_text(document, "broken_reason"),
        at=_number(document, "at"),
    )


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a string")
    return value


def _number(document: Mapping[str, Any], name: str) -> float:
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is not a number")
    return float(value)


def _positive(document: Mapping[str, Any], name: str) -> float:
    value = _number(document, name)
    if value <= 0:
        raise ValueError(f"{name} is not positive")
    return value


def _whole(document: Mapping[str, Any], name: str) -> int:
    value = document.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is not a whole number")
    return value
