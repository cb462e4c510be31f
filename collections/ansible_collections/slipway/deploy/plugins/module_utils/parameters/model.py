# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service shall be configured with, as the inventory says it. Pure; values never appear in ``repr``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.host import environment_file
from ansible_collections.slipway.deploy.plugins.module_utils.host.configuration import is_credential
from ansible_collections.slipway.deploy.plugins.module_utils.verify.references import (
    PARAMETER,
    SECRET,
    Reference,
    parse_reference,
)

SECRETS = "runtime_parameters_secrets"
ENVIRONMENT = "runtime_parameters_environment"
REQUIRED = "runtime_parameters_required"
PATH = "runtime_parameters_path"

_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+/?")


@dataclass(frozen=True)
class Parameter:
    """A parameter of SSM, as it is stored."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Secret:
    """A credential of the service and where its content is kept.

    :ivar name: the credential's, and with Spring's configtree the property's.
    :ivar reference: the secret of Secrets Manager or the parameter of SSM.
    :ivar key: the key of the JSON object that the secret is, or ``None`` for all of it.
    :ivar path_property: the property that gets the file's path, or ``None``.
    """

    name: str
    reference: Reference
    key: str | None = None
    path_property: str | None = None

    @property
    def source(self) -> str:
        """What a person calls it."""
        return f"{self.reference}, key {self.key}" if self.key else str(self.reference)


@dataclass(frozen=True)
class Wanted:
    """What the inventory asks for.

    :ivar path: the parameters below it, without the slash at its end; ``""`` for none.
    :ivar environment: variables of the inventory, which go before parameters of the same name.
    :ivar required: names of variables or credentials that have to be there.
    """

    path: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[Secret, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def properties(self) -> dict[str, str]:
        """Environment variable → the credential whose file's path it gets."""
        return {property_variable(item.path_property): item.name for item in self.secrets if item.path_property}


def read_wanted(
    *, path: str, environment: Mapping[str, Any], secrets: Sequence[Any], required: Sequence[str], where: str
) -> Wanted:
    """What the arguments of a task or the variables of a host ask for.

    :param where: where they are written.
    :raises SlipwayErrors: naming all that is wrong with them.
    """
    errors: list[SlipwayError] = []
    if path and not _PATH.fullmatch(path):
        errors.append(SlipwayError(f"{PATH} {path!r} is no path of parameters", where, "Write it as in /dev/backend/"))
    texts: dict[str, str] = {}
    for name, value in environment.items():
        try:
            texts[str(name)] = _text(value)
        except ValueError as error:
            errors.append(SlipwayError(f"{ENVIRONMENT}: {name} {error}", where))
    read: list[Secret] = []
    for item in secrets:
        try:
            read.append(_secret(item))
        except ValueError as error:
            errors.append(SlipwayError(f"{SECRETS}: {error}", where))
    errors += [SlipwayError(f"{SECRETS}: {line}", where) for line in _twice(read)]
    if errors:
        raise SlipwayErrors(errors)
    return Wanted(path.rstrip("/"), texts, tuple(read), tuple(str(name) for name in required))


def property_variable(name: str) -> str:
    """The environment variable that sets a property, by Spring's rule ("Binding from environment variables")."""
    return name.replace(".", "_").replace("-", "").upper()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if value is None:
        raise ValueError('is null: write "" for an empty value, or leave it out')
    if isinstance(value, float):
        raise ValueError("is a number with a point, which YAML may have changed: write it in quotes")
    raise ValueError(f"is a {'mapping' if isinstance(value, Mapping) else 'list'}, not a text")


def _secret(item: Any) -> Secret:
    if not isinstance(item, Mapping) or not all(isinstance(value, (str, type(None))) for value in item.values()):
        raise ValueError("each is a mapping of texts: name, secret and possibly key and property")
    unknown = sorted(set(item) - {"name", "secret", "key", "property"})
    if unknown:
        raise ValueError(f"{item.get('name') or '?'} has the unknown {', '.join(map(str, unknown))}")
    name, secret, of_file = item.get("name") or "", item.get("secret") or "", item.get("property") or None
    if not is_credential(name):
        raise ValueError(f"{name!r} is no name of a credential (letters, digits, . _ -)")
    reference = reference_of(secret)
    if reference is None:
        raise ValueError(f"{name}: {secret!r} is no secret: write its id or ARN, or the path of an SSM parameter")
    if of_file is not None and not _PROPERTY.fullmatch(of_file):
        raise ValueError(f"{name}: {of_file!r} is no name of a property")
    return Secret(name, reference, item.get("key") or None, of_file)


def reference_of(secret: str) -> Reference | None:
    """What the inventory calls a secret: an ARN, a path of SSM (``/…``), or else an id of Secrets Manager."""
    if secret.startswith("arn:"):
        return parse_reference(secret)
    if secret.startswith("/"):
        return Reference(PARAMETER, secret)
    return Reference(SECRET, secret, stage="AWSCURRENT") if secret.strip() else None


def _twice(secrets: Sequence[Secret]) -> list[str]:
    """What more than one secret claims."""
    names = [item.name for item in secrets]
    variables = [property_variable(item.path_property) for item in secrets if item.path_property]
    lines = [f"{name} is there {names.count(name)} times" for name in dict.fromkeys(names) if names.count(name) > 1]
    return lines + [
        f"{variables.count(name)} files' paths are to be {name}"
        for name in dict.fromkeys(variables)
        if variables.count(name) > 1
    ]


def pick(secret: Secret, content: str) -> str:
    """A secret's value: all of its content, or what stands at its key.

    :raises SlipwayError: it is no JSON object or has no such key. The content is in no message.
    """
    if secret.key is None:
        return content
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SlipwayError(
            f"{secret.reference} is no JSON object", f"{SECRETS} ({secret.name})", "Store one, or leave key out"
        )
    value = found.get(secret.key)
    if value is None:
        what = f"{secret.reference} has no key {secret.key}"
        keys = ", ".join(sorted(map(str, found)))
        raise SlipwayError(what, f"{SECRETS} ({secret.name})", f"It has: {keys}" if keys else None)
    return value if isinstance(value, str) else json.dumps(value)


def is_variable(name: str) -> bool:
    """Whether an environment variable may be called this."""
    return environment_file.NAME.fullmatch(name) is not None
