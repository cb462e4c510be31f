# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of which the same content makes the same bytes, whoever makes them and when."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from ..common.errors import SlipwayError

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Entry:
    """A file of an archive: its bytes, or where they are, and whether it is a program."""

    content: bytes | Path
    program: bool = False

    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal digits."""
        if isinstance(self.content, bytes):
            return hashlib.sha256(self.content).hexdigest()
        return file_digest(self.content)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_archive(path: Path, entries: Mapping[str, Entry]) -> str:
    """Write a ``tar.gz`` and return its SHA-256. A file that stood there is replaced when the new one is whole.

    :raises SlipwayError: a name would lead out of the directory that the archive is unpacked into.
    """
    for name in entries:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise SlipwayError(f"{name[:200]!a} leads out of the archive", str(path), "Rename the file")
    new = path.with_name(f".{path.name}.new")
    with (
        new.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT, bufsize=_CHUNK) as archive,
    ):
        for name in sorted(entries):
            _add(archive, name, entries[name])
    new.replace(path)
    return file_digest(path)


def _add(archive: tarfile.TarFile, name: str, entry: Entry) -> None:
    member = tarfile.TarInfo(name)
    member.mode = 0o755 if entry.program else 0o644
    content = entry.content
    member.size = len(content) if isinstance(content, bytes) else content.stat().st_size
    source: IO[bytes] = BytesIO(content) if isinstance(content, bytes) else content.open("rb")
    with source:
        archive.addfile(member, source)
