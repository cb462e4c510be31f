# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases of a front end: ``<root>/releases/<id>``, files that a web server serves and that are never changed."""

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
    """Where the releases of a front end are."""

    root: Path

    @property
    def releases(self) -> Path:
        """The directory of the releases."""
        return self.root / "releases"

    @property
    def link(self) -> Path:
        """The link that says which release is served."""
        return self.root / "current"


def digest_of(inputs: Mapping[str, Any]) -> str:
    """What tells two builds of one release apart, such as their variables; hexadecimal digits."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def placed(place: Place, release: str, inputs: str) -> tuple[Path, dict[str, Any] | None]:
    """Where the build of a release with these inputs is or is to be, and its mark if it is there.

    The first build of a release has its name. One with other variables is another directory, because none is changed.
    """
    first, other = place.releases / release, place.releases / f"{release}.{inputs[:_SHORT]}"
    for path in (first, other):
        mark = read_mark(path)
        if mark is not None and mark.get("inputs") == inputs:
            return path, mark
    return (first if read_mark(first) is None else other), None


def check_build(content: Plan, where: str) -> None:
    """Refuse what is not a front end. Pure.

    :raises SlipwayError: it has no page to begin with, or something that is not a file.
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
    """Make a release of an archive.

    :raises SlipwayError: it is not a front end, or the disk is full: then nothing of it is left.
    """
    content = read_plan(archive, where)
    check_build(content, where)
    check_space(content, path.parent, f"the front end {path.name}")
    with making(path, {**mark, "files": content.files, "bytes": content.size}) as new:
        # Files get the time of their publication. nginx makes an ETag of time and size: two builds with one fixed time
        # have pages of one size, with other hashes in them, and a browser would keep the old one.
        unpack(archive, where, content, new, Access(program=0o644), times=False)


@contextmanager
def packed(directory: Path) -> Iterator[BinaryIO]:
    """A directory of the host as an archive.

    :raises SlipwayError: there is none, or it cannot be read.
    """
    if not directory.is_dir():
        raise SlipwayError(
            "there is no such directory", str(directory), "Build the front end into the release's archive"
        )
    with tempfile.TemporaryFile() as file:
        with filing("read it", directory), tarfile.open(fileobj=file, mode="w") as tar:
            tar.add(str(directory), arcname=".")
        yield file
