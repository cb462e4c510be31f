# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smoke checks that the inventory declares.

Services declare ``smoke_checks``; the hosts of a group declare the same by the group's name: ``backend_smoke_checks``,
``site_smoke_checks``. A host is requested directly, unless ``<group>_smoke_url`` is set.
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

#: The default ports of hosts by group, without ``<group>_port``; otherwise the scheme's own.
# A server name of nginx, not a pattern.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def declared_jobs(context: Context, endpoint: str | None, checks: Sequence[Any] | None = None) -> list[Job]:
    """The checks of the selected services and hosts, in inventory order; none for services without an endpoint.

    :param checks: the checks for each of them, in place of the inventory's.
    :raises SlipwayErrors: a check is invalid.
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
    """Run the checks; return the record's documents, in the order of the jobs.

    :param idle: why a service runs no tasks, by name: it is not requested, because it cannot answer.
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
    """The checks that do not pass before any change, as documents.

    Only running services and hosts are checked: others cannot have failed.

    :param running: their names.
    """
    jobs = [
        replace(job, check=replace(job.check, retries=min(job.check.retries, 1), interval=min(job.check.interval, 1.0)))
        for job in declared_jobs(context, endpoint)
        if job.name in running
    ]
    return [item for item in run_jobs(context, jobs, {}, lambda: False) if item["verdict"] != "pass"]


def idle_services(context: Context) -> dict[str, str]:
    """Why selected services run no tasks, by name. Unknown ones are left out."""
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
    """Whether requests carry a trace id: yes, unless ``<prefix>smoke_trace`` is false."""
    return str(variables.get(f"{prefix}smoke_trace", True)).lower() not in ("false", "no", "off", "0")


def base_url(context: Context, name: str) -> str:
    """The base URL of a host: ``<group>_smoke_url``, or the host itself, by HTTPS with ``<group>_certificate``."""
    given = str(context.of_group(name, "smoke_url") or "").rstrip("/")
    if given:
        return given
    scheme = "https" if context.of_group(name, "certificate") else "http"
    address = str(context.host(name).get("ansible_host") or name)
    address = f"[{address}]" if ":" in address else address
    port = context.of_group(name, "port") or kind_named(context.kind_of(name)).default_port
    return f"{scheme}://{address}{f':{port}' if port else ''}"


def named(context: Context, name: str, check: SmokeCheck) -> SmokeCheck:
    """A check that requests a host's site by name: another site may answer to the address only."""
    names = [str(item) for item in context.of_group(name, "server_names") or ()]
    own = next((item for item in names if _NAME.fullmatch(item)), "")
    given = context.of_group(name, "smoke_url") or any(header.lower() == "host" for header, _value in check.headers)
    return replace(check, headers=(*check.headers, ("Host", own))) if own and not given else check


def secret_reader(context: Context) -> Callable[[Secret, str], str]:
    """Returns a function for the values of stored secrets; its second argument is the location for errors."""
    secrets = secrets_of_run(context)
    return lambda secret, where: secrets.read(dict(secret.source), where)


def secrets_of_run(context: Context) -> Secrets:
    """The sources of secrets of this run."""

    def client(service: str) -> Any:
        # An environment without an AWS account has no clients: they are only created for a secret in AWS.
        return context.clients(service)

    return Secrets(os.environ, client)


def check_secrets(context: Context) -> None:
    """Check that every secret of the smoke checks can be read and every host has a URL, before any change.

    :raises SlipwayErrors: naming each problem.
    """
    jobs = declared_jobs(context, "unused")
    for job in jobs:
        if job.name in context.hosts:
            base_of(job.name, job.base_url)
    refuse_unreadable(context, [(f"{job.name}: smoke_checks: {job.check.name}", job.check) for job in jobs])


def refuse_unreadable(context: Context, checks: Iterable[tuple[str, SmokeCheck]]) -> None:
    """Raise for each secret of some checks that cannot be read.

    :param checks: pairs of the location for errors and the check.
    :raises SlipwayErrors: with all of them.
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
