# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a host has to build a release with."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence

from ..programs.run import run_command

_LIMIT = 30
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CANDIDATE = re.compile(r"^\s*Candidate:\s*(\S+)", re.MULTILINE)
_UPSTREAM = re.compile(r"(?:\d+:)?([0-9]+(?:\.[0-9]+)*)")


def node_version(path: Sequence[str]) -> str:
    """The version of Node.js; empty if there is no working one.

    :param path: directories that are searched first.
    """
    program = shutil.which("node", path=":".join([*path, _PATH]))
    return _said([program, "--version"]).strip() if program else ""


def candidates(packages: Sequence[str]) -> dict[str, str]:
    """The versions that apt would install, by package, without the distribution's part.

    Packages unknown to apt are left out, as is everything on a host without apt, where only an installation can tell.
    """
    found: dict[str, str] = {}
    program = shutil.which("apt-cache", path=_PATH)
    for name in packages if program else ():
        said = _CANDIDATE.search(_said([str(program), "policy", "--", name]))
        version = _UPSTREAM.match(said[1]) if said else None
        if version:
            found[name] = version[1]
    return found


def _said(argv: Sequence[str]) -> str:
    try:
        done = run_command(argv, _LIMIT)
    except OSError:
        return ""
    return "" if done.code else done.output
