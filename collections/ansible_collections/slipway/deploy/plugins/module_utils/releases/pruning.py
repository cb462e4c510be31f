# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release directories may be removed. :func:`needed` and :func:`removable` are pure."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files.atomic import filing, superfluous
from ..files.atomic_directory import read_mark
from .ledger import GOOD, Ledger, Snapshot

#: The running release and the one before.
LEAST = 2
# A directory without a mark is only removed if its name can be a release's.
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*-[0-9a-f]{12}(?:\.[0-9a-f]{8})?")


@dataclass(frozen=True)
class Found:
    """A release directory.

    :ivar completed: when it was completed (ISO 8601, UTC), or ``""`` if it is incomplete.
    """

    name: str
    completed: str


def look(directory: Path) -> list[Found]:
    """The releases of a directory, the newest first, and incomplete ones last.

    :raises SlipwayError: it cannot be read.
    """
    with filing("look at its releases", directory):
        places = [path for path in directory.iterdir() if path.is_dir() and not path.is_symlink()]
    found = []
    for path in places:
        mark = read_mark(path)
        if mark is not None:
            found.append(Found(path.name, str(mark.get("completed", ""))))
        elif _RELEASE.fullmatch(path.name):
            found.append(Found(path.name, ""))
    return sorted(found, key=lambda item: (item.completed, item.name), reverse=True)


def removable(found: Sequence[Found], keep: int, protected: Collection[str], failed: str = "") -> list[str]:
    """The names that may be removed.

    :param found: the newest first.
    :param keep: how many complete ones are kept; never fewer than :data:`LEAST`.
    :param protected: names that are always kept.
    :param failed: a release that was undone: it is removed before any that ran, unless it is needed.
    """
    rejected = [item.name for item in found if item.completed and item.name == failed and failed not in protected]
    whole = [item.name for item in found if item.completed and item.name not in rejected]
    unfinished = [item.name for item in found if not item.completed and item.name not in protected]
    return rejected + superfluous(whole, max(keep, LEAST), protected) + unfinished


def needed(ledger: Ledger, directory: Path) -> frozenset[str]:
    """The names of the releases below a directory that the ledger may still start.

    A release has an entry for each configuration with which it ran: so good ones are counted by directory.
    """
    good: list[str] = []
    for entry in ledger.entries:
        if entry.verdict == GOOD:
            good += [name for name in _names(entry.snapshot, directory) if name not in good]
    snapshots = [ledger.running.snapshot] if ledger.running else []
    snapshots += [ledger.pending] if ledger.pending else []
    names = [name for snapshot in snapshots for name in _names(snapshot, directory)]
    return frozenset([*names, *good[:LEAST]])


def _names(snapshot: Snapshot, directory: Path) -> Iterable[str]:
    names = (release_in(directory, link, target) for link, target in sorted(snapshot.links.items()))
    return [name for name in names if name]


def release_in(directory: Path, link: str, target: str | None) -> str:
    """The name of the release that a link points to or into, or ``""``."""
    if not target:
        return ""
    first = Path(os.path.relpath(Path(link).parent / target, directory)).parts[:1]
    return "" if first in ((), ("..",)) else first[0]
