# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""systemd's EnvironmentFile: quoting a value so that the service gets exactly this value. Pure.

The rules are those of systemd's ``src/basic/env-file.c``: inside double quotes a backslash takes the special meaning
from a double quote, a backslash, a dollar sign and a backtick, and nothing else is special: no ``%``, no ``#``, no
variables, no newline. Every value is quoted, so that leading and trailing spaces and all lines are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Linux's MAX_ARG_STRLEN: a longer ``NAME=value`` and its NUL cannot be passed to a process.
LONGEST = 128 * 1024 - 1

#: ``unichar_is_valid`` of systemd's ``src/basic/utf8.c``: with one of these, systemd ignores the whole file.
_NO_CHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_SPECIAL = re.compile(r'(["\\$`])')
_ENTRY = re.compile(r'^([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\["\\$`])*)"$|^.*$', re.MULTILINE)
_KEY = re.compile(r"[#;].*|([^\s=#;][^=\n\r]*)=|\S.*")
_QUOTED = re.compile(r"""[ \t]*(?:'([^']*)'|"((?:[^"\\]|\\.)*)")""", re.DOTALL)
_IN_QUOTES = re.compile(r'\\(["\\$`\n])')
_BARE = re.compile(r"(?:[^\\\n\r]|\\.)*", re.DOTALL)
_BACKSLASH = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")


def fault(name: str, value: str) -> str | None:
    """Why a service cannot get this variable from an EnvironmentFile, or ``None``. The value is not shown."""
    if not NAME.fullmatch(name):
        return "is not a valid name of an environment variable (letters, digits and _, no digit first)"
    if "\0" in value:
        return "holds a NUL, which an environment variable cannot"
    try:
        length = len(f"{name}={value}".encode())
    except UnicodeEncodeError:
        return "is not valid Unicode"
    if _NO_CHARACTER.search(value):
        return "holds a code point that Unicode reserves, which systemd does not read"
    return f"is longer than {LONGEST} bytes, which no process can be given" if length > LONGEST else None


def quote(value: str) -> str:
    """A value as written after ``NAME=``; it must have passed :func:`fault`."""
    return '"' + _SPECIAL.sub(r"\\\1", value) + '"'


def render(environment: Mapping[str, str]) -> str:
    """The file's text, sorted by name. A value of several lines takes as many."""
    return "".join(f"{name}={quote(environment[name])}\n" for name in sorted(environment))


def parse(text: str) -> dict[str, str]:
    """The variables of a text by :func:`render`; other lines are left out."""
    entries = _ENTRY.finditer(text)
    return {entry[1]: _ESCAPED.sub(r"\1", entry[2]) for entry in entries if entry[1] is not None}


def read(text: str) -> dict[str, str]:
    """The variables of any file, as systemd reads them: quoted or not, on one line or several."""
    found: dict[str, str] = {}
    place = 0
    while True:
        key = _KEY.search(text, place)
        if key is None:
            return found
        place, value = key.end(), ""
        if key[1] is None:
            continue  # a comment, or a line without "="
        quoted = _QUOTED.match(text, place)
        while quoted:
            single, double = quoted[1], quoted[2]
            value += single if single is not None else _IN_QUOTES.sub(_unescape, double)
            place = quoted.end()
            quoted = _QUOTED.match(text, place)
        bare = _BARE.match(text, place)
        if bare is None:
            raise AssertionError(place)  # it matches nothing at all as well
        value += _BACKSLASH.sub(_unescape, bare[0].strip(" \t"))
        place = bare.end()
        if NAME.fullmatch(key[1].strip()):
            found[key[1].strip()] = value


def _unescape(escaped: re.Match[str]) -> str:
    return "" if escaped[1] in "\n\r" else escaped[1]
