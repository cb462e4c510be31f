# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases on this host: ``<directory>/<release>/app.jar``, never changed once they are there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..files.atomic import ensure_directory, file_digest, filing, read_link, remove_tree, superfluous, sync_directory
from ..files.atomic_directory import newest_first
from ..files.download import Source, download
from .ledger import Ledger
from .pruning import needed, release_in


def is_fetched(path: Path, digest: str) -> bool:
    """Whether a release's file is there and is what it must be. It is read, not trusted.

    :param digest: its SHA-256, hexadecimal digits.
    """
    return not path.is_symlink() and file_digest(path) == digest


def fetch(source: Source, path: Path) -> None:
    """Have a release's file. One that is there and is not what it must be is replaced when the right one is here.

    :raises SlipwayError: when it cannot be had; then no new release is left.
    """
    ensure_directory(path.parent.parent)
    made = not path.parent.exists()
    ensure_directory(path.parent)
    try:
        download(source, path, jar=path.suffix == ".jar")
    except BaseException:
        if made:
            remove_tree(path.parent)
        raise
    with filing("write it", path):
        sync_directory(path.parent.parent)


def prunable(directory: Path, keep: int, links: Iterable[str], ledger: Ledger, failed: str = "") -> list[str]:
    """The names of the releases that may go: not the newest, not what a link points at, not what an undo needs.

    :param keep: how many stay.
    :param links: the links that may point into a release.
    :param failed: a release that was undone: it goes whatever its age, unless a link or an undo needs it.
    """
    if not directory.is_dir():
        return []
    names = newest_first(directory)
    protected = {*needed(ledger, directory), *(release_in(directory, link, read_link(link)) for link in links)}
    rejected = [name for name in names if name == failed and name not in protected]
    return rejected + superfluous([name for name in names if name not in rejected], keep, protected)
