# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the token for a repository in the Parameter Store. Runs on the control node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import calling, error_code, is_denied
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError


@dataclass(frozen=True)
class Token:
    """A token and the parameter that it was read from; both empty when there is none."""

    value: str = field(default="", repr=False)
    parameter: str = ""


def find_token(client: Callable[[str], Any], parameters: Sequence[str]) -> Token:
    """The token in the first of these parameters that exists.

    A parameter that may not be read counts as absent while a later one can be: AWS does not tell an instance that has
    rights to the shared one only whether the other exists.

    :param client: gives the client of a service.
    :raises SlipwayError: when none can be read although one may exist, or it holds no token.
    """
    denied: SlipwayError | None = None
    for name in parameters:
        try:
            value = _read(client, name)
        except SlipwayError as error:
            if error.__cause__ is None or not is_denied(error.__cause__):
                raise
            denied = denied or error
            continue
        if value is not None:
            return Token(_checked(value, name), name)
    if denied is not None:
        raise denied
    return Token()


def _read(client: Callable[[str], Any], name: str) -> str | None:
    try:
        with calling(f"read the parameter {name}"):
            return str(client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except SlipwayError as error:
        if error_code(error) == "ParameterNotFound":
            return None
        raise


def _checked(value: str, name: str) -> str:
    token = value.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise SlipwayError("it holds no token", f"SSM {name}", "Put the token there, and nothing else")
    return token
