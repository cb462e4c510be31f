# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The calls to SSM and Secrets Manager that read values or names. No error shows a value."""

from __future__ import annotations

from collections.abc import Mapping

from ..aws.client import Clients
from ..aws.errors import calling
from ..common.errors import SlipwayError, SlipwayErrors
from ..secret_values.api import stored
from ..secret_values.source import Secrets, pick
from ..verify.references import SECRET, Reference
from .model import Local, Parameter, Secret, Wanted


def parameters_below(clients: Clients, path: str) -> list[Parameter]:
    """All parameters below a path, decrypted."""
    with calling(f"read the parameters below {path}/"):
        pages = (
            clients("ssm")
            .get_paginator("get_parameters_by_path")
            .paginate(Path=path, Recursive=True, WithDecryption=True)
        )
        return [Parameter(str(item["Name"]), str(item["Value"])) for page in pages for item in page["Parameters"]]


def names_below(clients: Clients, path: str) -> list[str]:
    """The names of all parameters below a path; their values are not read."""
    with calling(f"describe the parameters below {path}/"):
        pages = (
            clients("ssm")
            .get_paginator("describe_parameters")
            .paginate(ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}])
        )
        return [str(item["Name"]) for page in pages for item in page["Parameters"]]


def read_secrets(clients: Clients, wanted: Wanted) -> dict[str, bytes]:
    """Name of each credential → its content; see :func:`read_everything`."""
    return {
        secret.name: content for secret, content in read_everything(clients, Wanted(secrets=wanted.secrets)).items()
    }


def read_everything(clients: Clients, wanted: Wanted, environ: Mapping[str, str] | None = None) -> dict[Secret, bytes]:
    """The stored items and their content; each secret is read once.

    :param environ: the control node's environment; none by default.
    :raises SlipwayErrors: naming all that do not exist or cannot be read.
    """
    contents: dict[Reference | Local, bytes] = {}
    errors: list[SlipwayError] = []
    found: dict[Secret, bytes] = {}
    local = Secrets(environ or {})
    for secret in wanted.everything:
        try:
            if secret.reference not in contents:
                contents[secret.reference] = _content(clients, local, secret)
            found[secret] = _picked(secret, contents[secret.reference])
        except SlipwayError as error:
            errors.append(error)
    if errors:
        raise SlipwayErrors(errors)
    return found


def _content(clients: Clients, local: Secrets, secret: Secret) -> bytes:
    if isinstance(secret.reference, Local):
        return local.read({secret.reference.kind: secret.reference.id}, secret.place).encode()
    wanted = secret.reference
    kind = "secretsmanager" if wanted.kind == SECRET else "ssm"
    content = stored(clients, kind, wanted.id, version=wanted.version, stage=wanted.stage)
    if content is None:
        raise SlipwayError(f"{wanted} does not exist", secret.place, "Create it, or correct its name")
    return content


def _picked(secret: Secret, content: bytes) -> bytes:
    if secret.key is None:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = ""
    return pick(text, secret.key, str(secret.reference), secret.place).encode()
