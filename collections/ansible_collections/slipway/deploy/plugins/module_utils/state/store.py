# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state store: one interface over S3 and a local directory."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from ..common.errors import SlipwayError
from .local import LocalStore
from .model import Conflict, Expected, Stored, StoreUnreachable

_REMEDY = "Write s3://bucket/prefix or a directory"
#: Seconds between two attempts of a write that the store does not answer: a short outage must not end a run. The lock's
#: guard ends it well before an expired lock.
_PAUSES = (1.0, 2.0, 4.0, 8.0)


class Store(Protocol):
    """Keys with versioned values.

    Every method raises :class:`StoreUnreachable` if the store does not answer. A version stands for bytes that
    were read or written before; S3 gives equal bytes equal versions, so a body that must differ from an earlier
    one has a serial number.
    """

    url: str
    """What a person calls the store: ``s3://bucket/prefix`` or an absolute path, without a slash at the end."""

    clock_resolution: float
    """Seconds by which :meth:`now` may lag behind the store's true clock."""

    def read(self, key: str) -> Stored | None:
        """The value of ``key``, or ``None`` if it does not exist."""

    def write(self, key: str, body: bytes, *, expect: Expected) -> str:
        """Set ``key`` if it has the expected version; return the new version.

        :raises Conflict: it has another version; then nothing was written.
        """

    def keys(self, prefix: str, after: str = "", limit: int = 1000) -> list[str]:
        """The first ``limit`` keys that begin with ``prefix`` and sort after ``after``, in byte order."""

    def now(self) -> float:
        """The store's own clock in epoch seconds, never this machine's."""


def open_store(url: str, client_factory: Callable[[str], Any]) -> Store:
    """The store at a URL; nothing is read or created yet.

    :param url: ``s3://bucket/prefix``, ``file:///path`` or a path (``~`` is the home directory).
    :param client_factory: returns the boto3 client of a service by name; only called for S3.
    :raises SlipwayError: the URL is neither.
    """
    text = url.strip()
    if text.startswith("s3://"):
        # Importing botocore takes a fifth of a second, which a store in a directory can avoid.
        from .s3 import S3Store, parse_s3_url

        bucket, prefix = parse_s3_url(text)
        return S3Store(client_factory("s3"), bucket, prefix)
    return LocalStore(_directory(text))


def write_next(store: Store, key: str, body: bytes, version: str, wait: Callable[[float], None]) -> str:
    """Set ``key`` to its next state, also over a short outage; return the new version.

    :param version: that of the state before.
    :param wait: sleeps for that many seconds.
    :raises Conflict: another process wrote it.
    :raises StoreUnreachable: the store does not answer; the state is then not stored.
    """
    for pause in (*_PAUSES, None):
        try:
            return store.write(key, body, expect=version)
        except StoreUnreachable:
            if pause is None:
                raise
            wait(pause)
        except Conflict:
            stored = store.read(key)
            # An earlier attempt may have succeeded although its answer was lost.
            if stored is None or stored.body != body:
                raise
            return stored.version
    raise AssertionError("the last attempt returns or raises")


def _directory(text: str) -> Path:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    if scheme and scheme[1].lower() == "file":
        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise SlipwayError(f"{text!r} is not a path on this machine", "state_store", _REMEDY)
        text = unquote(parts.path)
    elif scheme:
        raise SlipwayError(f"{text!r} is not a kind of state store that Slipway knows", "state_store", _REMEDY)
    if not text or "\0" in text:
        raise SlipwayError("the address of the state store is empty", "state_store", _REMEDY)
    try:
        return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - resolve() would follow links
    except RuntimeError as error:
        raise SlipwayError(f"{text!r} names a home directory that does not exist", "state_store", _REMEDY) from error


def clock_skew(store: Store) -> float:
    """Seconds by which this machine's clock is ahead of the store's, within half a round trip and the resolution."""
    before = time.time()
    stores = store.now()
    after = time.time()
    return (before + after) / 2 - (stores + store.clock_resolution / 2)
