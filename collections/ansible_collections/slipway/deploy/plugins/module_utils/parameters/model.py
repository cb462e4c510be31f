# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The configuration of a service as the inventory requests it. Pure; values never appear in ``repr``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..common.errors import SlipwayError, SlipwayErrors
from ..configuration.model import is_credential
from ..secret_values.source import KINDS, LOCAL
from ..systemd import environment_file
from ..verify.references import (
    PARAMETER,
    SECRET,
    Reference,
    parse_reference,
)

_Read = TypeVar("_Read")

SECRETS = "runtime_parameters_secrets"
ENVIRONMENT = "runtime_parameters_environment"
REQUIRED = "runtime_parameters_required"
PATH = "runtime_parameters_path"
FILES = "runtime_parameters_files"

_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[.-][A-Za-z0-9]+)*")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+/?")
_MODE = re.compile(r"0?[0-7]{3}")


@dataclass(frozen=True)
class Parameter:
    """A parameter of SSM, as stored."""

    name: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class Local:
    """A variable of the environment or a file of the control node."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True)
class Secret:
    """A secret of the service and its source.

    :ivar name: the credential's, and with Spring's configtree the property's; a variable's; or a file's path.
    :ivar reference: the secret of Secrets Manager, the parameter of SSM, or the item on the control node.
    :ivar key: the key of a JSON object, or ``None`` for the whole secret.
    :ivar path_property: the property that gets the file's path, or ``None``.
    :ivar variable: the inventory's variable that requests it.
    """

    name: str
    reference: Reference | Local
    key: str | None = None
    path_property: str | None = None
    variable: str = SECRETS

    @property
    def source(self) -> str:
        """Its display name."""
        return f"{self.reference}, key {self.key}" if self.key else str(self.reference)

    @property
    def place(self) -> str:
        """Where it is requested."""
        return f"{self.variable} ({self.name})"


@dataclass(frozen=True)
class File:
    """A file on the host whose content is stored elsewhere."""

    secret: Secret
    owner: str
    group: str
    mode: int

    @property
    def path(self) -> str:
        """The path on the host."""
        return self.secret.name


@dataclass(frozen=True)
class Wanted:
    """The inventory's requests.

    :ivar path: the path of the parameters, without a trailing slash; ``""`` for none.
    :ivar environment: variables of the inventory, which override parameters of the same name.
    :ivar required: required names of variables or credentials.
    :ivar stored: variables of the inventory whose values are stored elsewhere.
    """

    path: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[Secret, ...] = ()
    required: tuple[str, ...] = ()
    stored: tuple[Secret, ...] = ()
    files: tuple[File, ...] = ()

    @property
    def everything(self) -> tuple[Secret, ...]:
        """All stored items that are named individually."""
        return (*self.secrets, *self.stored, *(item.secret for item in self.files))

    @property
    def properties(self) -> dict[str, str]:
        """Environment variable → the credential whose file's path it gets."""
        return {property_variable(item.path_property): item.name for item in self.secrets if item.path_property}


def read_wanted(
    *,
    path: str,
    environment: Mapping[str, Any],
    secrets: Sequence[Any],
    required: Sequence[str],
    where: str,
    files: Sequence[Any] = (),
) -> Wanted:
    """Read the requests from a task's arguments or a host's variables.

    :param where: where they are defined.
    :raises SlipwayErrors: naming all mistakes.
    """
    errors: list[SlipwayError] = []
    if path and not _PATH.fullmatch(path):
        errors.append(
            SlipwayError(f"{PATH} {path!r} is not a path of parameters", where, "Write it as in /dev/backend/")
        )
    texts: dict[str, str] = {}
    stored: list[Secret] = []
    for name, value in environment.items():
        try:
            if isinstance(value, Mapping):
                stored.append(_stored(str(name), value))
            else:
                texts[str(name)] = _text(value)
        except ValueError as error:
            errors.append(SlipwayError(f"{ENVIRONMENT}: {name} {error}", where))
    read = [item for item in (_tried(_secret, item, SECRETS, where, errors) for item in secrets) if item]
    errors += [SlipwayError(f"{SECRETS}: {line}", where) for line in _twice(read)]
    delivered = [item for item in (_tried(_file, item, FILES, where, errors) for item in files) if item]
    paths = [item.path for item in delivered]
    errors += [
        SlipwayError(f"{FILES}: {path} is there {paths.count(path)} times", where)
        for path in dict.fromkeys(paths)
        if paths.count(path) > 1
    ]
    if errors:
        raise SlipwayErrors(errors)
    names = tuple(str(name) for name in required)
    return Wanted(path.rstrip("/"), texts, tuple(read), names, tuple(stored), tuple(delivered))


def _tried(
    read: Callable[[Any], _Read], item: Any, variable: str, where: str, errors: list[SlipwayError]
) -> _Read | None:
    """Read an item; collect its error."""
    try:
        return read(item)
    except ValueError as error:
        errors.append(SlipwayError(f"{variable}: {error}", where))
        return None


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
    raise ValueError("is a list, not a text")


