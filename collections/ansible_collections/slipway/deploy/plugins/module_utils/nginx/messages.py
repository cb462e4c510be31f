# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Translates nginx's messages about a configuration into one line with its location. Pure.

The texts are those of nginx 1.22 to 1.28 (``ngx_conf_file.c``, ``ngx_event_openssl.c``, ``ngx_connection.c``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..common.errors import SlipwayError

# On standard error without a time, in the log with one.
_LINE = re.compile(r"^(?:nginx: |\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )\[(?P<level>[a-z]+)\](?: \d+#\d+:)? (?P<said>.*)$")
_PLACE = re.compile(r" in (?P<file>/\S+?):(?P<line>\d+)$")
_LOG = re.compile(r"^\s*error_log\s+([^\s;]+)", re.MULTILINE)
_FATAL = ("emerg", "alert", "crit")
# Messages about requests or handshakes in the same log, such as from a scanner.
_CONNECTION = re.compile(r"\*\d+ ")
# A path, or a variable, which is written with a dollar sign.
_QUOTED = re.compile(r'"(/[^"]+)"|unknown "(\w+)" variable')


@dataclass(frozen=True)
class Said:
    """A line of nginx's output.

    :ivar place: the file and line in it, ``file:line``, or ``""``.
    """

    level: str
    message: str
    place: str = ""

    @property
    def fatal(self) -> bool:
        """Whether the error is fatal for nginx."""
        return self.level in _FATAL


def read(lines: Iterable[str]) -> list[Said]:
    """The messages of nginx itself, each once."""
    found = []
    for line in lines:
        match = _LINE.match(line.strip())
        if match is None or _CONNECTION.match(match["said"]):
            continue
        message = match["said"].strip()
        place = _PLACE.search(message)
        if place:
            found.append(Said(match["level"], message[: place.start()], f"{place['file']}:{place['line']}"))
        else:
            found.append(Said(match["level"], message))
    return list(dict.fromkeys(found))


def locate(said: Said, files: Mapping[str, str]) -> str:
    """The location of a setting, even if nginx does not name it: for a certificate it only shows the path.

    :param files: the contents of the files that may have it.
    """
    if said.place:
        return said.place
    for file, variable in _QUOTED.findall(said.message):
        quoted = file or f"${variable}"
        for path, content in files.items():
            for number, line in enumerate(content.splitlines(), start=1):
                if quoted in line and not line.lstrip().startswith("#"):
                    return f"{path}:{number}"
    return ""


def refusal(lines: Iterable[str], files: Mapping[str, str], remedy: str) -> SlipwayError:
    """The error for a configuration that nginx refuses."""
    lines = list(lines)
    said = next((item for item in read(lines) if item.fatal), None)
    if said is None:
        text = " ".join(" ".join(lines).split()) or "it says nothing"
        return SlipwayError(f"nginx refuses the configuration: {text}", next(iter(files), None), remedy)
    where = locate(said, files) or next(iter(files), None)
    return SlipwayError(f"nginx refuses the configuration: {said.message}", where, remedy)


def given_up(lines: Iterable[str]) -> bool:
    """Whether a reload has failed: a port in use is retried for a while first."""
    fatal = (item.message for item in read(lines) if item.fatal)
    return any(not message.startswith("bind() to ") for message in fatal)


def main_log(configuration: str) -> str:
    """The log of the master process, from the main configuration file, or ``""``."""
    found = _LOG.search(configuration.partition("{")[0])
    return found[1] if found else ""


def warnings(lines: Iterable[str]) -> list[str]:
    """Warnings of nginx, with their locations."""
    said = (item for item in read(lines) if item.level == "warn")
    return [f"{item.place}: {item.message}" if item.place else item.message for item in said]
