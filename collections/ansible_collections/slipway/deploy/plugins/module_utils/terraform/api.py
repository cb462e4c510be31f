# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The call to SSM that reads what Terraform wrote there."""

from __future__ import annotations

from ..aws.client import Clients, pages
from ..aws.errors import calling
from .outputs import Output


def outputs_below(clients: Clients, path: str) -> dict[str, Output]:
    """The parameters below a path by the rest of their names. Encrypted values are not decrypted."""
    with calling(f"read Terraform's outputs below {path}/"):
        found = pages(clients, "ssm", "get_parameters_by_path", Path=path, Recursive=True, WithDecryption=False)
        return {
            str(item["Name"])[len(path) + 1 :]: _output(str(item["Type"]), str(item["Value"]))
            for page in found
            for item in page["Parameters"]
        }


def _output(kind: str, value: str) -> Output:
    if kind == "SecureString":
        return Output(sensitive=True)
    return Output(value.split(",") if kind == "StringList" else value)
