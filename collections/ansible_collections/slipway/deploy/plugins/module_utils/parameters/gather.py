# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Combines parameters, inventory variables and secrets into one configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..common.errors import SlipwayError, SlipwayErrors
from ..configuration.model import Configuration, Delivered, check
from .model import (
    ENVIRONMENT,
    PATH,
    REQUIRED,
    SECRETS,
    Parameter,
    Secret,
    Wanted,
    is_variable,
)


def variable_of(path: str, parameter: str) -> str:
    """The environment variable that a parameter below ``path`` becomes.

    A name directly below the path is used unchanged; a longer one is joined by ``_``, in upper case:
    ``/dev/backend/mq/host`` is ``MQ_HOST``.
    """
    segments = parameter[len(path) :].strip("/").split("/")
    return segments[0] if len(segments) == 1 else "_".join(segments).upper()


def variables_of(path: str, parameters: Iterable[str]) -> dict[str, str]:
    """Environment variable → the parameter that it comes from.

    :raises SlipwayErrors: naming invalid parameters and duplicates.
    """
    found: dict[str, str] = {}
    errors: list[SlipwayError] = []
    for parameter in sorted(parameters):
        name = variable_of(path, parameter)
        if not is_variable(name):
            better = "".join(char if char.isalnum() and char.isascii() else "_" for char in name).upper()
            remedy = f"Call the parameter {better}" if is_variable(better) else "Give it another name"
            errors.append(SlipwayError(f"{name} is not a valid name of an environment variable", parameter, remedy))
        elif name in found:
            errors.append(SlipwayError(f"is {name}, as {found[name]} is", parameter, "Remove one of them"))
        else:
            found[name] = parameter
    if errors:
        raise SlipwayErrors(errors)
    return found


def missing(wanted: Wanted, variables: Iterable[str]) -> list[str]:
    """The required names that are in neither the parameters, the inventory nor the secrets.

    :param variables: the environment variables from the parameters.
    """
    there = {*variables, *wanted.environment, *wanted.properties, *(item.name for item in wanted.everything)}
    return [name for name in wanted.required if name not in there]


def require(wanted: Wanted, variables: Mapping[str, str], where: str) -> None:
    """Refuse a configuration without a required name.

    :param variables: the environment variables from the parameters.
    :param where: where the requirements are defined.
    :raises SlipwayErrors: naming all missing ones.
    """
    errors: list[SlipwayError] = []
    if wanted.path and not variables:
        remedy = f"Correct {PATH}, or set it to '' to use no parameters"
        errors.append(SlipwayError("there is no parameter below it", f"{wanted.path}/", remedy))
    lacking = missing(wanted, variables)
    if lacking:
        put = f"Create {wanted.path}/{lacking[0]}" if wanted.path else f"Add {lacking[0]} to {ENVIRONMENT}"
        names = ", ".join(lacking)
        many = f"{len(lacking)} required parameters are" if len(lacking) > 1 else "a required parameter is"
        errors.append(SlipwayError(f"{REQUIRED}: {many} missing: {names}", where, f"{put}{' …' * (len(lacking) > 1)}"))
    if errors:
        raise SlipwayErrors(errors)


def gather(
    wanted: Wanted,
    parameters: Sequence[Parameter],
    secrets: Mapping[str, bytes],
    stored: Mapping[Secret, bytes] | None = None,
) -> tuple[Configuration, dict[str, str]]:
    """The configuration, and the source of each of its names.

    :param parameters: those below the path.
    :param secrets: name of the credential → its content.
    :param stored: the content of stored variables and files.
    :raises SlipwayErrors: naming everything that cannot be passed to a service. Messages contain no values.
    """
    variables = variables_of(wanted.path, (item.name for item in parameters))
    values = {item.name: item.value for item in parameters}
    environment = {name: values[parameter] for name, parameter in variables.items()}
    sources = {f"environment {name}": parameter for name, parameter in variables.items()}
    for name, value in wanted.environment.items():
        instead = f", instead of {variables[name]}" if name in variables else ""
        environment[name], sources[f"environment {name}"] = value, f"{ENVIRONMENT}{instead}"
    for item in wanted.stored:
        environment[item.name] = _text(item, (stored or {})[item])
        sources[f"environment {item.name}"] = item.source
    files = {}
    for file in wanted.files:
        files[file.path] = Delivered((stored or {})[file.secret], file.owner, file.group, file.mode)
        sources[f"file {file.path}"] = file.secret.source
    for item in wanted.secrets:
        sources[f"credential {item.name}"] = item.source
    for name, credential in wanted.properties.items():
        sources.setdefault(f"environment {name}", f"{SECRETS} ({credential})")
    configuration = Configuration(environment, dict(secrets), wanted.properties, files)
    check(configuration, sources)
    return configuration, sources


def renewable(wanted: Wanted, configuration: Configuration) -> list[str]:
    """What is stored outside the inventory, so that an undo uses its current value.

    :return: ``environment NAME``, ``credential NAME`` and ``file PATH``, sorted.
    """
    variables = configuration.environment.keys() - wanted.environment.keys()
    names = [f"environment {name}" for name in variables]
    names += [f"credential {name}" for name in configuration.credentials]
    return sorted(names + [f"file {path}" for path in configuration.files])


def _text(secret: Secret, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        what = f"{secret.reference} is not text, which an environment variable has to be"
        raise SlipwayError(what, secret.place, "Store a text, or deliver it as a credential or a file") from None
