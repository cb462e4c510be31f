# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The heartbeat's status file: the helper process's last success, for the tasks that rely on the lock."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..common.documents import loads

_SCHEMA: Final = "slipway/heartbeat/1"

#: Next to the status file, marks that the run ended by itself or by a signal: its lock is no longer needed.
LEFT = "left"


@dataclass(frozen=True)
class Status:
    """The status of a heartbeat process.

    ``holder`` is a fingerprint of the lock's token. ``pid`` and ``start`` identify the process. ``renewed_at`` and
    ``held_until`` are boot times: of the last successful heartbeat, and until which the lock is certainly held.
    ``expires_at`` is the expiry in epoch seconds of the store's clock. ``trouble`` is why the last attempt failed,
    ``lost`` why the lock is gone for good, ``ended`` why the process stopped; each is empty while it does not apply.
    """

    env: str
    holder: str
    pid: int
    start: int
    ttl: float
    renewed_at: float
    held_until: float
    expires_at: float
    trouble: str = ""
    lost: str = ""
    ended: str = ""


def fingerprint(token: str) -> str:
    """A name for a token that does not reveal it."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def write_status(path: Path, status: Status) -> None:
    """Replace the status file (0600) atomically, so that a reader sees the old or the new one.

    :raises OSError: when it cannot be written.
    """
    body = json.dumps({"schema": _SCHEMA, **dataclasses.asdict(status)})
    incoming = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(body)
        incoming.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            incoming.unlink()
        raise


def read_status(path: Path) -> Status | None:
    """The status, or ``None`` if it is missing or of another version."""
    try:
        document = loads(path.read_bytes())
        if document.pop("schema") != _SCHEMA:
            return None
        return Status(**document)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
