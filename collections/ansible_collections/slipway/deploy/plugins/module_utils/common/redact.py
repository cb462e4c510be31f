# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log lines without their secrets. Pure; also used on managed hosts, so Python 3.8 and its standard library."""

from __future__ import annotations

import re

from .neutral import neutral

#: How many characters of a log line are kept.
LINE_LENGTH = 300

# Longer lines are cut before they are searched, so that no line takes long.
_LOOKED_AT = 4000
_NAME = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|authorization)[\w.-]*"
)
_QUOTED = r"""\\"(?:.*?)(?:\\"|$) | "(?:\\.|[^"\\])*(?:"|$) | '(?:\\.|[^'\\])*(?:'|$)"""
# Without quotes the end of a secret is unknown: it extends to what looks like the next name, or to the end.
_SECRET = re.compile(
    rf"""(?ix)
    ({_NAME} (?:\\?["'])? \s* (?:=>|[=:]) \s* (?:bearer\s+|basic\s+)?)
    (?:{_QUOTED} | \S.*? (?=[\s,;&]{{1,5}} ["']? [\w.-]+ ["']? \s{{0,5}} (?:=|:\s) | $))
    """
)
_OPTION = re.compile(rf"(?ix) ((?<![\w-]) --? (?:[\w.]+-)*? [\w.]*? {_NAME} \s+) (?:{_QUOTED} | \S+)")
# A password may contain a slash or an at sign: it ends at the last one.
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s]+@", re.IGNORECASE)
# Pydantic shows the settings, cut in their middle: then the remaining part of a secret is not a known value.
_INPUT = re.compile(r"(\binput_value=).*?(?=, input_type=|$)")
_TOKEN_LIKE = re.compile(
    r"\b(?:eyJ[\w-]+\.[\w-]+\.[\w-]*|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]+)"
)


def shows_secret(text: str) -> bool:
    """Whether a text holds an address with a password, or what is written like a known kind of token."""
    return bool(_USER_INFO.search(text) or _TOKEN_LIKE.search(text))


def redact(line: str, length: int = LINE_LENGTH) -> str:
    """A log line without apparent secrets, shortened to ``length`` characters, 4,000 at most."""
    # Escapes and invisible characters go first: they would split the patterns, and a terminal interprets them.
    line = _TOKEN_LIKE.sub("[redacted]", neutral(line[:_LOOKED_AT]))
    line = _INPUT.sub(r"\1[redacted]", line)
    line = _USER_INFO.sub(r"\1[redacted]@", line)
    line = _OPTION.sub(r"\1[redacted]", line)
    line = _SECRET.sub(r"\1[redacted]", line)
    return line if len(line) <= length else line[: length - 1] + "…"
