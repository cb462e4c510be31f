# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and verifies services and hosts, prints the plan and opens the record. See modules/deploy_plan.py."""

from __future__ import annotations

import os
from typing import Any

from ..module_utils.builds.wanted import to_record
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.observation import FleetObservation
from ..module_utils.fleet.planned import Plan
from ..module_utils.gates.approval import common_approvers
from ..module_utils.gates.quality import Standing
from ..module_utils.notify.summary import plan_summary
from ..module_utils.notify.summary_file import write_summary
from ..module_utils.record.history import Goal
from ..module_utils.record.journal import Journal, newest_id
from ..module_utils.record.model import SCHEMA, Record, record_id
from ..module_utils.render.plan import plan as plan_screen
from ..module_utils.verify.verify import Verified, verify
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.checklist import refuse_unreadable_rows
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context, needs_approval
from ..plugin_utils.drift import dismiss
from ..plugin_utils.endpoint import endpoint_of
from ..plugin_utils.fleet import health_of_unchanged, plan_fleet, running_services, unhealthy
from ..plugin_utils.gates import ask_gates
from ..plugin_utils.hosts_plan import PlannedHosts, plan_all_hosts
from ..plugin_utils.rollback_goal import find_goal, without_records
from ..plugin_utils.smoke import check_secrets, failing_before
from ..plugin_utils.wanted_build import chosen_build, quality_of
from ..plugin_utils.work import check_lock, keep_record, release_lock, start_heartbeat, store_clock
from ..plugin_utils.workflow import write_outputs

#: A fleet of more services than this may take longer to read than the lock lasts without a heartbeat.
LARGE_FLEET = 50


class ActionModule(SlipwayAction):
    """Changes no target. Unless in check mode, it writes the record that the following tasks work from."""

    def act(self, context: Context) -> dict[str, Any]:
        """Plan and verify; the result says what will change."""
        if not self._task.check_mode and len(context.services) > LARGE_FLEET:
            start_heartbeat(context)
        context.check_account()
        clock = store_clock(context)
        console = Console(clock)
        kind = self.arguments["kind"]
        goal = self._goal(context, kind)
        build = chosen_build(context, self.arguments.get("build", ""))
        fleet, observation = plan_fleet(context, goal, build)
        hosts = plan_all_hosts(context, self.arguments["kinds"], build)
        record = _record(context, fleet, hosts, kind, goal, clock())
        if build:
            record["build"] = to_record(build)
        record["warnings"] += without_records(context, goal) if goal else ()
        changes = bool(fleet.changes or hosts.changes)
        if changes:
            gates = _gates(context, record, hosts, quality_of(context, build))
            if gates:
                record["gates"] = gates
            verified = verify(fleet, context.clients, context.aws) if fleet.changes else Verified()
            verified.require(context.settings.verify_unverifiable)
            check_secrets(context)
            refuse_unreadable_rows(context)
            record["verify"] = _verified(verified, hosts)
            if not self._task.check_mode:
                record.update(_before(context, fleet, observation, hosts))
        else:
            healthy = [item for of_kind in hosts.kinds for item in of_kind.health_of_unchanged]
            record.update(health_of_unchanged(observation, healthy))
        now, lock, whole = clock(), self.arguments["lock"], bool(self._task.check_mode)
        console.lines(plan_screen(record, now, console.width, lock, whole=whole))
        if self._task.check_mode:
            _write_summary(context, plan_summary(record, plan_screen(record, now, None, lock, whole=whole)))
        result: dict[str, Any] = {"changed": changes, "record": record["id"]}
        result["services"] = {item["name"]: item["state"] for item in record["targets"]}
        result["hosts"] = [item["name"] for item in record["targets"] if item["kind"] == "host"]
        result["approval"] = _approval(context, hosts, kind)
        names = [item["name"] for item in record["targets"]]
        write_outputs({"changed": changes, "count": len(names), "targets": names})
        if self._task.diff and changes:
            result["diff"] = [part for part in (fleet.as_diff() if fleet.changes else None, hosts.as_diff()) if part]
        if not self._task.check_mode:
            # Needed without a change as well: health and smoke checks follow, which may wait for answers.
            start_heartbeat(context, record["id"])
            # If planning took longer than the lock lasts, this record must not replace another run's as the newest.
            check_lock(context)
            Journal.open(context.store, record)
            keep_record(context, record)
        return result

    def fail_safe(self, context: Context) -> None:
        """Give the lock back."""
        release_lock(context)

    def _goal(self, context: Context, kind: str) -> Goal | None:
        settings = context.settings
        if kind == "deploy":
            if settings.dismiss_drift and not self._task.check_mode:
                dismiss(context)
            return None
        return find_goal(context)


def _write_summary(context: Context, text: str) -> None:
    """Write what a deploy would do to where it writes its summary. A failure is a warning."""
    written = write_summary(text, str(context.variables.get("summary_file") or "") or None, os.environ)
    if written.error:
        display.warning(written.error)


