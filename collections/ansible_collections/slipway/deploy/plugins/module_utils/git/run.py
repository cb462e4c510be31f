# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real git, run without a terminal: what it is asked, and what its refusals mean in one line.

A token never is an argument, an environment variable or a file: see :mod:`.askpass`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..common.errors import SlipwayError
from ..programs.run import Account
from .askpass import askpass
from .neutral import (
    LISTING,
    PROTOCOLS,
    REMOTE_OPTIONS,
    check_address,
    options,
)
from .problem import Kind, kind_of

_LIMIT_SECONDS = 120
#: What a refusal means on the control node, and what to do: for each kind of :mod:`.problem`.
_REFUSALS: Mapping[Kind, tuple[str, str]] = {
    "transport": (
        "the address names a transport that is not used here",
        "Use https, ssh or a path (git remote -v)",
    ),
    "owner": (
        "it belongs to another user, whose configuration git would follow",
        "Use a checkout of your own, or allow this one: git config --global --add safe.directory <path>",
    ),
    "certificate": (
        "the remote's certificate is not trusted",
        "Give its authority's certificate, or correct git's own set-up (http.sslCAInfo)",
    ),
    **dict.fromkeys(
        ("credentials", "forbidden", "denied"),
        (
            "the remote does not accept these credentials",
            "Give {variable} a token with rights there, or correct git's own set-up; it may be revoked or expired",
        ),
    ),
    "absent": (
        "the remote has no such repository, or does not show it to these credentials",
        "Correct the address (git remote -v), or the token's repositories",
    ),
    "rejected": (
        "the remote refused the tag",
        "Somebody may have made it meanwhile, or a rule of the repository forbids it. Run this again to see which",
    ),
    **dict.fromkeys(
        ("network", "unreachable"),
        (
            "the remote does not answer",
            "Look at the network and the address (git remote -v), then run this again",
        ),
    ),
}


@dataclass(frozen=True)
class Credentials:
    """How git gets at a remote besides its own set-up.

    :ivar token: for HTTPS; ``None`` leaves everything to git's own set-up. It never appears in ``repr``.
    :ivar ca_file: certificates of the remote's authority, ``None`` for the system's.
    :ivar variable: where the token is written, for errors.
    """

    token: str | None = None
    ca_file: str | None = None
    variable: str = "promote_token"

    def __repr__(self) -> str:
        return f"Credentials(token={'set' if self.token else None}, ca_file={self.ca_file!r})"


class Git:
    """git in one directory.

    :param directory: a working tree or a bare repository.
    :param name: what a person calls it, for errors.
    :param place: what to name in errors, ``directory`` by default.
    :param url: the remote's address; the token is only given to its host, and only by HTTPS.
    """

    def __init__(
        self, directory: Path, name: str, credentials: Credentials, place: str | None = None, url: str = ""
    ) -> None:
        self.directory = directory
        self.name = name
        self.place = place or str(directory)
        self._credentials = credentials
        self._host = _host(url)
        self._options: list[str] | None = None

    def ask(self, *arguments: str, codes: Sequence[int] = (0,), stdin: str = "") -> tuple[int, str]:
        """Run git; its exit code, one of ``codes``, and what it printed.

        :raises SlipwayError: when it ends with another code, in one line.
        """
        return self._run(arguments, codes, stdin, {}, ())

    def remote(self, *arguments: str, stdin: str = "") -> str:
        """Run git where it talks to a remote, with the credentials; what it printed.

        :raises SlipwayError: saying why the remote refuses.
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
        settings = self._neutral()
        if self._credentials.token is not None and environment:
            settings += ["-c", "credential.helper="]
        try:
            done = subprocess.run(
                ["git", "-C", str(self.directory), *settings, *arguments],
                check=False,
                env={**_environment(), **self._trust(), **environment},
                input=stdin.encode(),
                capture_output=True,
                pass_fds=tuple(descriptors),
                timeout=_LIMIT_SECONDS,
            )
        except FileNotFoundError as error:
            raise SlipwayError("git is not installed here", self._where(), "Install the package git") from error
        except subprocess.TimeoutExpired as error:
            what = f"git {arguments[0]} did not finish within {_LIMIT_SECONDS} s"
            raise SlipwayError(what, self._where(), "Look at the network, then run this again") from error
        if done.returncode not in codes:
            raise self._refusal(arguments[0], done.stderr.decode(errors="replace"))
        return done.returncode, done.stdout.decode(errors="replace")

    def _neutral(self) -> list[str]:
        """The options that make the repository's own configuration harmless; it is read once."""
        if self._options is None:
            self._options = neutral_options(self.directory)
        return list(self._options)

    def _trust(self) -> dict[str, str]:
        # The variable goes before every setting, so one of the machine's would win over a setting.
        return {"GIT_SSL_CAINFO": self._credentials.ca_file} if self._credentials.ca_file else {}

    def _refusal(self, verb: str, text: str) -> SlipwayError:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = next((line for line in lines if re.match(r"(fatal|error|remote|!)", line)), lines[0] if lines else "")
        kind = kind_of(text, _REFUSALS)
        if kind:
            what, remedy = _REFUSALS[kind]
            advice = remedy.format(variable=self._credentials.variable)
            return SlipwayError(f"{what} (git {verb}: {_plain(said)})", self._where(), advice)
        return SlipwayError(f"git {verb} failed: {_plain(said)}", self._where(), "Try the same by hand there")

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


