# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of a configuration's generation that are linked at their own paths.

Each path is a link through ``current`` to the generation's file: one switch changes or restores all of
them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ..files.atomic import (
    ensure_directory,
    filing,
    link_atomic,
    read_link,
)
from .model import file_name, file_path


def link_files(top: Path, paths: Mapping[str, tuple[int, int]], current: str | None, check: bool) -> bool:
    """Link the wanted files at their paths, and remove links that no generation needs; return whether that changes.

    :param top: the directory of the service's configuration.
    :param paths: path → the link's owner and group, ``-1`` for the user who runs this.
    :param current: the live generation, whose files stay while it is live.
    :param check: change nothing.
    """
    changed = False
    for path, (uid, gid) in paths.items():
        target = _target(top, path)
        if read_link(path) == target:
            continue
        changed = True
        if not check:
            if not Path(path).parent.is_dir():
                ensure_directory(Path(path).parent)
            link_atomic(path, target)
            with filing("give it its owner", path):
                os.lchown(path, uid, gid)
    live = {*paths, *_delivered_by([Path(current)] if current else [])}
    for path in _delivered_by(sorted((top / "generations").glob("*"))):
        if path not in live and read_link(path) == _target(top, path):
            changed = True
            if not check:
                with filing("remove it", path):
                    Path(path).unlink()
    return changed


def _target(top: Path, path: str) -> str:
    return str(top / "current" / file_name(path))


def _delivered_by(generations: Collection[Path]) -> Iterator[str]:
    """The paths of the files that generations deliver, each once."""
    names = [item.name for generation in generations for item in sorted((generation / "files").glob("*"))]
    for name in dict.fromkeys(names):
        yield file_path(f"files/{name}")
