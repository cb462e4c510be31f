# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smoke checks that the inventory declares."""

from __future__ import annotations

import os
from collections.abc import Callable

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import Job
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Secret
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.notify.secret import Secrets
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


def declared_jobs(context: Context, endpoint: str | None) -> list[Job]:
    """The checks of the selected services and hosts, in inventory order; of services none without an endpoint.

    :raises SlipwayErrors: when a check is declared wrongly.
    """
    jobs = []
    for name in context.services:
        if name not in context.selected:
            continue
        where = f"inventories/{context.environment} (host {name}): smoke_checks"
        checks = parse_checks(context.host(name).get("smoke_checks"), where)
        jobs += [Job(name, endpoint or "", check) for check in checks]
    jobs = jobs if endpoint else []
    return jobs + [job for name in context.backend if name in context.selected_hosts for job in _of_host(context, name)]


def _of_host(context: Context, name: str) -> list[Job]:
    """The checks of a backend host: it is asked itself, unless ``backend_smoke_url`` says where."""
    variables = context.host(name)
    base = str(variables.get("backend_smoke_url") or "").rstrip("/")
    address = variables.get("ansible_host") or name
    base = base or f"http://{address}:{variables.get('backend_port') or 8080}"
    where = f"inventories/{context.environment} (host {name}): backend_smoke_checks"
    return [Job(name, base, check) for check in parse_checks(variables.get("backend_smoke_checks"), where)]


def secret_reader(context: Context) -> Callable[[Secret, str], str]:
    """Gives the values of the headers that are kept elsewhere; the second argument is the place to name."""
    secrets = Secrets(os.environ, context.clients)
    return lambda secret, where: secrets.read(dict(secret.source), where)


def check_secrets(context: Context) -> None:
    """Look that every header that the smoke checks need can be read, before anything is changed.

    :raises SlipwayErrors: naming each that cannot.
    """
    read = secret_reader(context)
    errors: dict[str, SlipwayError] = {}
    for job in declared_jobs(context, "unused"):
        for name, value in job.check.headers:
            if not isinstance(value, Secret):
                continue
            try:
                read(value, f"{job.name}: smoke_checks: {job.check.name}: header {name}")
            except SlipwayError as error:
                errors[str(error)] = error
    if errors:
        raise SlipwayErrors(errors.values())