def _gates(context: Context, record: Record, hosts: PlannedHosts, quality: list[Standing]) -> list[dict[str, str]]:
    """The results of the gates of the plan: each kind of host that changes has its own settings."""
    names = [item["name"] for item in record["targets"]]
    facts = {"targets": names, "quality": quality, "build": (record.get("build") or {}).get("id", "")}
    hosts_asked: list[str | None] = [*hosts.first_changed] or [None]
    passed = [
        result.to_record()
        for host in hosts_asked
        for result in ask_gates(
            context, "plan", record["label"], kind=record["kind"], where="the plan", host=host, **facts
        )
    ]
    return [result for number, result in enumerate(passed) if result not in passed[:number]]


def _before(context: Context, fleet: Plan, observation: FleetObservation | None, hosts: PlannedHosts) -> dict[str, Any]:
    """What is unhealthy before the deploy, and so not caused by it."""
    running = running_services(observation).union(*(of_kind.running for of_kind in hosts.kinds))
    sick = [name for of_kind in hosts.kinds for name in of_kind.unhealthy]
    try:
        endpoint = endpoint_of(context) if context.services else None
    except SlipwayError:
        endpoint = None  # The check after the deploy reports it.
    return {
        "unhealthy": [*unhealthy(context, fleet, observation), *sick],
        "smoke_before": failing_before(context, endpoint, running),
    }


def _approval(context: Context, hosts: PlannedHosts, kind: str) -> dict[str, Any]:
    """Whether the release needs an approval, and from whom: a gate of each kind of host that changes.

    If several kinds need an approval, one person who may approve all of them approves them together.
    """
    changing = [of_kind for of_kind in hosts.kinds if of_kind.plan.changes]
    changes = [of_kind.plan.changes[0] for of_kind in changing]
    asking = [change for change in changes if kind == "deploy" and needs_approval(context, change.name)]
    given = [context.of_group(change.name, "approvers") for change in asking]
    return {
        "required": bool(asking),
        "tag": " and ".join(dict.fromkeys(change.after.tag for change in asking)),
        "releases": {of_kind.plan.group: of_kind.plan.changes[0].after.tag for of_kind in changing} if asking else {},
        "approvers": common_approvers(given, f"inventories/{context.environment} (approvers)"),
    }


def _verified(verified: Verified, hosts: PlannedHosts) -> dict[str, Any]:
    document = verified.as_dict()
    unverifiable = [line for of_kind in hosts.kinds for line in of_kind.unverifiable]
    checked = {**verified.checked, **hosts.checked}
    return {**document, "checked": checked, "unverifiable": [*verified.unverifiable, *unverifiable]}


def _record(context: Context, fleet: Plan, hosts: PlannedHosts, kind: str, goal: Goal | None, now: float) -> Record:
    settings = context.settings
    label = goal.label if goal else _label(fleet, hosts)
    limits = settings.limits
    return {
        "schema": SCHEMA,
        "id": record_id(now, f"rollback-to-{label}" if goal else label),
        "environment": context.environment,
        "kind": kind,
        "label": label,
        "title": settings.title,
        "reason": settings.reason,
        "actor": context.actor,
        "started_at": now,
        "finished_at": None,
        **context.account,
        "cluster": context.variables.get("ecs_cluster"),
        "registry": context.variables.get("ecr_registry"),
        "previous": newest_id(context.store, context.environment),
        "of": goal.release if goal else None,
        "phase": "planned",
        "outcome": None,
        "cause": None,
        "settings": {
            "max_parallel": limits.max_parallel,
            "stabilise_timeout": limits.stabilise_timeout,
            "failed_tasks_threshold": limits.failed_tasks_threshold,
            "on_failure": settings.on_failure,
        },
        **hosts.as_record(),
        "targets": [*fleet.targets(), *hosts.targets()],
        "unchanged": [*fleet.unchanged_records(), *hosts.unchanged()],
        "verify": {"checked": {}, "platforms": [], "unverifiable": []},
        "warnings": [*fleet.warnings, *(line for of_kind in hosts.kinds for line in of_kind.warnings)],
        "health": [],
        "endpoint": None,
        "smoke": [],
        "notifications": {},
    }


def _label(fleet: Plan, hosts: PlannedHosts) -> str:
    """The tag that all changes share, or a label for several."""
    sides = [change.after for change in fleet.changes]
    if not sides and not hosts.changes:
        sides = [item.running for item in fleet.unchanged if item.desired.selected]
    tags = {side.tag for side in sides if side.tag}
    if not sides and hosts.tags:
        return " and ".join(hosts.tags)
    images = next(iter(tags)) if len(tags) == 1 else f"{len(sides)} images"
    return " and ".join([images, *hosts.tags]) if hosts.changes else images
