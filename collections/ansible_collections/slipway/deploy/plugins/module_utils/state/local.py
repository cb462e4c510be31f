# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A state store in a local directory: one file per key."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from ..common.errors import SlipwayError
from .model import Absent, Conflict, Expected, Stored, StoreUnreachable, check_key

_BUSY_SECONDS = 10.0
_POLL_SECONDS = 0.01

_SPACE = "Free space there, or let state_store name another directory"
_RIGHTS = "Give this user the right to read and write there, or let state_store name another directory"
_DIRECTORY = "Let state_store name a directory"
_REMEDIES = {
    errno.ENOSPC: ("no space is left", _SPACE),
    errno.EDQUOT: ("the disk quota is used up", _SPACE),
    errno.EFBIG: ("the file would be larger than is allowed", _SPACE),
    errno.EACCES: ("permission denied", _RIGHTS),
    errno.EPERM: ("not permitted", _RIGHTS),
    errno.EROFS: ("the file system is read-only", _RIGHTS),
    errno.ENOTDIR: ("a part of the path is not a directory", _DIRECTORY),
    errno.EEXIST: ("the path is not a directory", _DIRECTORY),
    errno.EISDIR: ("there is a directory where a file should be", "Move it away"),
    errno.ELOOP: ("there is a symbolic link where a file should be", "Move it away"),
}


class LocalStore:
    """Keys as files below ``root`` (directories 0700, files 0600), for one machine or a shared file system.

    A version is the file's modification time, made strictly increasing for each key, and a hash of the content: a
    value that was changed and changed back has another version. Writers exclude each other with ``flock``; readers
    need no lock, because a file is replaced by renaming and never changed in place.
    """

    clock_resolution = 0.01

    def __init__(self, root: Path) -> None:
        self._root = root
        self.url = str(root)

    def read(self, key: str) -> Stored | None:
        """The value of ``key``, or ``None`` if it does not exist. See :class:`Store`."""
        path = self._root / check_key(key)
        with _explained(path):
            found = _load(path)
        return found[0] if found else None

    def write(self, key: str, body: bytes, *, expect: Expected) -> str:
        """Set ``key`` if it has the expected version; return the new version. See :class:`Store`."""
        path = self._root / check_key(key)
        with _explained(path):
            _make_directory(self._root)
            with self._exclusive():
                found = _load(path)
                held = found[0].version if found else None
                wanted = None if isinstance(expect, Absent) else expect
                if expect is not None and held != wanted:
                    raise Conflict("it was changed by someone else" if held else "it does not exist", str(path))
                return self._replace(path, body, found[1] if found else 0)

    def keys(self, prefix: str, after: str = "", limit: int = 1000) -> list[str]:
        """The first keys that begin with ``prefix`` and sort after ``after``. See :class:`Store`."""
        folder = prefix.rpartition("/")[0]
        top = self._root / check_key(folder) if folder else self._root
        found: list[str] = []
        with _explained(top):
            for directory, subdirectories, files in os.walk(top, onerror=_raise_unless_absent):
                subdirectories[:] = [name for name in subdirectories if not name.startswith(".")]
                relative = Path(directory).relative_to(self._root)
                found += [(relative / name).as_posix() for name in files if not name.startswith(".")]
        return sorted(key for key in found if key.startswith(prefix) and key > after)[:limit]

    def now(self) -> float:
        """The file system's clock in epoch seconds: the time that it gives to a file touched now."""
        path = self._root / ".clock"
        with _explained(path):
            _make_directory(self._root)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                os.utime(descriptor)
                return os.fstat(descriptor).st_mtime
            finally:
                os.close(descriptor)

    def _replace(self, path: Path, body: bytes, previous: int) -> str:
        incoming = self._root / ".incoming"  # one name is enough: only the holder of the lock file writes it
        descriptor = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(body)
                file.flush()
                stamp = _stamp(file.fileno(), previous)
                os.fsync(file.fileno())
            _make_directory(path.parent)
            incoming.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                incoming.unlink()
            raise
        _sync_directory(path.parent)
        return _version(stamp, body)

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        path = self._root / ".lock"
        deadline = time.monotonic() + _BUSY_SECONDS
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                if _try_lock(descriptor, path):
                    yield
                    return
            finally:
                os.close(descriptor)
            if time.monotonic() >= deadline:
                raise StoreUnreachable(
                    f"another process has held it for more than {_BUSY_SECONDS:.0f} s",
                    str(path),
                    f"See which one: fuser {path}",
                )
            time.sleep(_POLL_SECONDS)


def _try_lock(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    try:
        # A lock on a file that was deleted meanwhile has no effect.
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _load(path: Path) -> tuple[Stored, int] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        stamp = os.fstat(file.fileno()).st_mtime_ns
        body = file.read()
    return Stored(body, _version(stamp, body)), stamp


def _version(stamp: int, body: bytes) -> str:
    return f"{stamp}-{hashlib.sha256(body).hexdigest()[:32]}"


def _stamp(descriptor: int, previous: int) -> int:
    step = 1  # grows until it exceeds the granularity of the file system's times
    while (stamp := os.fstat(descriptor).st_mtime_ns) <= previous:
        os.utime(descriptor, ns=(previous + step, previous + step))
        step *= 1000
    return stamp


def _make_directory(path: Path) -> None:
    if path.is_dir():
        return
    _make_directory(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        _sync_directory(path.parent)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except SlipwayError:
        raise
    except OSError as error:
        raise explain(error, path) from error


def explain(error: OSError, path: Path) -> StoreUnreachable:
    """An error of the operating system as a state store error, in one line."""
    what, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or str(error), "Check the disk, or name another"))
    where = error.filename if isinstance(error.filename, str) else str(path)
    return StoreUnreachable(f"the state store cannot be used: {what}", where, remedy)