def _stored(name: str, value: Mapping[str, Any]) -> Secret:
    """A variable of the inventory whose value is stored elsewhere."""
    key = value.get("key")
    reference = _source({kind: what for kind, what in value.items() if kind != "key"})
    if reference is None or not isinstance(key, (str, type(None))):
        # The value may be a secret, and is not shown.
        raise ValueError(f"is not a source: write one of {', '.join(KINDS)}: name, and key for a JSON object's")
    return Secret(name, reference, key or None, variable=ENVIRONMENT)


def _secret(item: Any) -> Secret:
    _check_keys(item, ("name", "secret", "key", "property"), "name, secret and possibly key and property")
    name, secret, of_file = item.get("name") or "", item.get("secret") or "", item.get("property") or None
    if not is_credential(name):
        raise ValueError(f"{name!r} is not a valid name of a credential (letters, digits, . _ -)")
    reference = _reference(name, secret)
    if of_file is not None and not _PROPERTY.fullmatch(of_file):
        raise ValueError(f"{name}: {of_file!r} is not a valid name of a property")
    return Secret(name, reference, item.get("key") or None, of_file)


def _file(item: Any) -> File:
    known = ("path", "secret", "env", "file", "key", "owner", "group", "mode")
    _check_keys(item, known, "path, one of secret, env and file, and possibly key, owner, group and mode")
    path, owner, mode = item.get("path") or "", item.get("owner") or "root", str(item.get("mode") or "0600")
    if not path.startswith("/") or path != posixpath.normpath(path) or not path.isprintable():
        raise ValueError(f"{path!r} is not a path of a file: write an absolute path")
    if not _MODE.fullmatch(mode):
        raise ValueError(f"{path}: {mode!r} is not a mode of a file: write it as in '0640'")
    sources = {kind: item[kind] for kind in ("secret", *LOCAL) if item.get(kind)}
    if len(sources) != 1:
        raise ValueError(f"{path}: write one of secret, env and file")
    reference = _reference(path, sources.get("secret", sources))
    secret = Secret(path, reference, item.get("key") or None, variable=FILES)
    return File(secret, owner, item.get("group") or owner, int(mode, 8))


def _check_keys(item: Any, known: Sequence[str], words: str) -> None:
    texts = isinstance(item, Mapping) and all(
        isinstance(value, (str, type(None))) or name == "secret" for name, value in item.items()
    )
    if not texts:
        raise ValueError(f"each is a mapping of texts: {words}")
    unknown = sorted(str(name) for name in item if name not in known)
    if unknown:
        raise ValueError(f"{item.get(known[0]) or '?'} has unknown keys: {', '.join(unknown)}")


def _reference(name: str, secret: Any) -> Reference | Local:
    found = (
        _source(secret) if isinstance(secret, Mapping) else reference_of(secret) if isinstance(secret, str) else None
    )
    if found is None:
        said = repr(secret) if isinstance(secret, str) else "it"
        remedy = f"write its id or ARN, the path of an SSM parameter, or one of {', '.join(KINDS)}: name"
        raise ValueError(f"{name}: {said} is not a secret: {remedy}")
    return found


def _source(source: Mapping[str, Any]) -> Reference | Local | None:
    """The source in ``{env: …}``, ``{file: …}``, ``{ssm: …}`` or ``{secretsmanager: …}``."""
    kind, name = next(iter(source.items()), ("", ""))
    if len(source) != 1 or kind not in KINDS or not isinstance(name, str) or not name.strip():
        return None
    if kind in LOCAL:
        return Local(kind, name)
    if name.startswith("arn:"):
        return parse_reference(name)
    return Reference(PARAMETER, name) if kind == "ssm" else Reference(SECRET, name, stage="AWSCURRENT")


def reference_of(secret: str) -> Reference | None:
    """A secret's reference in the inventory: an ARN, a path of SSM (``/…``), or else an id of Secrets Manager."""
    if secret.startswith("arn:"):
        return parse_reference(secret)
    if secret.startswith("/"):
        return Reference(PARAMETER, secret)
    return Reference(SECRET, secret, stage="AWSCURRENT") if secret.strip() else None


def _twice(secrets: Sequence[Secret]) -> list[str]:
    """Names that more than one secret uses."""
    names = [item.name for item in secrets]
    variables = [property_variable(item.path_property) for item in secrets if item.path_property]
    lines = [f"{name} is there {names.count(name)} times" for name in dict.fromkeys(names) if names.count(name) > 1]
    return lines + [
        f"{variables.count(name)} files' paths are to be {name}"
        for name in dict.fromkeys(variables)
        if variables.count(name) > 1
    ]


def is_variable(name: str) -> bool:
    """Whether this is a valid name of an environment variable."""
    return environment_file.NAME.fullmatch(name) is not None
