# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts' part of the plan: the changes of each kind, and of all kinds together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..module_utils.builds.model import Build
from ..module_utils.builds.wanted import LEFT_OUT, deployed_artifacts, shown_reasons
from ..module_utils.checks.health import Health
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts.balancer import Place
from ..module_utils.hosts.migrations import (
    known_schema,
    moved_since,
    planned_downgrade,
    planned_migrations,
    refuse_behind,
)
from ..module_utils.hosts.model import HostChange, HostPlan, ObservedHost, Release, Runs
from ..module_utils.hosts.plan import NOT_SELECTED, plan_hosts, record_targets, record_unchanged
from ..module_utils.record.journal import history
from .backup_hook import plan_hook
from .context import Context
from .hosts import MIGRATION, SHOWN, members_of, observed_host, place_of, target_group_of
from .kinds.registry import host_kind
from .linted import findings_of, linted_of

_WITHOUT = "not in that release"


@dataclass(frozen=True)
class Planned:
    """The changes of the hosts of one kind, and what was verified.

    :ivar notes: the release's notes for the record; empty without.
    """

    plan: HostPlan
    migrations: Mapping[str, Any] = field(default_factory=dict)
    checked: Mapping[str, Any] = field(default_factory=dict)
    unverifiable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observed: tuple[ObservedHost, ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> set[str]:
        """The names of the hosts whose service runs."""
        return {host.name for host in self.observed if host.active and host.error is None}

    @property
    def unhealthy(self) -> list[str]:
        """The names of the hosts that are unhealthy before the deploy, without those that never ran anything."""
        return [
            host.name
            for host in self.observed
            if host.error is not None or host.sick is not None or (host.runs is not None and not host.active)
        ]

    @property
    def health_of_unchanged(self) -> list[Health]:
        """The health of the hosts as observed by the plan, for a deploy without changes."""
        if self.plan.release is None:
            return []
        return [
            Health(
                host.name, "fail" if host.sick else "pass", running=int(host.active), desired=1, detail=host.sick or ""
            )
            for host, why in self.plan.unchanged
            if why != NOT_SELECTED
        ]


@dataclass(frozen=True)
class PlannedHosts:
    """The changes of the hosts by kind, in the order of a switch."""

    kinds: tuple[Planned, ...] = ()

    @property
    def _released(self) -> Iterator[tuple[Release, Planned]]:
        return ((kind.plan.release, kind) for kind in self.kinds if kind.plan.release is not None)

    @property
    def changes(self) -> tuple[HostChange, ...]:
        """The hosts that change."""
        return tuple(change for kind in self.kinds for change in kind.plan.changes)

    @property
    def tags(self) -> list[str]:
        """The tags of the releases that change hosts; of all if none does."""
        every = [(release.tag, bool(kind.plan.changes)) for release, kind in self._released]
        return list(dict.fromkeys([tag for tag, changes in every if changes] or [tag for tag, _changes in every]))

    @property
    def first_changed(self) -> list[str]:
        """The first changing host of each kind: settings of a kind are read from one host."""
        return [kind.plan.changes[0].name for kind in self.kinds if kind.plan.changes]

    @property
    def checked(self) -> dict[str, Any]:
        """What was verified: numbers are summed over all kinds, texts of several kinds are a list."""
        found: dict[str, Any] = {}
        for kind in self.kinds:
            for name, value in kind.checked.items():
                found[name] = value if name not in found else _together(found[name], value)
        return found

    def as_record(self) -> dict[str, Any]:
        """The record's fields that are only about hosts."""
        releases = {release.group: release.to_record() for release, _kind in self._released}
        fields: dict[str, Any] = {"migrations": {}, "notes": {}}
        for name in fields:
            of_kinds = {release.group: getattr(kind, name) for release, kind in self._released if getattr(kind, name)}
            # The record of one kind has one document.
            fields[name] = of_kinds if len(releases) > 1 else next(iter(of_kinds.values()), {})
        notes = {"notes": fields["notes"]} if fields["notes"] else {}
        return {"releases": releases, "migrations": fields["migrations"], **notes}

    def targets(self) -> list[dict[str, Any]]:
        """The record's targets for the hosts that change."""
        return [item for kind in self.kinds for item in record_targets(kind.plan)]

    def unchanged(self) -> list[dict[str, Any]]:
        """The record's entries for unchanged hosts."""
        return [item for kind in self.kinds for item in record_unchanged(kind.plan)]

    def as_diff(self) -> dict[str, str] | None:
        """What ``--diff`` prints: each changing host before and after."""
        if not self.changes:
            return None
        lines = [(item.after.group, item.name, item.before, item.after) for item in self.changes]
        return {
            "before_header": "running",
            "after_header": "desired",
            "before": "".join(f"{group}  {name}  {old.release if old else '-'}\n" for group, name, old, _new in lines),
            "after": "".join(f"{group}  {name}  {new.id}\n" for group, name, _old, new in lines),
        }


def _together(one: Any, other: Any) -> Any:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return [*(one if isinstance(one, list) else [one]), other]


def plan_all_hosts(
    context: Context, found: Mapping[str, Mapping[str, Any]], build: Build | None = None
) -> PlannedHosts:
    """Plan the changes of the environment's hosts.

    :param found: kind → its release, as ``hosts_release`` found it; without unchanged kinds.
    :param build: the build that is deployed, whose reasons the plan shows.
    :raises SlipwayError: naming hosts that cannot be deployed, or why a release cannot run on the schema.
    """
    without = LEFT_OUT if build else _WITHOUT
    kinds = [plan_kind(context, kind, found.get(kind) or {}, without) for kind in context.hosts_by_kind]
    return PlannedHosts(tuple(_explained(planned, build) for planned in kinds) if build else tuple(kinds))


def _explained(planned: Planned, build: Build) -> Planned:
    built = deployed_artifacts(build).get(planned.plan.group)
    why = shown_reasons(built.reasons) if built else ()
    changes = tuple(replace(change, why=(*change.why, *why)) for change in planned.plan.changes)
    return replace(planned, plan=replace(planned.plan, changes=changes))


def plan_kind(context: Context, kind: str, found: Mapping[str, Any], without: str = _WITHOUT) -> Planned:
    """Plan the changes of the hosts of one kind.

    :param found: its release, as ``hosts_release`` found it; empty if these hosts stay unchanged.
    :param without: why, then.
    :raises SlipwayError: naming hosts that cannot be deployed, or why a release cannot run on the schema.
    """
    names = context.hosts_by_kind[kind]
    if not found.get("release"):
        hosts = tuple(
            (ObservedHost(name), without if name in context.selected_hosts else NOT_SELECTED) for name in names
        )
        return Planned(HostPlan(None, (), hosts, group=kind))
    release = Release.from_record(kind, found["release"])
    observed = tuple(_placed(context, [observed_host(context, name) for name in names]))
    plan = plan_hosts(release, observed, context.selected_hosts, force=context.settings.force)
    notes = found["release"].get("notes") or {}
    if not plan.changes:
        return Planned(plan, observed=observed, notes=notes)
    looked = _looked(context, names, release, migrates=bool(found.get("migrate")))
    migrations, warnings = _migrations(context, release, looked)
    hook, more = plan_hook(context, names[0], migrations)
    linted, doubts = linted_of(looked)
    checked = {
        "artifact": release.id,
        "hosts": len(plan.changes),
        **({"migrations": len(migrations["pending"])} if "pending" in looked else {}),
        **({"schema_version": f"{looked['schema_before']} (by the records)"} if looked.get("by_records") else {}),
        **hook,
        **linted,
    }
    return Planned(
        plan,
        migrations,
        checked,
        (*looked.get("unverifiable", ()), *doubts),
        (*warnings, *more, *looked.get("doubts", ()), *findings_of(looked)),
        observed,
        notes,
    )


def _migrations(
    context: Context, release: Release, looked: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The deploy's migrations of the kind's database, and warnings."""
    # A release that ran here last has nothing to migrate, so the database was not read.
    records = history(context.store, context.environment)
    asked = looked if "pending" in looked else {"schema_before": known_schema(records, release.group)}
    moved = moved_since(history(context.store, context.environment), release)
    migrations = planned_migrations(asked)
    if context.settings.downgrade_schema:
        return planned_downgrade(moved, release, migrations["from"]), ()
    warnings = refuse_behind(moved, release, migrations, forced=context.settings.force_schema)
    if moved.versions:
        migrations["behind"] = list(moved.versions)
    return migrations, warnings


def _placed(context: Context, hosts: Sequence[ObservedHost]) -> list[ObservedHost]:
    """The hosts with their state in target groups: after a killed run or an outage a host may be missing there.

    :raises SlipwayError: the group does not exist, before any change.
    """
    wanted = {target_group_of(context, host.name): host.name for host in hosts if host.name in context.selected_hosts}
    members = {group: members_of(context, group, name) for group, name in sorted(wanted.items()) if group}
    placed = []
    for host in hosts:
        group = target_group_of(context, host.name)
        place = place_of(context, host.name, members.get(group, {}))
        # One that is "unused" with a reason is registered: its group has no load balancer, or it does not run.
        outside = group in members and (place == Place("unused") or place.state == "draining")
        sick = f"its target group says unhealthy: {place.detail}" if place.state == "unhealthy" else None
        placed.append(replace(host, outside=group if outside else None, sick=sick))
    return placed


def _looked(context: Context, names: Sequence[str], release: Release, *, migrates: bool) -> Mapping[str, Any]:
    """What is known about the database and the release's migrations; ``unverifiable`` is what was not readable.

    :param names: the kind's hosts.
    :param migrates: whether the release may have migrations that the database lacks.
    :raises SlipwayError: a deploy did not read them, or they cannot be applied.
    """
    found = _said(context, names)
    if "pending" in found or not migrates:
        return found
    if not context.check_mode:
        what = f"the migrations of {release.tag} were not looked at"
        raise SlipwayError(what, ", ".join(names), "Run it again: a plan without these hosts would not be complete")
    looked = host_kind(release.group).predict_migrations(context, names[0], release)
    if looked is not None:
        return looked
    return {**found, "unverifiable": [f"migrations of {release.tag}: the source was not looked at"]}


def _said(context: Context, names: Sequence[str]) -> Mapping[str, Any]:
    for name in names:
        found = context.said(name, MIGRATION)
        if found:
            bare = Runs.from_host(context.said(name, SHOWN).get("runs")) is None
            if found.get("failed") and bare and context.check_mode:
                return {}  # The host lacks a required program, and check mode installs nothing.
            if found.get("failed") or found.get("unreachable"):
                raise SlipwayError(" ".join(str(found.get("msg")).split()), name)
            return found
    return {}
