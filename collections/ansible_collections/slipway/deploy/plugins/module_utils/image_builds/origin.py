# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the source comes from: the address of its repository, and the branch of the commit."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..common.errors import SlipwayError
from ..git.run import Git
from ..git.version import check_version

_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?P<path>(?!/)[^\s]+)")
_PLAIN = re.compile(r"[\w][\w./@+-]*")


def source_address(git: Git, declared: str) -> str:
    """The address of the repository, the same from every clone; ``""`` if nothing says it.

    It is a label of the images, and so part of their digests.

    :param declared: what the inventory says.
    """
    if declared:
        return declared
    code, url = git.ask("remote", "get-url", "--", "origin", codes=(0, 2, 128))
    return web_address(url.strip()) if code == 0 else ""


def web_address(url: str) -> str:
    """The HTTPS address of a remote, without credentials; ``""`` for one that is on a machine.

    ``git@github.com:acme/backend.git`` is ``https://github.com/acme/backend``.
    """
    found = _SCP.fullmatch(url)
    if found and "://" not in url:
        return f"https://{found['host']}/{found['path'].removesuffix('.git')}"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port and parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https", "ssh", "git") or not host:
        return ""
    return f"https://{host}{port}{parts.path.rstrip('/').removesuffix('.git')}"


def branch_of(git: Git, given: str, head: str) -> str:
    """The branch that is built, which chooses the tags.

    :param given: what the command line says.
    :param head: the revision that is built.
    :raises SlipwayError: it is not a branch's name, or nothing says it.
    """
    if given:
        return check_version(given, "-e branch")
    name = ""
    if head in ("", "HEAD"):
        name = git.ask("symbolic-ref", "--quiet", "HEAD", codes=(0, 1, 128))[1].strip()
    elif _PLAIN.fullmatch(head):
        name = git.ask("rev-parse", "--symbolic-full-name", "--verify", "--quiet", head, codes=(0, 1, 128))[1].strip()
    for prefix in ("refs/heads/", "refs/remotes/origin/"):
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    what = "the branch of the commit is not known, and it chooses the image's tags"
    raise SlipwayError(what, "source_path", "Name it: -e branch=develop")
