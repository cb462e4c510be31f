# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Neutralizes text from outside: no terminal, workflow log or reader interprets it.

Log lines, stopped reasons, tags, titles, names and answers of AWS are untrusted. All output, in
any form, passes :func:`neutral` or :func:`neutral_line`. Pure; also used on managed hosts, so Python 3.8.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

# ECMA-48: control sequences (CSI), strings of OSC, DCS, SOS, PM and APC with their end, and escapes of two characters.
# Of an unterminated string only the introducer is removed, so that it hides nothing. The 8-bit forms (C1) are single
# characters, which become a space like any other control character.
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c\n]{0,4096}?(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
# Invisible, direction-changing or line-breaking characters: they would make a line look different from its content.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Invisible letters and marks of other categories, and the tags that spell hidden text.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]")
# GitHub's runner executes "::name …::" at the beginning of a line (or after blanks) and "##[name …]" anywhere in
# one, Azure's "##vso[…]". A line may be wrapped before any word.
_COMMAND = re.compile(r"(?<!\S)::(?=[^\S\n]*[A-Za-z][^\n]*?::)")
_OLD_COMMAND = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)


def neutral_line(text: object) -> str:
    """One line of printable text from any value."""
    return neutral(text, lines=False).strip()


def neutral(text: object, *, lines: bool = True) -> str:
    """The text without control characters: escape sequences are removed, other such characters become a space.

    :param lines: whether to keep line feeds and tabs.
    """
    value = str(text)
    if value.isascii() and value.isprintable() and ":" not in value and "#" not in value:
        return value
    kept = "\n\t" if lines else ""
    plain = _BLANK.sub(" ", _ESCAPE.sub("", value.replace("\r\n", "\n") if lines else value))
    shown = "".join(" " if unicodedata.category(char) in _UNSEEN and char not in kept else char for char in plain)
    return _OLD_COMMAND.sub("## ", _COMMAND.sub(": :", shown))


def neutral_value(value: Any) -> Any:
    """A task's result with all its texts neutralized, including keys; unchanged values are the same object."""
    if isinstance(value, str):
        said = neutral(value)
        return value if said == value else said
    if isinstance(value, Mapping):
        pairs = {neutral_value(key): neutral_value(item) for key, item in value.items()}
        same = len(pairs) == len(value) and all(pairs.get(key) is item for key, item in value.items())
        return value if same else pairs
    if isinstance(value, (list, tuple)):
        items = [neutral_value(item) for item in value]
        return value if all(new is old for new, old in zip(items, value)) else items  # noqa: B905 - Python 3.8
    return value
