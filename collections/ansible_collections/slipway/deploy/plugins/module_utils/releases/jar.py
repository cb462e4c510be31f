# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases on this host: ``<directory>/<release>/app.jar``, immutable once complete."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..files.atomic import ensure_directory, file_digest, filing, read_link, remove_tree, superfluous, sync_directory
from ..files.atomic_directory import newest_first
from ..files.download import Source, download
from .ledger import Ledger
from .pruning import needed, release_in


def is_fetched(path: Path, digest: str) -> bool:
    """Whether a release's file exists with its digest, which is computed.

    :param digest: its SHA-256, hexadecimal digits.
    """
    return not path.is_symlink() and file_digest(path) == digest


def fetch(source: Source, path: Path) -> None:
    """Download a release's file. A wrong one is replaced after the right one is complete.

    :raises SlipwayError: the download fails; then no new release is left.
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
    """The names of releases that may be removed: not the newest, not one with a link to it, not one that an undo needs.

    :param keep: how many are kept.
    :param links: links that may point into a release.
    :param failed: a release that was undone: it is removed whatever its age, unless a link or an undo needs it.
    """
    if not directory.is_dir():
        return []
    names = newest_first(directory)
    protected = {*needed(ledger, directory), *(release_in(directory, link, read_link(link)) for link in links)}
    rejected = [name for name in names if name == failed and name not in protected]
    return rejected + superfluous([name for name in names if name not in rejected], keep, protected)
