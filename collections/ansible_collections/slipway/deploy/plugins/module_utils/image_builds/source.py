# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The files of a commit in a directory of their own: what is built is the commit, not what lies in a working tree."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ..common.errors import SlipwayError
from ..git.command import git

_LEAST_BYTES = 1024 * 1024


def write_commit(clone: Path, commit: str, place: Path) -> None:
    """Write a commit's files below a new directory, with its time. The clone does not change; several may run at once.

    Unlike ``git archive`` it leaves out nothing for the sake of ``export-ignore``. Submodules are not in it.

    :raises SlipwayError: the disk is full, or git refuses.
    """
    place.mkdir(mode=0o755)
    with tempfile.TemporaryDirectory(prefix="index-", dir=place.parent) as directory:
        environ = {"GIT_INDEX_FILE": f"{directory}/index"}
        for words in (["read-tree", commit], ["checkout-index", "--all", f"--prefix={place}/"]):
            done = git(clone, words, where="the source", environ=environ)
            if done.code:
                lines = done.errors.strip().splitlines() or [f"git {words[0]} ended with code {done.code}"]
                # git does not always say why it could not write.
                why = "no space is left on the disk" if _is_full(place.parent) else lines[-1]
                what = f"the files of {commit[:12]} cannot be written: {why}"
                raise SlipwayError(what, str(place), "Free space there, or let TMPDIR name another directory")
    _date(place, _time(clone, commit))


def _is_full(place: Path) -> bool:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize < _LEAST_BYTES or (found.f_files > 0 and found.f_favail == 0)


def _time(clone: Path, commit: str) -> int:
    done = git(clone, ["show", "--no-patch", "--format=%ct", commit], where="the source")
    return int(done.output.strip() or 0)


def _date(place: Path, seconds: int) -> None:
    for directory, _directories, files in os.walk(place, topdown=False):
        for name in (*files, ""):
            os.utime(Path(directory, name), (seconds, seconds), follow_symlinks=False)
