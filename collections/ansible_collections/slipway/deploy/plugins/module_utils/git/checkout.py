# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A repository's checkout on a host: ``<dest>`` is a link to ``<dest>.checkouts/<commit>``, which is created beside it.

So a failed fetch leaves the old checkout intact. git runs as the user that owns the checkouts; it reads no
configuration of the machine or of a user, no credential helper, and the token from memory (see :mod:`.askpass`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..files.atomic import ensure_directory, filing, link_atomic, read_link, superfluous
from ..files.atomic_directory import locked, making, newest_first, remove, remove_leftovers
from ..programs.run import Account, Finished
from .askpass import askpass
from .command import git
from .problem import Asked, explain, unadvertised
from .version import parse_names, resolve

_SETTINGS = {
    "credential.helper": "",
    "core.logAllRefUpdates": "false",
    "advice.detachedHead": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "init.defaultBranch": "main",
}


class Wanted(NamedTuple):
    """The desired checkout.

    :param host: the host (and port) of ``repository``, which gets the token.
    :param directory: a directory that must be in the checkout, or ``""``.
    :param depth: how many commits of history are fetched; 0 is all.
    :param token_from: the token's source, for errors.
    :param timeout: seconds that one command of git may take.
    :param keep: how many checkouts are kept, with the live one.
    """

    repository: str
    host: str
    version: str
    dest: Path
    directory: str
    depth: int
    ca_file: str
    token: str
    token_from: str
    timeout: float
    keep: int


class Checkout:
    """The checkout at ``wanted.dest``.

    :param owner: the user who runs git and owns the files.
    """

    def __init__(self, wanted: Wanted, owner: Account) -> None:
        self._wanted = wanted
        self._owner = owner
        self._home = wanted.dest.with_name(f"{wanted.dest.name}.checkouts")
        self._asked = Asked(wanted.repository, wanted.version, wanted.token_from if wanted.token else None)

    def current(self) -> str | None:
        """The commit that is checked out, if its files are unchanged and ``directory`` exists; otherwise ``None``.

        :raises SlipwayError: something else has the checkout's name.
        """
        dest = self._wanted.dest
        if not dest.is_symlink():
            if dest.exists():
                raise SlipwayError(
                    "a file or directory is there that is not a checkout of this", str(dest), "Move it away first"
                )
            return None
        place = self._live()
        if place is None and self._foreign():
            raise SlipwayError(
                f"it is a link to {read_link(dest)}, no checkout of this", str(dest), "Move it away first"
            )
        if place is None or not (place / self._wanted.directory).is_dir():
            return None
        head = self._local(place, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        state = self._local(place, "status", "--porcelain", "--untracked-files=no")
        if head.code or state.code or state.output.strip():
            return None
        return head.output.strip()

    def recorded(self) -> str | None:
        """The commit that the link names, regardless of its files."""
        place = self._live()
        return place.name.partition(".")[0] if place is not None else None

    def resolve(self) -> str:
        """The commit that the wanted version has on the server now.

        :raises SlipwayError: the version does not exist, or the server does not answer.
        """
        # All names, so that the error for a misspelt one can suggest similar ones.
        listing = self._remote(Path("/"), "ls-remote", "--heads", "--tags", "--", self._wanted.repository)
        if listing.code:
            raise self._failure(listing)
        return resolve(self._wanted.version, parse_names(listing.output), self._wanted.repository)

    def switch(self, commit: str) -> Path:
        """Fetch the commit, switch to it, and prune; return its path.

        :raises SlipwayError: it fails: then the live checkout stays, and no part of the new one is left.
        """
        ensure_directory(self._wanted.dest.parent)
        with locked(self._home):
            remove_leftovers(self._home)
            place = self._free_name(commit)
            with making(place) as made:
                with filing("prepare a checkout", made):
                    if os.geteuid() == 0:
                        os.chown(made, self._owner.uid, self._owner.gid)
                    made.chmod(0o750)
                self._fetch(made, commit)
                self._check_directory(made)
            previous = self._live()
            link_atomic(self._wanted.dest, f"{self._home.name}/{place.name}")
            kept = {place.name, previous.name if previous else place.name}
            for name in superfluous(newest_first(self._home), self._wanted.keep, kept):
                remove(self._home / name)
        return place

    def _fetch(self, made: Path, commit: str) -> None:
        wanted = self._wanted
        self._check(self._local(made, "init", "--quiet", "--template="))
        self._check(self._local(made, "remote", "add", "--", "origin", wanted.repository))
        depth = ["--depth", str(wanted.depth)] if wanted.depth else []
        fetched = self._remote(made, "fetch", "--quiet", "--no-tags", *depth, "--", "origin", commit)
        if fetched.code and unadvertised(fetched.errors):
            # A server may only allow named refs: then everything is fetched, and the commit is in it or not.
            refs = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
            fetched = self._remote(made, "fetch", "--quiet", "--", "origin", *refs)
            if not fetched.code and self._local(made, "cat-file", "-e", f"{commit}^{{commit}}").code:
                raise SlipwayError(f"there is no commit {commit}", wanted.repository, "Push it to a branch first")
        self._check(fetched)
        self._check(self._local(made, "checkout", "--quiet", "--detach", "--force", commit))
        head = self._local(made, "rev-parse", "--verify", "HEAD")
        if head.output.strip() != commit:
            raise SlipwayError(f"git checked out {head.output.strip() or 'nothing'}, not {commit}", wanted.repository)

    def _check_directory(self, made: Path) -> None:
        directory = self._wanted.directory
        inside = (made / directory).resolve()
        if not inside.is_dir() or made.resolve() not in (inside, *inside.parents):
            raise SlipwayError(
                f"there is no directory {directory} in {self._wanted.version}",
                self._wanted.repository,
                "Correct the directory, or check out a version that has it",
            )

    def _live(self) -> Path | None:
        target = read_link(self._wanted.dest)
        place = self._wanted.dest.parent / target if target else None
        return place if place is not None and place.parent == self._home and place.is_dir() else None

    def _foreign(self) -> bool:
        target = read_link(self._wanted.dest)
        return target is not None and (self._wanted.dest.parent / target).parent != self._home

    def _free_name(self, commit: str) -> Path:
        # A live checkout of the same commit must be damaged; it stays until the switch.
        live, names = self._live(), (commit, f"{commit}.2")
        return next(place for place in (self._home / name for name in names) if place != live)

    def _check(self, finished: Finished) -> None:
        if finished.code:
            raise self._failure(finished)

    def _failure(self, finished: Finished) -> SlipwayError:
        token = self._wanted.token
        return explain(finished.errors.replace(token, "[redacted]") if token else finished.errors, self._asked)

    def _local(self, place: Path, *arguments: str) -> Finished:
        return self._git(place, arguments, {}, ())

    def _remote(self, place: Path, *arguments: str) -> Finished:
        wanted = self._wanted
        if not wanted.token:
            return self._git(place, arguments, {"GIT_ASKPASS": "/bin/false"}, ())
        with askpass(wanted.token, wanted.host, self._owner) as (environ, descriptors):
            return self._git(place, arguments, environ, descriptors)

    def _git(
        self, place: Path, arguments: Sequence[str], environ: Mapping[str, str], descriptors: Sequence[int]
    ) -> Finished:
        trusted = {"http.sslCAInfo": self._wanted.ca_file} if self._wanted.ca_file else {}
        return git(
            place,
            arguments,
            self._owner,
            where=self._wanted.repository,
            timeout=self._wanted.timeout,
            protocols="https",
            settings={**_SETTINGS, **trusted},
            environ=environ,
            descriptors=descriptors,
            # Programs that were added to a checkout's configuration must not run.
            neutral=(place / ".git").exists(),
        )
