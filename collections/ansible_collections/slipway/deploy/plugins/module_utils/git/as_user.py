# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git on a host, run as the user that a checkout belongs to. Python 3.8, standard library only.

It reads no configuration of the machine or of a user, and runs no program that the repository's own one names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..programs.run import Account, Finished, base_environment, run
from .neutral import LISTING, options

_ENVIRONMENT = {
    # Before git 2.32 the next one is not known: there is no file in such a home either.
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


def git_as(
    owner: Account,
    place: Path,
    arguments: Sequence[str],
    timeout: float,
    *,
    protocols: str,
    settings: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    descriptors: Sequence[int] = (),
    neutral: bool = True,
) -> Finished:
    """Run git in a directory.

    :param timeout: seconds that the command may take.
    :param protocols: the transports that it may use, for ``GIT_ALLOW_PROTOCOL``.
    :param settings: settings of the command besides those of :mod:`.neutral`.
    :param neutral: the directory is a repository, whose configuration is read and made harmless first.
    :raises SlipwayError: git cannot be started, or a setting of the repository cannot be overridden.
    """
    whole = {**base_environment(owner), **_ENVIRONMENT, "GIT_ALLOW_PROTOCOL": protocols}
    listing = ""
    if neutral:
        listed = run(["git", *options(), *LISTING], owner, whole, timeout, cwd=str(place))
        listing = "" if listed.code else listed.output
    own = [part for name, value in (settings or {}).items() for part in ("-c", f"{name}={value}")]
    argv = ["git", *own, *options(listing), *arguments]
    return run(argv, owner, {**whole, **(environ or {})}, timeout, cwd=str(place), descriptors=descriptors)
