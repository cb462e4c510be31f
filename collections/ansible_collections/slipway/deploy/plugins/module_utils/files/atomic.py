# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes files and links atomically, even if the host crashes meanwhile.

The temporary name depends on the destination only (:func:`beside`), so that the next attempt replaces the file of
a killed one. Two processes must not write one destination at once: the caller holds a lock.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Union

from ..common.errors import SlipwayError

AnyPath = Union[str, "os.PathLike[str]"]

PRIVATE = 0o600
_CHUNK = 1024 * 1024
_WHY = {
    errno.ENOSPC: ("the disk is full", "Free space there, then run this again"),
    errno.EDQUOT: ("the disk quota is used up", "Raise it or free space there, then run this again"),
    errno.EROFS: ("the file system is read-only", "Remount it writable (dmesg says why it was not)"),
    errno.EACCES: ("permission denied", "Run this as root"),
    errno.EPERM: ("permission denied", "Run this as root; look for an immutable flag with lsattr"),
}


@contextmanager
def filing(doing: str, path: AnyPath) -> Iterator[None]:
    """Report a file system error in one line.

    :param doing: the attempted action, as an infinitive: ``"write it"``.
    :raises SlipwayError: instead of :class:`OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        what, remedy = _WHY.get(error.errno or 0, (reason[:1].lower() + reason[1:], None))
        raise SlipwayError(f"cannot {doing}: {what}", os.fspath(path), remedy) from error


def beside(path: AnyPath) -> Path:
    """The temporary name of ``path``: in the same directory, so that a rename is atomic."""
    path = Path(path)
    return path.with_name(f".{path.name}.slipway-new")


def sync_directory(path: AnyPath) -> None:
    """Make the names in a directory survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure_directory(path: AnyPath, mode: int = 0o755, uid: int = -1, gid: int = -1) -> bool:
    """Create a directory (and its parents) with its mode and owner; return whether anything changed.

    The parents are searchable by all users, whatever the umask.

    :param uid: the owner, ``-1`` to leave it as it is; ``gid`` alike.
    :raises SlipwayError: it cannot be created, or something else has its name.
    """
    path = Path(path)
    with filing("make the directory", path):
        changed = not path.is_dir()
        if changed:
            for parent in reversed([parent for parent in path.parents if not parent.is_dir()]):
                parent.mkdir(exist_ok=True)
                parent.chmod(0o755)
            path.mkdir(mode=mode, exist_ok=True)
        return _adopt(path, mode, uid, gid) or changed


def _adopt(path: Path, mode: int, uid: int, gid: int) -> bool:
    state = path.stat()
    changed = False
    if (uid not in (-1, state.st_uid)) or (gid not in (-1, state.st_gid)):
        os.chown(path, uid, gid)
        changed = True
    if stat.S_IMODE(state.st_mode) != mode:
        path.chmod(mode)
        changed = True
    return changed


def write_atomic(path: AnyPath, content: bytes, mode: int = PRIVATE, uid: int = -1, gid: int = -1) -> bool:
    """Write a file's content, mode and owner in one step, synced to disk; return whether anything changed.

    Readers see the old content or the new one. The content is never readable by more users than ``mode`` allows.

    :param uid: the owner, ``-1`` for the user who runs this; ``gid`` alike.
    :raises SlipwayError: it cannot be written; then no part of it is left.
    """
    path = Path(path)
    with filing("write it", path):
        if content_is(path, content):
            return _adopt(path, mode, uid, gid)
        new = beside(path)
        _unlink(new)
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                if uid != -1 or gid != -1:
                    os.fchown(file.fileno(), uid, gid)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            new.replace(path)
        except BaseException:
            _unlink(new)
            raise
        sync_directory(path.parent)
    return True


def content_is(path: AnyPath, content: bytes) -> bool:
    """Whether a regular file (no link) has exactly this content."""
    path = Path(path)
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode) or state.st_size != len(content):
            return False
        return path.read_bytes() == content
    except OSError:
        return False


def link_atomic(path: AnyPath, target: AnyPath) -> bool:
    """Point a symbolic link at its target in one step, synced to disk; return whether anything changed.

    A reader gets the old target or the new one.

    :raises SlipwayError: it cannot be created, or a file or directory of that name exists.
    """
    path, wanted = Path(path), os.fspath(target)
    if read_link(path) == wanted:
        return False
    if path.exists() and not path.is_symlink():
        kind = "a directory" if path.is_dir() else "a file"
        raise SlipwayError(f"{kind} is there, not a link", str(path), "Move it away, then run this again")
    new = beside(path)
    with filing(f"point the link at {wanted}", path):
        _unlink(new)
        new.symlink_to(wanted)
        try:
            new.replace(path)
        except BaseException:
            _unlink(new)
            raise
        sync_directory(path.parent)
    return True


def read_link(path: AnyPath) -> str | None:
    """A symbolic link's target, as written in it; ``None`` if there is no link."""
    try:
        return os.readlink(path)  # noqa: PTH115 - Path.readlink is Python 3.9's
    except OSError:
        return None


def file_digest(path: AnyPath) -> str | None:
    """The SHA-256 of a file's content as lower-case hexadecimal digits; ``None`` if the file does not exist.

    :raises SlipwayError: it exists and cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            for chunk in iter(lambda: file.read(_CHUNK), b""):
                digest.update(chunk)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        with filing("read it", path):
            raise error
    return digest.hexdigest()


def superfluous(names: Iterable[str], keep: int, protected: Collection[str] = ()) -> list[str]:
    """The names beyond the first ``keep`` that may be removed. Pure.

    :param names: the newest first.
    :param protected: names that are always kept; they do not count towards ``keep``.
    """
    kept = [name for name in names if name in protected]
    others = [name for name in names if name not in protected]
    return others[max(keep - len(kept), 0) :]


def remove_tree(path: AnyPath) -> bool:
    """Remove a directory and its content; return whether it existed. A link is not followed.

    :raises SlipwayError: a part of it cannot be removed.
    """
    path = Path(path)
    if path.is_symlink() or not path.is_dir():
        return False
    with filing("remove it", path):
        shutil.rmtree(path)
    return True


def _unlink(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
