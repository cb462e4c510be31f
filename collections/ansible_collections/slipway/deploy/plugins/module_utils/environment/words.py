# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads the words of ``-e name=value`` as they were typed. Pure.

Ansible splits such an argument at every space, drops the words without ``=``, decodes backslashes, and cannot read an
apostrophe. A person's or pipeline's text has all of these.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from ..common.errors import SlipwayError
from ..common.suggest import shorten

_NAME: Final = re.compile(r"(?:(?<=\s)|^)([A-Za-z_][A-Za-z0-9_]*)=")
_QUOTED: Final = re.compile(r"""'[^']*'(?=\s|$)|"(?:[^"\\]|\\.)*"(?=\s|$)""", re.DOTALL)


def read_words(argument: str, texts: Collection[str], known: Collection[str]) -> dict[str, str]:
    r"""The variables of one ``-e`` argument that is neither a file nor YAML.

    A value ends where the next ``name=`` begins, or with its closing quote. The value of one of ``texts`` is
    everything that follows, unchanged: text from others must not set a variable. So ``reason=a b=c`` is the
    reason "a b=c", and a text with a word that is one of ``known`` is refused, because either could be meant.

    :param argument: the argument of ``-e``.
    :param texts: the variables that hold a text.
    :param known: the variables that a word of a text may be mistaken for.
    :raises SlipwayError: the argument does not begin with ``name=``, or can be read in two ways.
    """
    found: dict[str, str] = {}
    at = len(argument) - len(argument.lstrip())
    while at < len(argument):
        begun = _NAME.match(argument, at)
        if begun is None:
            where, word = "-e", argument[at:].split(maxsplit=1)[0]
            raise SlipwayError(f"{shorten(word)!r} is not name=value", where, "Write -e name=value, or -e @file.yml")
        name = begun[1]
        if name in texts:
            value = argument[begun.end() :].strip()
            _check_text(name, value, known)
            found[name] = unquote(value)
            break
        value, at = _value(argument, begun.end())
        found[name] = unquote(value)
    return found


def unquote(value: str) -> str:
    """A value without its enclosing quotes."""
    quoted = _QUOTED.fullmatch(value)
    return value[1:-1] if quoted else value


def _value(argument: str, begin: int) -> tuple[str, int]:
    """The value that begins here, and the position of the next word."""
    quoted = _QUOTED.match(argument, begin)
    if quoted:
        end = quoted.end()
    else:
        following = _NAME.search(argument, begin)
        end = following.start() if following else len(argument)
    rest = argument[end:]
    return argument[begin:end].strip(), end + len(rest) - len(rest.lstrip())


def _check_text(name: str, value: str, known: Collection[str]) -> None:
    for word in _NAME.finditer(value):
        if word[1] in known and word.start() > 0:
            what = f"{name}={shorten(value)!r} has the word {word[1]}=, which is a variable as well"
            remedy = f"""Give each variable a -e of its own; a text with that word goes as -e '{{"{name}": "…"}}'"""
            raise SlipwayError(what, f"-e {name}", remedy)
