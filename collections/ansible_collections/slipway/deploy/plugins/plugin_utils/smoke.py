# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The smoke checks that the inventory declares."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.http import Job
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


def declared_jobs(context: Context, endpoint: str | None) -> list[Job]:
    """The checks of the selected services, in inventory order; none without an endpoint.

    :raises SlipwayErrors: when a check is declared wrongly.
    """
    jobs = []
    for name in context.services:
        if name not in context.selected:
            continue
        where = f"inventories/{context.environment} (host {name}): smoke_checks"
        checks = parse_checks(context.host(name).get("smoke_checks"), where)
        jobs += [Job(name, endpoint or "", check) for check in checks]
    return jobs if endpoint else []
