# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Caches task definitions on disk, so that each ARN is read only once: a revision's content never changes.

Only what is immutable is kept: the body without its status, and Slipway's own tags (written once, at registration).
A possible secret is replaced by a keyed hash first of all: equal values stay equal, but none can be
read. The key is random and never leaves the directory. Entries are files of mode 0600, written atomically; one that
cannot be read or is invalid is ignored and written again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..common.documents import loads
from .observation import TaskDefinition
from .redaction import redact
from .taskdef import OWN_PREFIX

SCHEMA = "slipway/task-definition/2"
_SCHEMA_FILE = "schema"


class TaskDefinitionCache:
    """Redacted task definitions by ARN.

    A restarted emulator gives old ARNs new contents. The ``scope`` of an entry distinguishes its starts; in AWS
    itself an ARN never means anything else, and the scope is empty.

    :param directory: where they are stored; ``None``: in memory only.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._memory: dict[tuple[str, str], TaskDefinition] = {}
        self._key = secrets.token_bytes(32)
        if directory is not None:
            with suppress(OSError):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                directory.chmod(0o700)
            _forget_older(directory)
            self._key = self._stored_key(directory)

    def conceal(self, value: str) -> str:
        """The keyed hash that replaces a possible secret."""
        return "hmac:" + hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:32]

    def redacted(self, body: Mapping[str, Any], tags: list[dict[str, str]], unknown: tuple[str, ...]) -> TaskDefinition:
        """The definition of a raw answer, for storage and comparison."""
        own = {tag["key"]: tag.get("value", "") for tag in tags if tag["key"].startswith(OWN_PREFIX)}
        return TaskDefinition(str(body["taskDefinitionArn"]), redact(body, self.conceal), own, unknown)

    def get(self, arn: str, scope: str = "") -> TaskDefinition | None:
        """The definition of that ARN, or ``None`` if it is not in the cache, or not readable."""
        if self._directory is None:
            return self._memory.get((arn, scope))
        try:
            entry = loads(self._path(self._directory, arn, scope).read_bytes())
            if entry["schema"] != SCHEMA or entry["arn"] != arn or entry["key"] != self.conceal(arn):
                return None
            body, own = dict(entry["body"]), {str(key): str(value) for key, value in entry["own"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return TaskDefinition(arn, body, own)

    def put(self, definition: TaskDefinition, scope: str = "") -> None:
        """Store a definition. A disk that cannot be written only costs time.

        One with fields that botocore does not know is not stored: they may hold secrets.
        """
        if definition.unknown:
            return
        if self._directory is None:
            self._memory[definition.arn, scope] = definition
            return
        entry = {
            "schema": SCHEMA,
            "arn": definition.arn,
            # Hashes with another key compare as different: such an entry must not be used.
            "key": self.conceal(definition.arn),
            "body": definition.body,
            "own": definition.own,
        }
        with suppress(OSError):
            _write(self._path(self._directory, definition.arn, scope), json.dumps(entry).encode())

    def _stored_key(self, directory: Path) -> bytes:
        path = directory / "key"
        with suppress(OSError):
            if len(key := path.read_bytes()) == len(self._key):
                return key
        with suppress(OSError):
            _write(path, self._key, exclusive=True)
        with suppress(OSError):
            # Another run may have written its own key in between: the file counts.
            if len(key := path.read_bytes()) == len(self._key):
                return key
        return self._key

    @staticmethod
    def _path(directory: Path, arn: str, scope: str) -> Path:
        return directory / f"{hashlib.sha256(f'{scope}{arn}'.encode()).hexdigest()[:40]}.json"


def _forget_older(directory: Path) -> None:
    """Remove the entries of an older schema: they hold more than entries do now, and are no longer read."""
    marker = directory / _SCHEMA_FILE
    with suppress(OSError):
        if marker.read_text(encoding="ascii", errors="replace") == SCHEMA:
            return
    with suppress(OSError):
        for path in directory.glob("*.json"):
            path.unlink(missing_ok=True)
        _write(marker, SCHEMA.encode())


def _write(path: Path, data: bytes, *, exclusive: bool = False) -> None:
    """Write a file atomically; ``exclusive``: only when there is no such file yet."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")  # mkstemp makes it 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if exclusive:
            path.hardlink_to(temporary)
        else:
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
