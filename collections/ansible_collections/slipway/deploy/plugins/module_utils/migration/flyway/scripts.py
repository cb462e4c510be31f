# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the name and the leading comments of a migration's SQL file. Pure; Python 3.8."""

from __future__ import annotations

import re

from ..model import Script

LOOKED_AT = 64 * 1024
"""How many bytes of a file are looked at for its leading comments."""

_NAME = re.compile(r"(?:(?P<repeatable>R)|[VB](?P<version>[0-9]+(?:[._]?[0-9]+)*))(?:__(?P<description>.*))?\.sql")
# Flyway runs these even if nothing is pending.
_CALLBACK = re.compile(r"(?:beforeMigrate|afterMigrate|beforeVersioned|afterVersioned|beforeRepeatables)(?:__.*)?\.sql")
_COMPILED = re.compile(r"(?:R|[VB][0-9]+(?:[._][0-9]+)*)__[A-Za-z0-9_]*\.(?:java|kt|groovy|scala|class)")
# Flyway sets its own (flyway:defaultSchema, …).
_PLACEHOLDER = re.compile(r"\$\{(?!flyway:)([^}\n]+)\}")
_DECLARATION = re.compile(r"\s*slipway\s*:\s*(.*?)\s*", re.IGNORECASE)
_COMPATIBLE, _INCOMPATIBLE = "backward-compatible", "not-backward-compatible"
_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)


def read_script(path: str, text: str) -> Script | None:
    """The migration of a file, or ``None`` if Flyway does not treat it as one (callbacks, undo migrations, notes).

    :param path: its path; only the name counts.
    :param text: its beginning.
    """
    match = _NAME.fullmatch(path.rsplit("/", 1)[-1])
    if match is None or (match["repeatable"] and match["description"] is None):
        return None
    compatible, note = declared(text)
    version = (match["version"] or "").replace("_", ".")
    return Script(path, version, (match["description"] or "").replace("_", " "), compatible, note)


def is_callback(name: str) -> bool:
    """Whether a file's name is that of SQL that Flyway runs with each ``migrate``."""
    return _CALLBACK.fullmatch(name) is not None


def is_compiled(name: str) -> bool:
    """Whether a file's name is that of a migration that is a class, or the source of one."""
    return _COMPILED.fullmatch(name) is not None


def placeholders(text: str) -> list[str]:
    """The placeholders of a migration, in their order. Flyway compares them in lower case."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def declared(text: str) -> tuple[bool, str]:
    """Whether the leading comments declare a migration backward-compatible, and a problem with that.

    Only ``-- slipway: backward-compatible`` does. Nothing, anything else, or both declarations count as not.
    """
    words = [found[1].lower() for line in _leading_comments(text) for found in [_DECLARATION.fullmatch(line)] if found]
    unknown = [word for word in words if word not in (_COMPATIBLE, _INCOMPATIBLE)]
    if unknown:
        return False, f"it declares {unknown[0][:60]!r}; write {_COMPATIBLE} or {_INCOMPATIBLE}"
    if len(set(words)) > 1:
        return False, f"it declares both {_COMPATIBLE} and {_INCOMPATIBLE}"
    if not words:
        return False, f"it declares neither {_COMPATIBLE} nor {_INCOMPATIBLE}, which counts as not"
    return words[0] == _COMPATIBLE, ""


def _leading_comments(text: str) -> list[str]:
    comments = []
    rest = text.lstrip("\ufeff \t\r\n")
    while True:
        block = _BLOCK.match(rest)
        if block:
            rest = rest[block.end() :].lstrip()
        elif rest.startswith("--"):
            line, _newline, rest = rest.partition("\n")
            comments.append(line[2:])
            rest = rest.lstrip()
        else:
            return comments
