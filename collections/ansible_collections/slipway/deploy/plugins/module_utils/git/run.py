# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git on the control node: one directory, its remote, and the credentials for it.

A token is never an argument, an environment variable or a file: see :mod:`.askpass`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..common.errors import SlipwayError
from ..programs.run import Account
from .askpass import askpass
from .command import git
from .neutral import (
    REMOTE_OPTIONS,
    check_address,
)
from .problem import refused


@dataclass(frozen=True)
class Credentials:
    """Credentials for a remote, in addition to git's own configuration.

    :ivar token: for HTTPS; ``None`` uses git's own configuration. It never appears in ``repr``.
    :ivar ca_file: certificates of the remote's authority, ``None`` for the system's.
    :ivar variable: the variable of the token, for errors.
    """

    token: str | None = None
    ca_file: str | None = None
    variable: str = "promote_token"

    def __repr__(self) -> str:
        return f"Credentials(token={'set' if self.token else None}, ca_file={self.ca_file!r})"


class Git:
    """git in one directory.

    :param directory: a working tree or a bare repository.
    :param name: its display name, for errors.
    :param place: the location in errors, by default ``directory``.
    :param url: the remote's address; the token is only sent to its host, and only by HTTPS.
    """

    def __init__(
        self, directory: Path, name: str, credentials: Credentials, place: str | None = None, url: str = ""
    ) -> None:
        self.directory = directory
        self.name = name
        self.place = place or str(directory)
        self._credentials = credentials
        self._host = _host(url)

    def ask(self, *arguments: str, codes: Sequence[int] = (0,), stdin: str = "") -> tuple[int, str]:
        """Run git; return its exit code, one of ``codes``, and its output.

        :raises SlipwayError: it ends with another code; in one line.
        """
        return self._run(arguments, codes, stdin, {}, ())

    def remote(self, *arguments: str, stdin: str = "") -> str:
        """Run a git command that contacts the remote, with the credentials; return its output.

        :raises SlipwayError: why the remote refuses.
        """
        verb, *others = arguments
        with self._askpass() as (environment, descriptors):
            whole = (verb, *REMOTE_OPTIONS.get(verb, ()), *others)
            return self._run(whole, (0,), stdin, environment, descriptors)[1]

    def _run(
        self,
        arguments: Sequence[str],
        codes: Sequence[int],
        stdin: str,
        environment: Mapping[str, str],
        descriptors: Sequence[int],
    ) -> tuple[int, str]:
        # The user's own credential helpers would be asked before our askpass program.
        settings = {"credential.helper": ""} if environment else {}
        more = {**self._trust(), **environment}
        done = git(
            self.directory,
            arguments,
            where=self._where(),
            settings=settings,
            environ=more,
            descriptors=descriptors,
            stdin=stdin,
        )
        if done.code not in codes:
            raise refused(done.errors, arguments[0], self._where(), self._credentials.variable)
        return done.code, done.output

    def _trust(self) -> dict[str, str]:
        # The variable takes precedence over every setting, so one of the machine would override a setting.
        return {"GIT_SSL_CAINFO": self._credentials.ca_file} if self._credentials.ca_file else {}

    @contextmanager
    def _askpass(self) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
        if self._credentials.token is None or not self._host:
            yield {}, ()
            return
        me = Account("", os.geteuid(), os.getegid(), "")
        with askpass(self._credentials.token, self._host, me) as given:
            yield given

    def _where(self) -> str:
        return f"{self.name} ({self.place})"


def check_url(url: str, where: str, variable: str = Credentials.variable) -> str:
    """``url`` itself, unless it contains a password or is not an allowed address.

    :param variable: the variable for a token instead.
    :raises SlipwayError: otherwise, without showing a password.
    """
    refuse_password(url, where, variable)
    return check_address(url, where)


def refuse_password(url: str, where: str, variable: str = Credentials.variable) -> None:
    """Refuse an address that contains a password.

    :param variable: the variable for a token instead.
    :raises SlipwayError: it does, without showing it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        remedy = f"Write the address without them and give the token by {variable}"
        raise SlipwayError("the address holds credentials", where, remedy)


def _host(url: str) -> str:
    """The host, and the port if one is written, of an HTTPS address; it becomes part of a program's text."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return host if parts.scheme == "https" and re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", host) else ""