def neutral_options(directory: Path) -> list[str]:
    """The options before a command that keep git from running what the repository of a directory names.

    :raises SlipwayError: git is not installed, or a setting cannot be overridden.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *options(), *LISTING],
            check=False,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_SECONDS,
        )
    except FileNotFoundError as error:
        raise SlipwayError("git is not installed here", str(directory), "Install the package git") from error
    except subprocess.TimeoutExpired as error:
        what = f"git config did not finish within {_LIMIT_SECONDS} s"
        raise SlipwayError(what, str(directory), "Look at the disk, then run this again") from error
    # A failure (no repository, one of another owner) is every other command's as well.
    return options(done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else "")


def run_local(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git in a checkout for what is in it, without its own configuration's programs and without a remote.

    :raises SlipwayError: git is not installed, or does not end.
    """
    command = ["git", "-C", str(directory), *neutral_options(directory), *arguments]
    try:
        return subprocess.run(
            command,
            check=False,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        what = f"git {arguments[0]} did not finish within {_LIMIT_SECONDS} s"
        raise SlipwayError(what, str(directory), "Look at the disk, then run this again") from error


def check_url(url: str, where: str, variable: str = Credentials.variable) -> str:
    """``url`` itself, unless it holds a password or is not an address that git is given.

    :param variable: where a token is written instead.
    :raises SlipwayError: then; without repeating a password.
    """
    refuse_password(url, where, variable)
    return check_address(url, where)


def refuse_password(url: str, where: str, variable: str = Credentials.variable) -> None:
    """Stop when an address holds a password.

    :param variable: where a token is written instead.
    :raises SlipwayError: it does; without repeating it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.password or (parts.username and parts.scheme in ("http", "https")):
        remedy = f"Write the address without them and give the token by {variable}"
        raise SlipwayError("the address holds credentials", where, remedy)


def _host(url: str) -> str:
    """The host, and the port if one is written, of an HTTPS address; it goes into a program's text."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return host if parts.scheme == "https" and re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", host) else ""


def _environment() -> dict[str, str]:
    # Messages are compared with words, so they must be English. Nobody is there to answer a question.
    own = {
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GIT_ALLOW_PROTOCOL": PROTOCOLS,
        "GIT_OPTIONAL_LOCKS": "0",
    }
    ssh = os.environ.get("GIT_SSH_COMMAND") or "ssh -o BatchMode=yes"
    kept = {
        name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    return {**kept, **own, "GIT_SSH_COMMAND": ssh}


def _plain(line: str) -> str:
    """A line of git's without the password that an address in it may hold."""
    return re.sub(r"(://)[^\s/@]*@", r"\1", line)[:200]
