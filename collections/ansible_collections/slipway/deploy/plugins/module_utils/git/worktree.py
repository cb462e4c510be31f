# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A clean checkout of one commit, beside a clone: what is built is what was committed, nothing else.

It is a worktree of git: build plugins read the commit from it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..common.errors import SlipwayError
from ..files.atomic import filing
from .run import Git

_PREFIX = "slipway-source-"


@contextmanager
def checked_out(git: Git, commit: str) -> Iterator[Path]:
    """A commit's files in a directory of their own, removed with the block. The clone's own files are not touched.

    :raises SlipwayError: git refuses, or the disk is full.
    """
    with filing("make a directory for the source", tempfile.gettempdir()):
        scratch = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    with scratch:
        # Worktrees whose run was killed: their directories are gone.
        git.ask("worktree", "prune")
        place = Path(scratch.name) / "source"
        try:
            _add(git, place, commit)
            yield place
        finally:
            git.ask("worktree", "remove", "--force", "--", str(place), codes=(0, 128))


def _add(git: Git, place: Path, commit: str) -> None:
    try:
        git.ask("worktree", "add", "--quiet", "--detach", "--", str(place), commit)
    except SlipwayError as error:
        if "unable to write" not in error.what:
            raise
        # git does not say why.
        what = f"the files of {commit[:12]} cannot be written ({error.what})"
        raise SlipwayError(what, str(place.parent), "Free space there, or let TMPDIR name another directory") from error
