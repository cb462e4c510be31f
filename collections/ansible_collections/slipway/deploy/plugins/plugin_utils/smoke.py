# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smoke checks that the inventory declares.

Services declare ``smoke_checks``; the hosts of a group declare the same by the group's name: ``backend_smoke_checks``,
``site_smoke_checks``. A host is asked itself, unless ``<group>_smoke_url`` says where.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import Job
from ansible_collections.slipway.deploy.plugins.module_utils.checks.request import base_of, secrets_of
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Secret, SmokeCheck
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.notify.secret import Secrets
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import BACKEND, Context

#: The ports that hosts of a group are asked on where ``<group>_port`` says nothing; else the scheme's own.
_PORTS: Mapping[str, int] = {BACKEND: 8080}


def declared_jobs(context: Context, endpoint: str | None) -> list[Job]:
    """The checks of the selected services and hosts, in inventory order; of services none without an endpoint.

    :raises SlipwayErrors: when a check is declared wrongly.
    """
    jobs = []
    for name in context.services:
        if name in context.selected:
            jobs += [Job(name, endpoint or "", check) for check in _declared(context, name, "")]
    jobs = jobs if endpoint else []
    for name in context.hosts:
        if name in context.selected_hosts:
            checks = _declared(context, name, f"{context.group}_")
            jobs += [Job(name, base_url(context, name), check) for check in checks]
    return jobs


def _declared(context: Context, name: str, prefix: str) -> tuple[SmokeCheck, ...]:
    variables = context.host(name)
    where = f"inventories/{context.environment} (host {name}): {prefix}smoke_checks"
    return parse_checks(variables.get(f"{prefix}smoke_checks"), where, trace=traced(variables, prefix))


def traced(variables: Mapping[str, Any], prefix: str) -> bool:
    """Whether requests carry a trace id: unless ``<prefix>smoke_trace`` is false."""
    return str(variables.get(f"{prefix}smoke_trace", True)).lower() not in ("false", "no", "off", "0")


def base_url(context: Context, name: str) -> str:
    """Where a host is asked: ``<group>_smoke_url``, or the host itself, by HTTPS with ``<group>_certificate``."""
    given = str(context.of_group(name, "smoke_url") or "").rstrip("/")
    if given:
        return given
    scheme = "https" if context.of_group(name, "certificate") else "http"
    address = str(context.host(name).get("ansible_host") or name)
    address = f"[{address}]" if ":" in address else address
    port = context.of_group(name, "port") or _PORTS.get(context.group)
    return f"{scheme}://{address}{f':{port}' if port else ''}"


def secret_reader(context: Context) -> Callable[[Secret, str], str]:
    """Gives the values that are kept elsewhere; the second argument is the place to name."""
    secrets = secrets_of_run(context)
    return lambda secret, where: secrets.read(dict(secret.source), where)


def secrets_of_run(context: Context) -> Secrets:
    """The sources of secrets that this run has."""

    def client(service: str) -> Any:
        # An environment without an AWS account has no clients: they are made only for a secret that is kept there.
        return context.clients(service)

    return Secrets(os.environ, client)


def check_secrets(context: Context) -> None:
    """Look that every secret that the smoke checks need can be read and every host asked, before anything is changed.

    :raises SlipwayErrors: naming each that cannot.
    """
    jobs = declared_jobs(context, "unused")
    for job in jobs:
        if job.name in context.hosts:
            base_of(job.name, job.base_url)
    refuse_unreadable(context, [(f"{job.name}: smoke_checks: {job.check.name}", job.check) for job in jobs])


def refuse_unreadable(context: Context, checks: Iterable[tuple[str, SmokeCheck]]) -> None:
    """Raise for each secret of some checks that cannot be read.

    :param checks: pairs of the place to name and the check.
    :raises SlipwayErrors: then.
    """
    read = secret_reader(context)
    errors: dict[str, SlipwayError] = {}
    for where, check in checks:
        for place, secret in secrets_of(check):
            try:
                read(secret, f"{where}: {place}")
            except SlipwayError as error:
                errors[str(error)] = error
    if errors:
        raise SlipwayErrors(errors.values())
