# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's EnvironmentFile: quoting a value so that exactly it arrives at the service. Pure.

The rules are those of systemd's ``src/basic/env-file.c``: inside double quotes a backslash takes the special meaning
from a double quote, a backslash, a dollar sign and a backtick, and nothing else is special: no ``%``, no ``#``, no
variables. Every value is quoted, so that leading and trailing spaces stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Linux's MAX_ARG_STRLEN: a longer ``NAME=value`` and its NUL cannot be handed to a process.
LONGEST = 128 * 1024 - 1

#: ``unichar_is_valid`` of systemd's ``src/basic/utf8.c``: one of these, and it reads nothing of the whole file.
_NO_CHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_SPECIAL = re.compile(r'(["\\$`])')
_LINE = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")


def fault(name: str, value: str) -> str | None:
    """Why a service cannot get this variable by an EnvironmentFile, or ``None``. The value is not in the answer."""
    if not NAME.fullmatch(name):
        return "is no name of an environment variable (letters, digits and _, no digit first)"
    for character, called in (("\n", "a newline"), ("\r", "a carriage return"), ("\0", "a NUL")):
        if character in value:
            return f"holds {called}, which an environment variable of systemd cannot"
    try:
        length = len(f"{name}={value}".encode())
    except UnicodeEncodeError:
        return "is no text of Unicode"
    if _NO_CHARACTER.search(value):
        return "holds a code point that Unicode reserves, which systemd does not read"
    return f"is longer than {LONGEST} bytes, which no process can be given" if length > LONGEST else None


def quote(value: str) -> str:
    """A value as it is written behind ``NAME=``; one that :func:`fault` refuses must not come here."""
    return '"' + _SPECIAL.sub(r"\\\1", value) + '"'


def render(environment: Mapping[str, str]) -> str:
    """The file's text, a line for each variable, sorted by name."""
    return "".join(f"{name}={quote(environment[name])}\n" for name in sorted(environment))


def parse(text: str) -> dict[str, str]:
    """The variables of a text that :func:`render` wrote; lines that it cannot have written are left out."""
    lines = (_LINE.fullmatch(line) for line in text.split("\n"))
    return {line[1]: _ESCAPED.sub(r"\1", line[2]) for line in lines if line}
