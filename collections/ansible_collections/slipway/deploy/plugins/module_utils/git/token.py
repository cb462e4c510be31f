# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the token for a repository, in the Parameter Store or on the control node, where this runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..aws.errors import is_denied
from ..common.errors import SlipwayError
from ..secret_values.api import stored
from ..secret_values.source import LOCAL, Secrets

#: The variable of a source on the control node.
PARAMETERS = "token_parameters"


@dataclass(frozen=True)
class Token:
    """A token and where it was read from; empty without a token.

    :ivar parameter: the parameter of the Parameter Store; empty for another source.
    :ivar place: the same in words, ``SSM /dev/github/pat`` or ``env GITHUB_TOKEN``.
    """

    value: str = field(default="", repr=False)
    parameter: str = ""
    place: str = ""


def find_token(
    client: Callable[[str], Any],
    parameters: Sequence[str | Mapping[str, str]],
    environ: Mapping[str, str] | None = None,
) -> Token:
    """The token in the first of these parameters that exists.

    A denied parameter counts as absent if a later one can be read: AWS does not tell an instance with
    access to the shared one only whether the other exists.

    :param client: returns the client of a service.
    :param parameters: names in the Parameter Store, or sources of the control node, ``{env: NAME}``, ``{file: path}``.
    :param environ: the control node's environment; by default this process's.
    :raises SlipwayError: none can be read although one may exist, or it has no token.
    """
    denied: SlipwayError | None = None
    for name in parameters:
        try:
            token = _own(name, environ) if isinstance(name, Mapping) else _stored(client, name)
        except SlipwayError as error:
            if error.__cause__ is None or not is_denied(error.__cause__):
                raise
            denied = denied or error
            continue
        if token is not None:
            return token
    if denied is not None:
        raise denied
    return Token()


def _own(source: Mapping[str, str], environ: Mapping[str, str] | None) -> Token | None:
    """A source's value on the control node; ``None`` for an environment variable that is not set."""
    environ = os.environ if environ is None else environ
    kind, name = next(iter(source.items()), ("", ""))
    if len(source) != 1 or kind not in LOCAL:
        raise SlipwayError("this is not a source of a token", PARAMETERS, "Write a parameter's name, env: … or file: …")
    if kind == "env" and name not in environ:
        return None
    place = f"{kind} {name}"
    return Token(_checked(Secrets(environ).read(dict(source), PARAMETERS), place), place=place)


def _stored(client: Callable[[str], Any], name: str) -> Token | None:
    content = stored(client, "ssm", name)
    place = f"SSM {name}"
    return None if content is None else Token(_checked(content.decode(), place), name, place)


def _checked(value: str, place: str) -> str:
    token = value.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SlipwayError("it holds no token", place, "Put the token there, and nothing else")
    return token
