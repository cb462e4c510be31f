# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls to SSM and Secrets Manager that read one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..aws.errors import calling, error_code

_ABSENT = {"ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"}
_NOUNS = {"ssm": "parameter", "secretsmanager": "secret"}


def stored(client: Callable[[str], Any], kind: str, name: str, *, version: str = "", stage: str = "") -> bytes | None:
    """The content of a parameter or a secret, or ``None`` if it does not exist.

    :param client: returns the client of a service.
    :param kind: ``ssm`` or ``secretsmanager``.
    :param version: a secret's version, by default the one of ``stage``, or else the current one.
    :raises SlipwayError: it cannot be read.
    """
    with calling(f"read the {_NOUNS[kind]} {name}"):
        try:
            if kind == "ssm":
                return str(client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]).encode()
            which = {"VersionId": version, "VersionStage": stage}
            given = {option: value for option, value in which.items() if value}
            answer = client("secretsmanager").get_secret_value(SecretId=name, **given)
        except Exception as error:
            if error_code(error) in _ABSENT:
                return None
            raise
    return bytes(answer["SecretBinary"]) if "SecretBinary" in answer else str(answer["SecretString"]).encode()
