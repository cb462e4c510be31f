# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The union of the hashed assets of all releases that are kept, as hard links.

A page that was loaded from one release requests its chunks later, when another one is live: after a deploy those of an
older release, after a rollback those of a newer one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..files.atomic import beside, ensure_directory, file_digest, filing
from ..files.atomic_directory import read_mark, sync_file_system

# Eight characters of URL-safe base64, as Rollup and esbuild write them, or more hexadecimal digits. A word of the
# language has no digit and no two capitals, a date has no letter. The role nginx_site has the same pattern.
HASHED = re.compile(
    r"[-.](?=[^./]*[A-Za-z])(?=[^./]*[0-9]|[^./]*[A-Z][^./]*[A-Z])"
    r"(?:[A-Za-z0-9_-]{8}|[0-9a-f]{9,64})(?:\.[A-Za-z0-9]+)+$"
)


@dataclass(frozen=True)
class Joined:
    """The result for a release's assets.

    :ivar added: how many are new in the union.
    :ivar differing: those whose name exists with another content, which is kept.
    :ivar unhashed: those without a hash in their name.
    """

    added: int
    differing: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()


def is_hashed(name: str) -> bool:
    """Whether the name of a file changes with its content. Pure."""
    return HASHED.search(name) is not None


def join(release: Path, union: Path, *, check: bool = False) -> Joined:
    """Add all assets of a release to the union. Existing ones stay: an open page may use them.

    :param check: change nothing.
    :raises SlipwayError: they cannot be linked.
    """
    added, differing, unhashed = 0, [], []
    if not check:
        ensure_directory(union)
    for name, source in _files(release / union.name):
        place = union / name
        if not is_hashed(place.name):
            unhashed.append(name)
        if not place.exists():
            added += 1
            if not check:
                ensure_directory(place.parent)
                with filing(f"link it to {source}", place):
                    os.link(source, place)
        elif not place.samefile(source) and file_digest(place) != file_digest(source):
            differing.append(name)
    if added and not check:
        sync_file_system(union)
    return Joined(added, tuple(differing), tuple(unhashed))


def prune_assets(releases: Path, union: Path) -> int:
    """Remove names that no complete release has, and correct differing content; return how many names were removed.

    :raises SlipwayError: a file cannot be changed.
    """
    wanted: dict[str, list[Path]] = {}
    with filing("look at its releases", releases):
        places = [path for path in releases.iterdir() if read_mark(path) is not None]
    for release in sorted(places, reverse=True):
        for name, source in _files(release / union.name):
            wanted.setdefault(name, []).append(source)
    removed = 0
    for name, place in list(_files(union)):
        sources = wanted.get(name, [])
        with filing("remove it", place):
            if not sources:
                place.unlink()
                removed += 1
            elif not any(place.samefile(source) for source in sources):
                new = beside(place)
                with suppress(FileNotFoundError):
                    new.unlink()
                os.link(sources[0], new)
                new.replace(place)
    _remove_empty(union)
    return removed


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    """The regular files below a directory, by relative path, sorted."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(directory)), path


def _remove_empty(union: Path) -> None:
    for path in sorted(union.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            # One that is not empty is kept.
            with suppress(OSError):
                path.rmdir()
