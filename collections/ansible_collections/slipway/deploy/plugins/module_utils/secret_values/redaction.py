# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Redacts the secrets of a service's environment files and credentials in its log lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..common.documents import loads
from ..common.redact import LINE_LENGTH, redact

#: Shorter values are ordinary words, numbers and profiles; redacting them would make lines unreadable.
SHORTEST = 6
_LONGEST = 1024 * 1024
# Names whose values are not secrets and are useful in log lines.
_TELLING = re.compile(
    r"(?:SPRING_PROFILES_ACTIVE|JAVA_OPTS|JAVA_TOOL_OPTIONS|.*(?:_HOST|_PORT|_REGION|_PROFILE|_LEVEL))\Z", re.IGNORECASE
)
# Names whose values are secrets even if they are words.
_SECRET = re.compile(
    r"pass|pw|secret|token|key|cred|auth|private|salt|dsn|licen[cs]e|cert|sign|pin\b|phrase", re.IGNORECASE
)
# Words such as ``staging`` or ``info``: redacting them would make file names and lines unreadable, and hide nothing.
_WORDS = re.compile(r"[A-Za-z]+(?:[-_. ][A-Za-z]+){0,3}")
_LONGEST_WORDS = 24
#: A shorter value is only redacted as a separate word, not within a name or path.
_ALONE = 12
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


def known_values(environment_files: Iterable[str], credentials: Iterable[str]) -> list[str]:
    """The values that must not be shown, the longest first. An unreadable file has none."""
    values: set[str] = set()
    for path in environment_files:
        values.update(environment_values(_text(path)))
    for path in credentials:
        values.update(credential_values(_text(path)))
    return sorted(values, key=len, reverse=True)


def environment_values(text: str) -> Iterator[str]:
    """The values of an environment file, unquoted and as written. Pure."""
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith(("#", ";")) or _TELLING.match(name):
            continue
        plain = value.strip()
        if len(plain) >= 2 and plain[0] == plain[-1] and plain[0] in "\"'":
            plain = plain[1:-1]
        if not _SECRET.search(name) and len(plain) <= _LONGEST_WORDS and _WORDS.fullmatch(plain):
            continue
        written = re.sub(r"\\(.)", r"\1", plain)
        yield from (item for item in dict.fromkeys((plain, written)) if len(item) >= SHORTEST)


def credential_values(text: str) -> Iterator[str]:
    """The values of a credential: its whole text, its lines, and the strings of a JSON document. Pure."""
    stripped = text.strip()
    try:
        found = list(_texts(loads(stripped)))
    except (ValueError, RecursionError):
        found = []
    if not found:
        found = [stripped, *(line.strip() for line in stripped.splitlines())]
    for value in found:
        yield from (item for item in (value, *value.splitlines()) if len(item) >= SHORTEST)


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def without_secrets(lines: Iterable[str], values: Iterable[str], length: int = LINE_LENGTH) -> list[str]:
    """The lines without these values and without apparent secrets. Pure.

    :param length: how many characters of a line are kept.
    """
    kept = [_pattern(value) for value in values]
    shown = []
    for line in lines:
        for value in kept:
            line = value.sub("[redacted]", line)  # noqa: PLW2901 - each value is taken out of what is left
        shown.append(redact(_CONTROL.sub(" ", line).rstrip(), length))
    return shown


def _pattern(value: str) -> re.Pattern[str]:
    literal = re.escape(value)
    return re.compile(literal if len(value) >= _ALONE else rf"(?<![\w./-]){literal}(?![\w/-]|\.\w)")


def _text(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LONGEST).decode(errors="replace")
    except OSError:
        return ""
