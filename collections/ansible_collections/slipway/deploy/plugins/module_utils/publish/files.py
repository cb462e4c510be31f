# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Digests of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..files.atomic import filing

_CHUNK = 1024 * 1024


def digests(directory: Path) -> dict[str, str]:
    """The SHA-256 of all files of a directory in hexadecimal, by their paths.

    :raises SlipwayError: one cannot be read.
    """
    with filing("read it", directory):
        files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): sha256(path) for path in files}


def sha256(path: Path) -> str:
    """A file's SHA-256 in hexadecimal.

    :raises SlipwayError: it cannot be read.
    """
    digest = hashlib.sha256()
    with filing("read it", path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
