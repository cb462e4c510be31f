# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files and links that are there whole or not at all, also when the host dies while they are written.

What is being written has one name per destination (:func:`beside`), so that the next attempt replaces what a killed
one left. Two processes must not write one destination at once: their caller holds a lock.
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
    """Say an error of the file system in one line.

    :param doing: what was tried, as an infinitive: ``"write it"``.
    :raises SlipwayError: instead of :class:`OSError`.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        what, remedy = _WHY.get(error.errno or 0, (reason[:1].lower() + reason[1:], None))
        raise SlipwayError(f"cannot {doing}: {what}", os.fspath(path), remedy) from error


def beside(path: AnyPath) -> Path:
    """The name that ``path`` has while it is being made: in the same directory, so that a rename is atomic."""
    path = Path(path)
    return path.with_name(f".{path.name}.slipway-new")


def sync_directory(path: AnyPath) -> None:
    """Make the names in a directory survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure_directory(path: AnyPath, mode: int = 0o755, uid: int = -1, gid: int = -1) -> bool:
    """Make a directory (and those above it) and give it its mode and owner; whether anything changed.

    Everybody may pass through those above it, whatever the umask of who runs this is.

    :param uid: the owner, ``-1`` to leave it as it is; ``gid`` alike.
    :raises SlipwayError: when it cannot be made, or something else has its name.
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
    """Give a file its content, mode and owner in one step, on the disk when this returns; whether anything changed.

    Readers see the old content or the new one. The content is never readable by more than ``mode`` says.

    :param uid: the owner, ``-1`` for who runs this; ``gid`` alike.
    :raises SlipwayError: when it cannot be written; then nothing of it is left.
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
    """Point a symbolic link at its target in one step, on the disk when this returns; whether anything changed.

    Who opens the link meanwhile gets the old target or the new one.

    :raises SlipwayError: when it cannot be made, or a file or directory of that name is there.
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
    """What a symbolic link points at, as it is written in it; ``None`` when there is no link."""
    try:
        return os.readlink(path)  # noqa: PTH115 - Path.readlink is Python 3.9's
    except OSError:
        return None


def file_digest(path: AnyPath) -> str | None:
    """The SHA-256 of a file's content as lower-case hexadecimal digits; ``None`` when there is no such file.

    :raises SlipwayError: when it is there and cannot be read.
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
    """The names beyond the first ``keep`` that may go. Pure.

    :param names: the newest first.
    :param protected: what stays in any case; it does not count towards ``keep``'s first ones' places.
    """
    kept = [name for name in names if name in protected]
    others = [name for name in names if name not in protected]
    return others[max(keep - len(kept), 0) :]


def remove_tree(path: AnyPath) -> bool:
    """Remove a directory with all that is in it; whether there was one. A link is not followed.

    :raises SlipwayError: when something of it cannot be removed.
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
