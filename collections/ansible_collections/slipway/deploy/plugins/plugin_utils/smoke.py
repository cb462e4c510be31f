# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smoke checks that the inventory declares.

Services declare ``smoke_checks``; the hosts of a group declare the same by the group's name: ``backend_smoke_checks``,
``site_smoke_checks``. A host is asked itself, unless ``<group>_smoke_url`` says where.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..module_utils.checks.declared import parse_checks
from ..module_utils.checks.health import idle_detail, runs_nothing
from ..module_utils.checks.http import Job, run_checks
from ..module_utils.checks.request import base_of, secrets_of
from ..module_utils.checks.smoke import Judged, Secret, SmokeCheck
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.fleet.observe import observe_services
from ..module_utils.kinds.registry import kind_named
from ..module_utils.secret_values.source import Secrets
from .context import Context

#: The ports that hosts of a group are asked on where ``<group>_port`` says nothing; else the scheme's own.
# A name that nginx is given, without a pattern.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def declared_jobs(context: Context, endpoint: str | None, checks: Sequence[Any] | None = None) -> list[Job]:
    """The checks of the selected services and hosts, in inventory order; of services none without an endpoint.

    :param checks: the checks for each of them, in place of those that the inventory declares.
    :raises SlipwayErrors: when a check is declared wrongly.
    """
    jobs = []
    for name in context.services:
        if name in context.selected:
            jobs += [Job(name, endpoint or "", check) for check in _declared(context, name, "", checks)]
    jobs = jobs if endpoint else []
    for name in context.hosts:
        if name in context.selected_hosts:
            found = _declared(context, name, f"{context.kind_of(name)}_", checks)
            jobs += [Job(name, base_url(context, name), named(context, name, check)) for check in found]
    return jobs


def run_jobs(
    context: Context, jobs: Sequence[Job], idle: Mapping[str, str], cancelled: Callable[[], bool]
) -> list[dict[str, Any]]:
    """The checks' documents as the record holds them, in the order of the jobs.

    :param idle: why a service runs nothing, by its name: it is not asked, since nobody could answer for it.
    """
    asked = [job for job in jobs if job.name not in idle]
    judged = iter(run_checks(asked, secret_reader(context), cancelled))
    return [
        Judged("warn", 0, detail=idle[job.name]).to_record(job.name, job.check.name)
        if job.name in idle
        else next(judged).to_record(job.name, job.check.name)
        for job in jobs
    ]


def failing_before(context: Context, endpoint: str | None, running: Collection[str]) -> list[dict[str, Any]]:
    """The checks that do not pass before anything is changed, as documents.

    Asked are the services and hosts that run something: what never ran cannot have failed.

    :param running: their names.
    """
    jobs = [
        replace(job, check=replace(job.check, retries=min(job.check.retries, 1), interval=min(job.check.interval, 1.0)))
        for job in declared_jobs(context, endpoint)
        if job.name in running
    ]
    return [item for item in run_jobs(context, jobs, {}, lambda: False) if item["verdict"] != "pass"]


def idle_services(context: Context) -> dict[str, str]:
    """Why each of the selected services that run nothing does so, by name. What ECS does not say is not in it."""
    found: dict[str, str] = {}
    wanted = [item for item in context.desired() if item.selected] if context.services else []
    for cluster in {item.cluster for item in wanted}:
        members = {item.service: item.name for item in wanted if item.cluster == cluster}
        try:
            observed = observe_services(context.clients, cluster, list(members))
        except SlipwayError:
            continue
        for service, state in observed.items():
            if service in members and runs_nothing(state):
                found[members[service]] = idle_detail(state)
    return found


def _declared(context: Context, name: str, prefix: str, given: Sequence[Any] | None) -> tuple[SmokeCheck, ...]:
    variables = context.host(name)
    if given is not None:
        return parse_checks(given, "the task's smoke_checks", trace=traced(variables, prefix))
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
    port = context.of_group(name, "port") or kind_named(context.kind_of(name)).default_port
    return f"{scheme}://{address}{f':{port}' if port else ''}"


def named(context: Context, name: str, check: SmokeCheck) -> SmokeCheck:
    """A check that asks a host for its site by name: another site may answer to the address alone."""
    names = [str(item) for item in context.of_group(name, "server_names") or ()]
    own = next((item for item in names if _NAME.fullmatch(item)), "")
    given = context.of_group(name, "smoke_url") or any(header.lower() == "host" for header, _value in check.headers)
    return replace(check, headers=(*check.headers, ("Host", own))) if own and not given else check


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
