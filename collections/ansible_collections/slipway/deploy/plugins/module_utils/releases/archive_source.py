# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sources of a release's archive: a checkout's commit, a file of the host, or a URL. Each yields an open file.

Temporary files are anonymous, or have a name that the next attempt replaces.
"""

from __future__ import annotations

import os
import pwd
import tempfile
import urllib.error
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from ..common.errors import SlipwayError
from ..files.atomic import file_digest, filing
from ..files.download import Source, download
from ..git.command import git
from ..git.neutral import check_name
from ..git.problem import Asked, explain
from ..http_client.client import opener, reason
from ..programs.run import Account, account, path_of

_PATIENCE = 30


@contextmanager
def unnamed_file(directory: Path, owner: Account) -> Iterator[BinaryIO]:
    """An anonymous file, which disappears once it is closed, even after SIGKILL.

    :param directory: a directory on its file system.
    :param owner: the user who may write it, by :func:`.program.path_of`.
    :raises SlipwayError: it cannot be made.
    """
    with ExitStack() as stack:
        with filing("make a file", directory):
            file = stack.enter_context(tempfile.TemporaryFile(dir=directory))
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.uid, owner.gid)
        yield file


@contextmanager
def exported(checkout: Path, commit: str, space: Path, timeout: float) -> Iterator[BinaryIO]:
    """The tree of a commit, as ``git archive`` writes it. git runs as the checkout's owner.

    :param space: a directory on the archive's file system.
    :raises SlipwayError: there is no such commit, or git fails.
    """
    check_name(commit, "commit", "commit")
    with filing("look at the checkout", checkout):
        uid = checkout.stat().st_uid
    try:
        owner = account(pwd.getpwuid(uid).pw_name, "user")
    except KeyError:
        raise SlipwayError(f"it belongs to the user id {uid}, which has no name", str(checkout)) from None
    with unnamed_file(space, owner) as file:
        # git archive converts files by the programs that the checkout's own configuration names.
        argv = ["archive", "--format=tar", f"--output={path_of(file.fileno())}", "--", commit]
        done = git(checkout, argv, owner, timeout=timeout, descriptors=[file.fileno()])
        if done.code:
            raise explain(done.errors, Asked(str(checkout), commit, None))
        yield file


@contextmanager
def opened(path: Path, digest: str) -> Iterator[BinaryIO]:
    """A file of the host, verified by its digest.

    :param digest: its SHA-256, hexadecimal digits.
    :raises SlipwayError: it does not exist, or has another digest.
    """
    found = file_digest(path)
    if found is None:
        raise SlipwayError("there is no such file", str(path), "Put the archive there first")
    if found != digest:
        what = f"its digest is sha256:{found}, not sha256:{digest}"
        raise SlipwayError(what, str(path), "Find out who replaced it; do not deploy it")
    with unverified(path) as file:
        yield file


@contextmanager
def unverified(path: Path) -> Iterator[BinaryIO]:
    """A file of the host that the run itself has just written.

    :raises SlipwayError: there is none.
    """
    with filing("read it", path):
        file = path.open("rb")
    with file:
        yield file


@contextmanager
def downloaded(url: str, digest: str, path: Path) -> Iterator[BinaryIO]:
    """The content of a URL, downloaded and verified.

    :param path: its temporary path.
    :raises SlipwayError: the download fails, has another digest, or the disk is full.
    """
    name = shown(url)
    try:
        download(Source(url, name, _announced(url, name), digest), path, jar=False, mode=0o400)
        with unverified(path) as file:
            yield file
    finally:
        with suppress(OSError):
            path.unlink()


def shown(url: str) -> str:
    """A URL without its credentials: user and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _announced(url: str, name: str) -> int:
    """The size from the server. A signed URL only allows GET, so that is used."""
    try:
        with opener(follow=True).open(url, timeout=_PATIENCE) as answer:
            size = answer.headers.get("Content-Length") or ""
    except urllib.error.HTTPError as error:
        error.close()
        raise SlipwayError(f"the server refuses it (HTTP {error.code})", name, "Correct the URL") from None
    except (OSError, HTTPException, ValueError) as error:
        remedy = "Check the host's network and the server, then run this again"
        raise SlipwayError(f"the server cannot be reached: {reason(error)}", name, remedy) from None
    if not size.isdigit():
        raise SlipwayError("the server does not say how large it is", name, "Have it send Content-Length")
    return int(size)
