# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs git-cliff, which writes the changelog and the notes of a tag: https://git-cliff.org/docs/usage/args.

Its settings are Slipway's. A repository's own are not read: they could start programs.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from ..common.errors import SlipwayError
from ..common.neutral import neutral
from ..programs.run import run_command

PROGRAM = "git-cliff"
_LIMIT_SECONDS = 300
_EXAMPLE = "Write a path in it: -e changelog_file=CHANGELOG.md"
_DROPPED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def find_cliff() -> str:
    """The path of git-cliff: in the environment that Ansible runs in, or in the path.

    :raises SlipwayError: it is not installed.
    """
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.is_file() else shutil.which(PROGRAM) or ""
    if not found:
        remedy = f"It writes the notes. Install it: pip install {PROGRAM}"
        raise SlipwayError(f"{PROGRAM} is not installed on the control node", None, remedy)
    return found


def notes(directory: Path, config: Path, name: str, since: str, commit: str) -> str:
    """The notes of a tag, without a title: what was committed since another one.

    :param since: the commit of the tag before; empty for none.
    :param commit: the commit of the tag.
    :raises SlipwayError: git-cliff fails or is not there.
    """
    span = f"{since}..{commit}" if since else commit
    # Other tags on these commits do not divide them, not even those of the same kind that were never pushed.
    text = _run(directory, config, rf"^{re.escape(name)}$", ("--tag", name, "--strip", "all", "--", span))
    _title, _newline, body = text.strip().partition("\n")
    return body.strip()


def changelog(directory: Path, config: Path, tag_pattern: str, *, unreleased: bool = False) -> str:
    """The whole changelog, or what is not released yet.

    :raises SlipwayError: git-cliff fails or is not there.
    """
    words = ("--unreleased", "--strip", "all") if unreleased else ()
    text = _run(directory, config, tag_pattern, ("--use-branch-tags", *words))
    return f"{text.strip()}\n" if text.strip() else ""


def changelog_path(place: Path, file: str) -> Path:
    """The file of the clone that gets the changelog, with all links followed.

    :raises SlipwayError: it is outside of the clone, among git's own files, or no regular file.
    """
    root, where = place.resolve(), f"-e changelog_file ({file[:200]})"
    try:
        path = (root / Path(file).expanduser()).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise SlipwayError("it is not the path of a file", where, _EXAMPLE) from error
    if path == root or not path.is_relative_to(root):
        raise SlipwayError(f"{path} is not a file in the clone {root}", where, _EXAMPLE)
    if ".git" in path.relative_to(root).parts:
        raise SlipwayError(f"{path} is a file of git itself", where, _EXAMPLE)
    if path.exists() and not path.is_file():
        raise SlipwayError(f"{path} is not a regular file", where, _EXAMPLE)
    return path


def check_replaceable(path: Path, before: str, text: str) -> None:
    """Refuse to replace a file that is not a changelog: one begins with the same line as the new text.

    :param before: the content of the file; empty if there is none.
    :raises SlipwayError: it has another first line.
    """
    title = text.partition("\n")[0]
    if before.strip() and before.partition("\n")[0].rstrip() != title:
        what = f"{path} is not a changelog: its first line is not {title!r}"
        raise SlipwayError(what, "-e changelog_file", "Name another file, or move this one away")


def _run(directory: Path, config: Path, tag_pattern: str, words: Sequence[str]) -> str:
    if not config.is_file():
        raise SlipwayError("there are no settings of git-cliff", str(config), "Correct the path")
    own = ("--config", str(config), "--repository", str(directory), "--offline", "--no-exec")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_CLIFF_")}
    environ = {name: value for name, value in environ.items() if name not in _DROPPED} | {"NO_COLOR": "1"}
    argv = [find_cliff(), *own, "--tag-pattern", tag_pattern, *words]
    try:
        done = run_command(argv, _LIMIT_SECONDS, environ, cwd=str(directory), whole=True)
    except OSError as error:
        raise SlipwayError(f"{PROGRAM} could not be run: {' '.join(str(error).split())}") from error
    if done.late:
        raise SlipwayError(f"{PROGRAM} did not finish within {_LIMIT_SECONDS} s", str(directory))
    if done.code:
        said = " ".join(neutral(done.errors).split())[-300:]
        raise SlipwayError(f"{PROGRAM} ended with code {done.code}: {said}", str(directory), "Try it by hand there")
    # Messages of commits are written into files, tags and terminals.
    return neutral(done.output)
