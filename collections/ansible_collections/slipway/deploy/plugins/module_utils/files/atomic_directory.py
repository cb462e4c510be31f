# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directories that are created atomically, and never changed after that.

Such a directory is filled under a temporary name, gets a mark as its last file, and then its own name. One without a
mark is incomplete: it is made again, and removed with the old ones. If its content alone proves that it is
complete (a commit, a digest of all files), it needs no mark.
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
    """The content of a directory's mark, or ``None`` if it is incomplete."""
    try:
        mark = loads((directory / MARK).read_bytes())
    except (OSError, ValueError):
        return None
    return mark if isinstance(mark, dict) and mark.get("schema") == SCHEMA else None


@contextmanager
def making(path: Path, mark: dict[str, Any] | None = None) -> Iterator[Path]:
    """Yield a directory to fill, which is moved to ``path`` with its mark when the block ends, and removed if it fails.

    :param mark: its content, to which the block may add; the time is added here. ``None``: no mark.
    :raises SlipwayError: it cannot be created.
    """
    new = beside(path)
    remove(new)
    with filing("make the directory", new):
        new.mkdir(mode=0o700)
    try:
        yield new
        # The mark, or the name, means that the rest is complete: so the rest must reach the disk first.
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
    """Sync a path's file system to disk: one call, however many files.

    :raises SlipwayError: a write failed.
    """
    with filing("write it to the disk", path):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _LIBC.syncfs(descriptor):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(descriptor)


def remove(path: Path) -> bool:
    """Remove such a directory; return whether it existed. It counts as incomplete from the start.

    :raises SlipwayError: a part of it cannot be removed.
    """
    if path.is_symlink() or not path.is_dir():
        return False
    with filing("remove it", path), suppress(FileNotFoundError):
        (path / MARK).unlink()
    return remove_tree(path)


def newest_first(home: Path) -> list[str]:
    """The names of a directory's subdirectories, the last modified first.

    :raises SlipwayError: it cannot be read.
    """
    with filing("look into it", home):
        found = [path for path in home.iterdir() if path.is_dir() and not path.is_symlink()]
        return [path.name for path in sorted(found, key=lambda path: (-path.stat().st_mtime_ns, path.name))]


def remove_leftovers(home: Path) -> None:
    """Remove leftovers of killed runs in a directory; the caller holds its lock.

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

    :param links: links and their targets, as written.
    """
    for link, target in links.items():
        found = Path(os.path.normpath(Path(link).parent / target)) if target else None
        if found is not None and (found == path or path in found.parents):
            return link
    return None


def check_not_live(path: Path, links: Mapping[str, str | None]) -> None:
    """Refuse to replace a directory that a link points to.

    :raises SlipwayError: one does.
    """
    link = leads_into(links, path) if path.is_dir() else None
    if link is not None:
        what = f"it has no valid {MARK}, and {link} points at it: what runs is not removed to be made again"
        raise SlipwayError(what, str(path), "Switch to another release first, then run this again")


def links_of(paths: list[str]) -> dict[str, str | None]:
    """Links and their targets, as written."""
    return {path: read_link(path) for path in paths}


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the lock for changes below ``home``, which is created.

    :raises SlipwayError: it cannot be created.
    """
    ensure_directory(home)
    with filing("lock it", home):
        descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
