# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verifies that a service's configuration is available. No value is read: names are listed, secrets described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..aws.client import Clients
from ..aws.errors import is_denied
from ..common.errors import SlipwayError, SlipwayErrors
from ..fleet.api import describe_secret, existing_parameters
from ..secret_values.source import Secrets
from ..verify.references import PARAMETER, SECRET
from ..verify.verify import Verified
from . import api
from .gather import require, variables_of
from .model import (
    ENVIRONMENT,
    FILES,
    PATH,
    REQUIRED,
    SECRETS,
    Local,
    Secret,
    Wanted,
    property_variable,
    read_wanted,
)


def wanted_of(variables: Mapping[str, Any], environment: str, where: str) -> Wanted:
    """The requests of a host's variables, with the role's defaults.

    :param variables: the host's, templated.
    :param environment: the environment's name, for the default path.
    :raises SlipwayErrors: naming all mistakes.
    """
    path = variables.get(PATH)
    return read_wanted(
        path=str(path) if path is not None else f"/{environment}/backend/",
        environment=variables.get(ENVIRONMENT) or {},
        secrets=variables.get(SECRETS) or [],
        required=variables.get(REQUIRED) or [],
        files=variables.get(FILES) or [],
        where=where,
    )


def verify(
    clients: Clients, wanted: Wanted, region: str, where: str, environ: Mapping[str, str] | None = None
) -> Verified:
    """Check that all required parameters and secrets exist; return all failures, raise none.

    :param region: the environment's, the only one that is queried.
    :param where: where the requirements are defined.
    :param environ: the control node's environment; none by default.
    """
    errors: list[SlipwayError] = []
    unverifiable: list[str] = []
    checks: list[tuple[str, Callable[[], None]]] = [("parameters", lambda: _parameters(clients, wanted, where))]
    local = Secrets(environ or {})
    for secret in wanted.everything:
        reference, what = secret.reference, f"{secret.place}: {secret.reference}"
        if isinstance(reference, Local):
            checks.append((what, lambda secret=secret: local.check(_source(secret), secret.place)))  # type: ignore[misc]
        elif reference.region not in ("", region):
            unverifiable.append(f"{what} is in {reference.region}")
        else:
            checks.append((what, lambda secret=secret: _secret(clients, secret)))  # type: ignore[misc]
    for what, check in checks:
        try:
            check()
        except SlipwayErrors as error:
            errors += error.errors
        except SlipwayError as error:
            if is_denied(error):
                unverifiable.append(f"{what} (access denied)")
            else:
                errors.append(error)
    kinds = [item.reference.kind for item in wanted.everything]
    counts = {"secrets": kinds.count(SECRET), "parameters": kinds.count(PARAMETER) + len(wanted.required)}
    return Verified(checked=counts, unverifiable=tuple(unverifiable), errors=tuple(errors))


def _parameters(clients: Clients, wanted: Wanted, where: str) -> None:
    names = api.names_below(clients, wanted.path) if wanted.path else []
    variables = variables_of(wanted.path, names)
    require(wanted, variables, where)
    given = {**variables, **dict.fromkeys(wanted.environment, ENVIRONMENT)}
    given.update((item.name, ENVIRONMENT) for item in wanted.stored)
    errors = [
        SlipwayError(
            f"also sets {property_variable(item.path_property)}",
            given[property_variable(item.path_property)],
            f"Remove it, or the property of {item.name} in {SECRETS}",
        )
        for item in wanted.secrets
        if item.path_property and property_variable(item.path_property) in given
    ]
    if errors:
        raise SlipwayErrors(errors)


def _source(secret: Secret) -> dict[str, str]:
    return {secret.reference.kind: secret.reference.id}


def _secret(clients: Clients, secret: Secret) -> None:
    where, reference = secret.place, secret.reference
    if isinstance(reference, Local):
        raise TypeError("the control node's own is looked at without AWS")
    if reference.kind != SECRET:
        name = reference.id.partition(":")[0]
        if name not in existing_parameters(clients, [name]):
            raise SlipwayError(f"{reference} does not exist", where, "Create it, or correct its name")
        return
    known = describe_secret(clients, reference.id)
    if known is None:
        raise SlipwayError(f"{reference} does not exist", where, "Create it, or correct its name")
    if known.get("DeletedDate"):
        raise SlipwayError(f"{reference} is scheduled for deletion", where, "Restore it, or use another")
    versions = known.get("VersionIdsToStages")
    if versions is None:
        what = f"AWS names no version of {reference}: it has no value yet, or the answer was cut short"
        raise SlipwayError(what, where, "Put a value in, or run this again")
    stages = {stage for held in versions.values() for stage in held}
    if (reference.version and reference.version not in versions) or (reference.stage and reference.stage not in stages):
        raise SlipwayError(
            f"{reference} has no version {reference.version or reference.stage}", where, "Put a value in"
        )
