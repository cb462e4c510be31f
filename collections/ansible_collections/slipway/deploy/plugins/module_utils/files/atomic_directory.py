# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directories that are there whole or not at all, and are never changed after that.

Such a directory is made under another name, gets a mark as its last file, and then its own name. One without a mark is
not whole, whoever left it: it is made again, and removed with the old ones. Where its content alone proves that it is
whole (a commit, a digest of all files), it needs no mark.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from .atomic import (
    beside,
    ensure_directory,
    filing,
    read_link,
    remove_tree,
    sync_directory,
    write_atomic,
)

MARK = ".slipway-complete"
SCHEMA = "slipway/complete/1"
_LEFTOVER = re.compile(r"\..*\.(?:slipway-new|archive)")
_LIBC = ctypes.CDLL(None, use_errno=True)


def read_mark(directory: Path) -> dict[str, Any] | None:
    """What a directory's mark says, or ``None`` when it is not whole."""
    try:
        mark = loads((directory / MARK).read_bytes())
    except (OSError, ValueError):
        return None
    return mark if isinstance(mark, dict) and mark.get("schema") == SCHEMA else None


@contextmanager
def making(path: Path, mark: dict[str, Any] | None = None) -> Iterator[Path]:
    """Give a directory to be filled, which is at ``path`` with its mark when the block ends, and gone when it fails.

    :param mark: what it says; the block may add to it. When it was made is added here. ``None``: it gets none.
    :raises SlipwayError: it cannot be made.
    """
    new = beside(path)
    remove(new)
    with filing("make the directory", new):
        new.mkdir(mode=0o700)
    try:
        yield new
        # The mark, or its name, says that the rest is there: so the rest has to reach the disk before it.
        sync_file_system(new)
        if mark is not None:
            now = datetime.now(timezone.utc).isoformat(timespec="microseconds")  # noqa: UP017 - UTC is Python 3.11's
            body = json.dumps({"schema": SCHEMA, **mark, "completed": now}, indent=1, sort_keys=True) + "\n"
            write_atomic(new / MARK, body.encode(), 0o644)
        remove(path)
        with filing("give it its name", path):
            new.rename(path)
            sync_directory(path.parent)
    except BaseException:
        with suppress(SlipwayError):
            remove(new)
        raise


def sync_file_system(path: Path) -> None:
    """Have everything that was written to a path's file system on the disk. One call, however many files.

    :raises SlipwayError: when something could not be written.
    """
    with filing("write it to the disk", path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _LIBC.syncfs(descriptor):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(descriptor)


def remove(path: Path) -> bool:
    """Remove such a directory; whether there was one. From the first moment on it does not count as whole.

    :raises SlipwayError: something of it cannot be removed.
    """
    if path.is_symlink() or not path.is_dir():
        return False
    with filing("remove it", path), suppress(FileNotFoundError):
        (path / MARK).unlink()
    return remove_tree(path)


def newest_first(home: Path) -> list[str]:
    """The names of the directories in one, the one that changed last first.

    :raises SlipwayError: it cannot be looked into.
    """
    with filing("look into it", home):
        found = [path for path in home.iterdir() if path.is_dir() and not path.is_symlink()]
        return [path.name for path in sorted(found, key=lambda path: (-path.stat().st_mtime_ns, path.name))]


def remove_leftovers(home: Path) -> None:
    """Remove what killed runs left in a directory; the caller holds its lock.

    :raises SlipwayError: it cannot be removed.
    """
    with filing("look into it", home):
        places = [path for path in home.iterdir() if _LEFTOVER.fullmatch(path.name)]
    for path in places:
        if not remove(path):
            with filing("remove it", path), suppress(FileNotFoundError):
                path.unlink()


def leads_into(links: Mapping[str, str | None], path: Path) -> str | None:
    """The link that points at a path or below it, or ``None``.

    :param links: links and what is written in them.
    """
    for link, target in links.items():
        found = Path(os.path.normpath(Path(link).parent / target)) if target else None
        if found is not None and (found == path or path in found.parents):
            return link
    return None


def check_not_live(path: Path, links: Mapping[str, str | None]) -> None:
    """Refuse to make a directory again that a link points at.

    :raises SlipwayError: one does.
    """
    link = leads_into(links, path) if path.is_dir() else None
    if link is not None:
        what = f"it has no valid {MARK}, and {link} points at it: what runs is not removed to be made again"
        raise SlipwayError(what, str(path), "Switch to another release first, then run this again")


def links_of(paths: list[str]) -> dict[str, str | None]:
    """Links and what is written in them."""
    return {path: read_link(path) for path in paths}


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Be the only one that makes or removes directories below ``home``, which is made.

    :raises SlipwayError: it cannot be made.
    """
    ensure_directory(home)
    with filing("lock it", home):
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
