# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs git: as the current user with its configuration, or on a host as the user that owns a checkout.

It runs no program from a repository's own configuration; as another user it reads no configuration of the machine
or of a user either. Python 3.8, standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..common.errors import SlipwayError
from ..programs.run import Account, Finished, base_environment, run, run_command
from .neutral import LISTING, PROTOCOLS, options

LIMIT_SECONDS = 120
# Messages are matched as text, so they must be English. Prompts cannot be answered.
_OURS = {
    "LC_ALL": "C.UTF-8",
    "LANGUAGE": "",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_OPTIONAL_LOCKS": "0",
}
_OF_USER = {
    # git before 2.32 does not know the next one: there is no file in such a home either.
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def git(
    place: Path,
    arguments: Sequence[str],
    owner: Account | None = None,
    *,
    where: str = "",
    timeout: float = LIMIT_SECONDS,
    protocols: str = PROTOCOLS,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
    stdin: str = "",
    neutral: bool = True,
) -> Finished:
    """Run git in a directory.

    :param owner: the user who runs it; by default the current one.
    :param where: the location in errors, by default the directory.
    :param timeout: seconds that the command may take.
    :param protocols: the allowed transports, for ``GIT_ALLOW_PROTOCOL``.
    :param settings: settings besides those of :mod:`.neutral`.
    :param environ: variables besides those of every command.
    :param neutral: whether the directory is a repository, whose configuration must be neutralized first.
    :raises SlipwayError: git cannot be started or does not finish, or a setting of the repository cannot be overridden.
    """
    common = _environment() if owner is None else {**base_environment(owner), **_OF_USER}
    common["GIT_ALLOW_PROTOCOL"] = protocols

    def finished(words: Sequence[str], more: Mapping[str, str], files: Sequence[int], text: str) -> Finished:
        whole = {**common, **more}
        if owner is not None:
            return run(["git", *words], owner, whole, timeout, cwd=str(place), descriptors=files)
        argv = ["git", "-C", str(place), *words]
        try:
            return run_command(argv, timeout, whole, stdin=text.encode(), descriptors=files, whole=True)
        except FileNotFoundError as error:
            raise SlipwayError("git is not installed here", where or str(place), "Install the package git") from error

    listing = ""
    if neutral:
        listed = finished([*options(), *LISTING], {}, (), "")
        # The command itself will fail the same way (no repository, another owner).
        listing = "" if listed.code else listed.output
    own = [part for name, value in (settings or {}).items() for part in ("-c", f"{name}={value}")]
    # In a list setting the last entries count: ours come after the user's.
    done = finished([*options(listing), *own, *arguments], environ or {}, descriptors, stdin)
    if done.late:
        what = f"git {arguments[0]} did not finish within {timeout:g} s"
        raise SlipwayError(what, where or str(place), "Check the network and the disk, or allow more time")
    return done


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    return {**kept, **_OURS, "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND") or "ssh -o BatchMode=yes"}
