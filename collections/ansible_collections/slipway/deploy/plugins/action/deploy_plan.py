# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans and verifies services and hosts, prints the plan and opens the record. See modules/deploy_plan.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.observation import FleetObservation
from ..module_utils.fleet.planned import Plan
from ..module_utils.hosts.plan import record_targets, record_unchanged
from ..module_utils.record.history import Goal
from ..module_utils.record.journal import Journal, newest_id
from ..module_utils.record.model import SCHEMA, Record, record_id
from ..module_utils.render.plan import plan as plan_screen
from ..module_utils.verify.verify import Verified, verify
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.checklist import refuse_unreadable_rows
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context, approval_required
from ..plugin_utils.drift import dismiss
from ..plugin_utils.endpoint import endpoint_of
from ..plugin_utils.fleet import health_of_unchanged, plan_fleet, running_services, unhealthy
from ..plugin_utils.gates import ask_gates
from ..plugin_utils.hosts import Planned, health_of_unchanged_hosts, plan_group
from ..plugin_utils.smoke import check_secrets, failing_before
from ..plugin_utils.way_back import find_goal, without_records
from ..plugin_utils.work import beat, check_lock, keep_record, let_go, store_clock

#: A fleet of more services than this may take longer to read than the lock lasts without a heartbeat.
LARGE_FLEET = 50


class ActionModule(SlipwayAction):
    """Changes nothing outside. Outside check mode it writes the record that the following tasks work from."""

    def act(self, context: Context) -> dict[str, Any]:
        """Plan and verify; what will change is the result."""
        if not self._task.check_mode and len(context.services) > LARGE_FLEET:
            beat(context)
        context.check_account()
        clock = store_clock(context)
        console = Console(clock)
        kind = self.arguments["kind"]
        goal = self._goal(context, kind)
        fleet, observation = plan_fleet(context, goal)
        hosts = plan_group(context, self.arguments["release"], migrates=self.arguments["migrates"])
        record = _record(context, fleet, hosts, kind, goal, clock())
        record["warnings"] += without_records(context, goal) if goal else ()
        if self.arguments["release"].get("notes"):
            record["notes"] = self.arguments["release"]["notes"]
        changes = bool(fleet.changes or hosts.changes)
        if changes:
            targets = [item["name"] for item in record["targets"]]
            passed = ask_gates(context, "plan", record["label"], kind=kind, where="the plan", targets=targets)
            if passed:
                record["gates"] = [result.to_record() for result in passed]
            verified = verify(fleet, context.clients, context.aws) if fleet.changes else Verified()
            verified.require(context.settings.verify_unverifiable)
            check_secrets(context)
            refuse_unreadable_rows(context)
            record["verify"] = _verified(verified, hosts)
            if not self._task.check_mode:
                record.update(_before(context, fleet, observation, hosts))
        else:
            record.update(health_of_unchanged(observation, health_of_unchanged_hosts(hosts)))
        console.lines(plan_screen(record, clock(), console.width, self.arguments["lock"], whole=self._task.check_mode))
        result: dict[str, Any] = {"changed": changes, "record": record["id"]}
        result["services"] = {item["name"]: item["state"] for item in record["targets"]}
        result["hosts"] = [item["name"] for item in record["targets"] if item["kind"] == "host"]
        result["approval"] = _approval(context, bool(result["hosts"]), kind)
        if self._task.diff and changes:
            result["diff"] = [part for part in (fleet.as_diff() if fleet.changes else None, hosts.as_diff()) if part]
        if not self._task.check_mode:
            # Also without a change: health and smoke checks follow, which may wait for answers.
            beat(context, record["id"])
            # A plan that took longer than the lock lasts must not hide another run's record behind its own.
            check_lock(context)
            Journal.open(context.store, record)
            keep_record(context, record)
        return result

    def fail_safe(self, context: Context) -> None:
        """Give the lock back."""
        let_go(context)

    def _goal(self, context: Context, kind: str) -> Goal | None:
        settings = context.settings
        if kind == "deploy":
            if settings.dismiss_drift and not self._task.check_mode:
                dismiss(context)
            return None
        return find_goal(context)


def _before(context: Context, fleet: Plan, observation: FleetObservation | None, hosts: Planned) -> dict[str, Any]:
    """What is not well before the deploy, which is therefore not its doing."""
    running = running_services(observation) | hosts.running
    try:
        endpoint = endpoint_of(context) if context.services else None
    except SlipwayError:
        endpoint = None  # The check after the deploy says so.
    return {
        "unhealthy": [*unhealthy(context, fleet, observation), *hosts.unhealthy],
        "smoke_before": failing_before(context, endpoint, running),
    }


def _approval(context: Context, changes_hosts: bool, kind: str) -> dict[str, Any]:
    """Whether somebody has to approve the release, and who may: a gate of the hosts' group."""
    if not changes_hosts:
        return {"required": False, "approvers": None}
    return {
        "required": kind == "deploy" and approval_required(context),
        "approvers": context.of_group(context.hosts[0], "approvers"),
    }


def _verified(verified: Verified, hosts: Planned) -> dict[str, Any]:
    document = verified.as_dict()
    checked = {**verified.checked, **hosts.checked}
    return {**document, "checked": checked, "unverifiable": [*verified.unverifiable, *hosts.unverifiable]}


def _record(context: Context, fleet: Plan, hosts: Planned, kind: str, goal: Goal | None, now: float) -> Record:
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
        "releases": {hosts.release.group: hosts.release.to_record()} if hosts.release else {},
        "migrations": hosts.migrations,
        "targets": [*fleet.targets(), *record_targets(hosts.plan)],
        "unchanged": [*fleet.unchanged_records(), *record_unchanged(hosts.plan)],
        "verify": {"checked": {}, "platforms": [], "unverifiable": []},
        "warnings": [*fleet.warnings, *hosts.warnings],
        "health": [],
        "endpoint": None,
        "smoke": [],
        "notifications": {},
    }


def _label(fleet: Plan, hosts: Planned) -> str:
    """The one tag of what changes, or what it is together."""
    sides = [change.after for change in fleet.changes]
    if not sides and not hosts.changes:
        sides = [item.running for item in fleet.unchanged if item.desired.selected]
    tags = {side.tag for side in sides if side.tag}
    if not sides and hosts.release:
        return hosts.release.tag
    images = next(iter(tags)) if len(tags) == 1 else f"{len(sides)} images"
    return f"{images} and {hosts.release.tag}" if hosts.changes and hosts.release else images
