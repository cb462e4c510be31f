# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs the tools of a build: with the caller's environment but without its secrets, and with readable failures."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from ..common.errors import SlipwayError
from ..common.redact import redact
from ..programs.run import Account, Finished, run

# Lines of a failed build that its error shows, and the most of its output that is searched for them.
_SHOWN: Final = 3
_LOOKED_AT: Final = 200_000
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_MAVEN: Final = re.compile(r"\[ERROR\]\s*(?P<said>\S.*)")
_MAVEN_HELP: Final = re.compile(
    r"-> \[Help|To see the full stack trace|Re-run Maven using|For more information about|\[Help \d\]|After correcting"
)
_NO_ANSWER: Final = re.compile(
    r"EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONNRESET|ECONNREFUSED|ERR_SOCKET_TIMEOUT|UnknownHostException"
    r"|Connect(?:ion)? (?:to \S+ )?(?:failed|refused|timed out|reset)|\bE5\d\d\b|status code: 5\d\d"
)
_CAUSES: Final = (
    (r"ENOSPC|No space left on device", "the disk is full", "Free space there, then run this again"),
    (
        r"\bE40[13]\b|status code: 40[13]|40[13] (?:Unauthorized|Forbidden)",
        "a registry does not accept the login",
        "Log in again, and see that this role may read from it; then run this again",
    ),
    (
        r"\bE409\b|EPUBLISHCONFLICT|cannot publish over",
        "the registry has other content of this version",
        "Another run publishes it too: run this again",
    ),
    (_NO_ANSWER, "a registry does not answer", "Run this again when it does"),
)


class Tool(NamedTuple):
    """How the tools of one build are run.

    :param environ: their variables.
    :param timeout: seconds for each command.
    :param hidden: texts that no output may show, such as a token.
    """

    environ: Mapping[str, str]
    timeout: float
    hidden: Sequence[str] = ()

    def run(
        self, doing: str, argv: Sequence[str], place: Path, where: str, descriptors: Sequence[int] = ()
    ) -> Finished:
        """Run a command to its end.

        :param doing: its purpose, as a noun.
        :param where: what is built, for errors.
        :raises SlipwayError: it fails; with the lines that say why.
        """
        done = run(argv, _me(), self.environ, self.timeout, str(place), descriptors, together=True)
        output = done.output
        for text in self.hidden:
            output = output.replace(text, "[redacted]")
        if done.late:
            what = f"{doing} did not end within {self.timeout:g} s"
            raise SlipwayError(f"{what}; it said last: {_last(output)}", where, "See why it waits, or allow more time")
        if done.code:
            raise explain(doing, done.code, output, where)
        return done._replace(output=output)


def explain(doing: str, code: int, output: str, where: str) -> SlipwayError:
    """The readable error for a failed command. Pure."""
    lines = _lines(output)
    errors = [found["said"] for line in lines if (found := _MAVEN.match(line)) and not _MAVEN_HELP.search(line)]
    said = " | ".join(errors[:_SHOWN] or lines[-_SHOWN:]) or "it printed nothing"
    if code in (-9, 137):
        return SlipwayError(f"{doing} was killed (signal 9): {said}", where, "Give the machine more memory")
    for pattern, what, remedy in _CAUSES:
        line = next((line for line in lines if re.search(pattern, line)), None)
        if line is not None:
            return SlipwayError(f"{doing} failed: {what} ({line})", where, remedy)
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    return SlipwayError(f"{doing} failed ({ended}): {said}", where, "Correct it where the code is written")


def _lines(output: str) -> list[str]:
    plain = (_ESCAPES.sub("", line).rstrip() for line in output[-_LOOKED_AT:].splitlines())
    return [redact(line) for line in plain if line.strip()]


def _last(output: str) -> str:
    return next(iter(_lines(output)[-1:]), "nothing")


def _me() -> Account:
    name, home = "", os.environ.get("HOME", "/")
    with suppress(KeyError):
        entry = pwd.getpwuid(os.geteuid())
        name, home = entry.pw_name, entry.pw_dir
    return Account(name, os.geteuid(), os.getegid(), home)
