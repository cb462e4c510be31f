# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Downloads a file atomically and verifies its digest."""

from __future__ import annotations

import hashlib
import os
import time
import urllib.error
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO

from ..common.errors import SlipwayError
from ..http_client.client import opener, reason
from .atomic import beside, filing, sync_directory

ATTEMPTS = 4
#: Bytes that must stay free after the download: the ledger and the journal must be writable.
RESERVE = 4 * 1024 * 1024
_CHUNK = 256 * 1024
_PATIENCE = 30
_PAUSE = 0.5


class _Interrupted(Exception):
    """An attempt that is worth a retry."""


@dataclass(frozen=True)
class Source:
    """The file to download.

    :ivar url: never shown: it grants access to the file.
    :ivar name: its name in errors.
    :ivar size: bytes.
    :ivar digest: its SHA-256, hexadecimal digits.
    """

    url: str
    name: str
    size: int
    digest: str


def download(
    source: Source, path: Path, *, jar: bool, mode: int = 0o444, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Download the file to ``path``, synced to disk. An existing file stays until the new one is verified.

    :param jar: whether it must be a zip archive.
    :raises SlipwayError: the download fails, has another digest, or the disk is full; then no part of it is left.
    """
    _check_space(source, path.parent)
    new = beside(path)
    with suppress(FileNotFoundError):
        new.unlink()
    try:
        _attempts(source, new, sleep)
        if jar and not zipfile.is_zipfile(new):
            raise SlipwayError("it is not a jar", source.name, "Build and upload it again")
        with filing("write it", path):
            new.chmod(mode)
            new.replace(path)
            sync_directory(path.parent)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


def _check_space(source: Source, directory: Path) -> None:
    with filing("look at its file system", directory):
        state = os.statvfs(directory)
    free = state.f_bavail * state.f_frsize
    if free < source.size + RESERVE:
        what = f"the disk is full: {_mib(source.size + RESERVE)} are needed for {source.name}, {_mib(free)} are free"
        raise SlipwayError(what, str(directory), "Free space there, then run this again")


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MiB"


def _attempts(source: Source, new: Path, sleep: Callable[[float], None]) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with filing("write it", new):
                found = _attempt(source, new)
            break
        except _Interrupted as error:
            if attempt == ATTEMPTS:
                what = f"the download failed {ATTEMPTS} times: {error}"
                raise SlipwayError(what, source.name, "Check the network and the store, then run this again") from None
            sleep(_PAUSE * 2 ** (attempt - 1))
    if found != source.digest:
        what = f"its digest is sha256:{found}, not sha256:{source.digest}"
        raise SlipwayError(what, source.name, "It was replaced after its release was made: do not deploy it")


def _attempt(source: Source, new: Path) -> str:
    """Write the whole file once; return its digest."""
    digest, size = hashlib.sha256(), 0
    with new.open("wb") as file:
        try:
            response = opener(follow=True).open(source.url, timeout=_PATIENCE)
        except urllib.error.HTTPError as error:
            error.close()
            raise _refusal(error.code, source) from None
        except (OSError, HTTPException) as error:
            raise _Interrupted(reason(error)) from None
        with response:
            announced = response.headers.get("Content-Length")
            for chunk in iter(lambda: _read(response), b""):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    if announced is not None and announced.isdigit() and size != int(announced):
        raise _Interrupted(f"it ended after {size} of {announced} bytes")
    if size != source.size:
        what = f"it has {size} bytes, not {source.size}"
        raise SlipwayError(what, source.name, "It was replaced after its release was made: do not deploy it")
    return digest.hexdigest()


def _read(response: BinaryIO) -> bytes:
    """The next bytes; network errors are distinguished from disk errors."""
    try:
        return response.read(_CHUNK)
    except (OSError, HTTPException) as error:
        raise _Interrupted(reason(error)) from None


def _refusal(code: int, source: Source) -> Exception:
    if code >= 500 or code == 429:
        return _Interrupted(f"HTTP {code}")
    why = {403: "its URL has expired or the store refuses it", 404: "it is gone"}.get(code, "the store refuses it")
    return SlipwayError(f"{why} (HTTP {code})", source.name, "Run this again; the host's clock must be right")
