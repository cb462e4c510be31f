# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases of a front end: ``<root>/releases/<id>``, immutable files that a web server serves."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ..common.errors import SlipwayError
from ..files.atomic import filing
from ..files.atomic_directory import MARK, making, read_mark
from ..files.unpack import FILE, SYMLINK, Access, Plan, check_space, read_plan, unpack

INDEX = "index.html"
_SHORT = 8


@dataclass(frozen=True)
class Place:
    """The location of a front end's releases."""

    root: Path

    @property
    def releases(self) -> Path:
        """The directory of the releases."""
        return self.root / "releases"

    @property
    def link(self) -> Path:
        """The link to the release that is served."""
        return self.root / "current"


def digest_of(inputs: Mapping[str, Any]) -> str:
    """The digest of a build's inputs, such as its variables; hexadecimal digits."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def placed(place: Place, release: str, inputs: str) -> tuple[Path, dict[str, Any] | None]:
    """The path for the build of a release with these inputs, and its mark if it exists.

    The first build of a release has its name. One with other variables is another directory: builds are immutable.
    """
    first, other = place.releases / release, place.releases / f"{release}.{inputs[:_SHORT]}"
    for path in (first, other):
        mark = read_mark(path)
        if mark is not None and mark.get("inputs") == inputs:
            return path, mark
    return (first if read_mark(first) is None else other), None


def check_build(content: Plan, where: str) -> None:
    """Refuse an archive that is not a front end. Pure.

    :raises SlipwayError: it has no index page, or contains something other than files.
    """
    index = content.find(INDEX)
    if index is None or index.kind != FILE or not index.size:
        remedy = "Correct the build, or say where it puts its result"
        raise SlipwayError(f"the build has no {INDEX}, or an empty one", where, remedy)
    link = next((item.path for item in content.items if item.kind == SYMLINK), None)
    if link is not None:
        raise SlipwayError(f"the build has a symbolic link, {link}", where, "Let the build make files")
    if content.find(MARK) is not None:
        raise SlipwayError(f"it has a file {MARK}, which marks whole releases on hosts", where, "Remove it there")


def publish(path: Path, archive: BinaryIO, where: str, mark: Mapping[str, Any]) -> None:
    """Create a release from an archive.

    :raises SlipwayError: it is not a front end, or the disk is full: then no part of it is left.
    """
    content = read_plan(archive, where)
    check_build(content, where)
    check_space(content, path.parent, f"the front end {path.name}")
    with making(path, {**mark, "files": content.files, "bytes": content.size}) as new:
        # Files get the time of their publication. nginx makes an ETag of time and size: two builds with one fixed time
        # have pages of the same size with different hashes, and a browser would keep the old one.
        unpack(archive, where, content, new, Access(program=0o644), times=False)


@contextmanager
def packed(directory: Path) -> Iterator[BinaryIO]:
    """A directory of the host as an archive.

    :raises SlipwayError: it does not exist, or cannot be read.
    """
    if not directory.is_dir():
        raise SlipwayError(
            "there is no such directory", str(directory), "Build the front end into the release's archive"
        )
    with tempfile.TemporaryFile() as file:
        with filing("read it", directory), tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(str(directory), arcname=".")
        yield file
