# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts' part of a deploy: what the playbook's tasks found on each, as the core wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..module_utils.checks.health import Health
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts.balancer import Place, find_group, places
from ..module_utils.hosts.judge import judge_host
from ..module_utils.hosts.migrations import (
    known_schema,
    moved_since,
    planned_downgrade,
    planned_migrations,
    refuse_behind,
)
from ..module_utils.hosts.model import (
    HostChange,
    HostPlan,
    ObservedHost,
    Release,
    Runs,
)
from ..module_utils.hosts.plan import NOT_SELECTED, plan_hosts
from ..module_utils.hosts.progress import After, hosts_of
from ..module_utils.hosts.serving import serving_problem
from ..module_utils.record.journal import history
from ..module_utils.render.hosts import HostStatus
from .backup_hook import look_at_hook
from .context import Context
from .kinds.registry import host_kind
from .linted import findings_of, linted_of

#: The observations of a host, by their names in the argument ``observations``.
SHOWN, CONFIGURATION, LOOK_FAILED, MIGRATION = "shown", "configuration", "look_failed", "migration"
#: What else of the host than its service and configuration would change: a list of names.
OTHERS = "other_changes"
#: The names of the files of the service's unit that would change.
UNIT = "unit_changes"
#: What the host would switch with the wanted configuration.
COMPARED = "compared"
STAGED, STAGE_FAILED, AFTER, TURN_FAILED = "staged", "stage_failed", "after", "turn_failed"
HEALTH = "health"
#: What a host serves, and the questions that it answered so.
SERVING, QUESTIONS = "serving_result", "serving_questions"

_WITHOUT = "that release is none of theirs"


@dataclass(frozen=True)
class Planned:
    """What changes on the hosts of a group, and what was verified of it."""

    plan: HostPlan
    migrations: Mapping[str, Any] = field(default_factory=dict)
    checked: Mapping[str, Any] = field(default_factory=dict)
    unverifiable: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    observed: tuple[ObservedHost, ...] = ()

    @property
    def running(self) -> set[str]:
        """The names of the hosts whose service runs."""
        return {host.name for host in self.observed if host.active and host.error is None}

    @property
    def unhealthy(self) -> list[str]:
        """The names of the hosts that are not well before the deploy; one that never ran anything is not among them."""
        return [
            host.name
            for host in self.observed
            if host.error is not None or host.sick is not None or (host.runs is not None and not host.active)
        ]

    @property
    def release(self) -> Release | None:
        """What the hosts should run; ``None`` when no host is deployed to."""
        return self.plan.release

    @property
    def changes(self) -> tuple[HostChange, ...]:
        """The hosts that change."""
        return self.plan.changes

    def as_diff(self) -> dict[str, str] | None:
        """What ``--diff`` prints: each changing host before and after."""
        if not self.changes:
            return None
        group = self.plan.group
        before = (f"{group}  {item.name}  {item.before.release if item.before else '-'}\n" for item in self.changes)
        after = (f"{group}  {item.name}  {item.after.id}\n" for item in self.changes)
        return {
            "before_header": "running",
            "after_header": "desired",
            "before": "".join(before),
            "after": "".join(after),
        }


def plan_group(context: Context, document: Mapping[str, Any], *, migrates: bool = False) -> Planned:
    """What changes on the hosts of the environment's group.

    :param document: the release, as ``hosts_release`` found it; empty when no host is selected.
    :param migrates: whether the release may have migrations that the database lacks.
    :raises SlipwayError: naming the hosts that cannot be deployed to, or why a release cannot run on the schema.
    """
    if not document:
        hosts = tuple(
            (ObservedHost(name), _WITHOUT if name in context.selected_hosts else NOT_SELECTED) for name in context.hosts
        )
        return Planned(HostPlan(None, (), hosts, group=context.group))
    release = Release.from_record(context.group, document)
    observed = _placed(context, [observed_host(context, name) for name in context.hosts])
    plan = plan_hosts(release, observed, context.selected_hosts, force=context.settings.force)
    if not plan.changes:
        return Planned(plan, observed=tuple(observed))
    found = _found(context, release, migrates)
    # A release that ran here before has nothing to migrate, and so nobody asked the database.
    asked = (
        found if "pending" in found else {"schema_before": known_schema(history(context.store, context.environment))}
    )
    moved = moved_since(history(context.store, context.environment), release)
    migrations = planned_migrations(asked)
    warnings: tuple[str, ...] = ()
    if context.settings.downgrade_schema:
        migrations = planned_downgrade(moved, release, migrations["from"])
    else:
        warnings = refuse_behind(moved, release, migrations, forced=context.settings.force_schema)
        if moved.versions:
            migrations["behind"] = list(moved.versions)
    hook, more = look_at_hook(context, migrations)
    checked = {
        "artifact": release.id,
        "hosts": len(plan.changes),
        **({"migrations": len(migrations["pending"])} if "pending" in found else {}),
        **({"schema_version": f"{found['schema_before']} (by the records)"} if found.get("by_records") else {}),
        **hook,
    }
    linted, doubts = linted_of(found)
    checked = {**checked, **linted}
    return Planned(
        plan,
        migrations,
        checked,
        (*found.get("unverifiable", ()), *doubts),
        (*warnings, *more, *found.get("doubts", ()), *findings_of(found)),
        tuple(observed),
    )


def _placed(context: Context, hosts: Sequence[ObservedHost]) -> list[ObservedHost]:
    """The hosts with what their target groups say: a run that was killed, or a host that was gone, leaves one outside.

    :raises SlipwayError: when there is no such group: before any change is the time.
    """
    wanted = {_group_of(context, host.name) for host in hosts if host.name in context.selected_hosts} - {""}
    members = {group: _members(context, group) for group in sorted(wanted)}
    placed = []
    for host in hosts:
        group = _group_of(context, host.name)
        place = _place_of(context, host.name, members.get(group, {}))
        # One that is "unused" for a reason is registered: no load balancer routes to its group, or it does not run.
        outside = group in members and (place == Place("unused") or place.state == "draining")
        sick = f"its target group says unhealthy: {place.detail}" if place.state == "unhealthy" else None
        placed.append(replace(host, outside=group if outside else None, sick=sick))
    return placed


def health_of_unchanged_hosts(planned: Planned) -> list[Health]:
    """The health of the hosts as the plan saw them, for a deploy that changes nothing."""
    if planned.release is None:
        return []
    return [
        Health(host.name, "fail" if host.sick else "pass", running=int(host.active), desired=1, detail=host.sick or "")
        for host, why in planned.plan.unchanged
        if why != NOT_SELECTED
    ]


def observed_host(context: Context, name: str) -> ObservedHost:
    """A host as the playbook's tasks found it."""
    shown, failed = context.said(name, SHOWN), context.said(name, LOOK_FAILED)
    configuration = context.said(name, CONFIGURATION)
    error = _error_of(failed) or _error_of(shown) or _error_of(configuration)
    if error is None and not shown:
        error = "it was not looked at"
    runs = Runs.from_host(shown.get("runs"), shown.get("links"), shown.get("files"))
    compared = context.said(name, COMPARED)
    differs = str(compared.get("reason") or "") if compared.get("changed") else ""
    if runs is None and shown.get("active"):
        differs = "it is not known what its process was started with"
    names = _names(configuration, tuple(str(item) for item in context.said_list(name, OTHERS)))
    return ObservedHost(
        name,
        error=error,
        runs=runs or _last_good(shown),
        active=bool(shown.get("active")),
        configuration=names,
        configuration_changes=bool(configuration.get("changed")) or any((names or {}).values()),
        differs=differs,
        unit=_unit_changes(context.said(name, UNIT), shown),
    )


def _last_good(shown: Mapping[str, Any]) -> Runs | None:
    """What a host goes back to whose process is gone, or of which nobody knows what it was started with."""
    for entry in shown.get("releases") or ():
        release = entry.get("release") or {}
        if entry.get("verdict") == "good" and release.get("id"):
            snapshot = entry.get("snapshot") or {}
            return Runs.from_host({**release, "release": release["id"]}, snapshot.get("links"), snapshot.get("files"))
    return None


def _unit_changes(would: Mapping[str, Any], shown: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a service's unit that would change, or that are not as its process was started with them."""
    stale = set(shown.get("differs") or ()) & set(shown.get("files") or ())
    names = [*(str(name) for name in would.get("files") or ()), *(path.rpartition("/")[2] for path in sorted(stale))]
    return tuple(dict.fromkeys(names))


def after_turn(context: Context, names: Sequence[str]) -> dict[str, After]:
    """What the hosts said after their turn."""
    return {name: _after(context, name, AFTER, TURN_FAILED) for name in names}


def failure_of(failed: Mapping[str, Any]) -> str:
    """Why a block of tasks failed, in one line; empty when it did not.

    :param failed: the failed task's result, empty when none failed.
    """
    return _error_of({**failed, "failed": True}) or "" if failed else ""


def missing(context: Context, host: str, name: str) -> str:
    """Why a task that had to have a result on a host has none, in one line; empty when it has."""
    said = context.said(host, name)
    return (_error_of(said) or "") if said else "the host is gone"


def hosts_health(context: Context, record: Mapping[str, Any]) -> list[Health]:
    """Every host's health, by what it said and what its target group says."""
    if not context.hosts:
        return []
    wanted = ((record.get("releases") or {}).get(context.group) or {}).get("release")
    groups = _places(context)
    changed = {item["name"]: item for item in hosts_of(record)}
    results = []
    for name in context.hosts:
        group = _group_of(context, name)
        found = groups.get(group) if group else None
        place = _place_of(context, name, found) if found is not None else None
        after = _after(context, name, HEALTH, "")
        selected = name in context.selected_hosts
        if not selected and not context.said(name, HEALTH):
            # Nobody asked it: that is not to say that it would not answer.
            results.append(Health(name, "warn", detail="not asked: it is outside the limit"))
            continue
        expected = wanted if name in changed else None
        result = judge_host(name, after, expected, place, balanced=bool(group), selected=selected)
        if not changed and result.verdict == "pass":
            result = _serving(context, result)
        results.append(_left_behind(result, changed.get(name) or {}))
    return results


def _serving(context: Context, result: Health) -> Health:
    """The health of a host whose process runs in view of what it serves: nginx can be down before it.

    A release that was switched just now is judged by its smoke checks instead.
    """
    said = context.said(result.name, SERVING)
    if not said or said.get("skipped"):
        return result
    if said.get("failed") or said.get("unreachable"):
        return replace(result, verdict="unknown", detail=f"what it serves could not be asked: {_error_of(said)}")
    problem = serving_problem(context.said_list(result.name, QUESTIONS), said.get("answers") or ())
    return replace(result, verdict="fail", detail=problem) if problem else result


def _left_behind(result: Health, item: Mapping[str, Any]) -> Health:
    """A host whose switch failed is in the record already; whether that makes the release go back is decided there."""
    if result.verdict in ("fail", "unknown") and item.get("failure"):
        return replace(result, verdict="warn", detail=f"{result.detail} (its switch failed)")
    return result


def hosts_status(context: Context) -> list[HostStatus]:
    """The selected hosts as they are."""
    verdicts = {item.name: item for item in hosts_health(context, {"targets": []}) if context.said(item.name, HEALTH)}
    found = []
    for name in context.hosts:
        if name in verdicts and name in context.selected_hosts:
            runs = Runs.from_host(context.said(name, HEALTH).get("runs"))
            health = verdicts[name]
            label = (runs.tag or runs.release) if runs else ""
            schema = (runs.schema or "") if runs else ""
            found.append(HostStatus(name, health.verdict, label, schema, bool(health.running), health.detail))
    return found


def _places(context: Context) -> dict[str, dict[str, Place] | None]:
    wanted = {_group_of(context, name) for name in context.hosts} - {""}
    found: dict[str, dict[str, Place] | None] = {}
    for name in wanted:
        try:
            found[name] = _members(context, name)
        except SlipwayError:
            found[name] = None  # Said as "could not be asked": unknown, never green.
    return found


def _group_of(context: Context, name: str) -> str:
    """The name of a host's target group; empty when it has none."""
    return str(context.of_group(name, "target_group") or "")


def _members(context: Context, group: str) -> dict[str, Place]:
    return places(context.clients, find_group(context.clients, group, context.group_file))


def _place_of(context: Context, name: str, members: Mapping[str, Place]) -> Place:
    return members.get(str(context.host(name).get("ec2_instance_id")), Place("unused"))


def _after(context: Context, name: str, variable: str, failure: str) -> After:
    said, failed = context.said(name, variable), context.said(name, failure) if failure else {}
    # What a spare is not ready for, the service was never asked: only the message says that it was the spare.
    spare = failed.get("ready") is False
    reason = str((not spare and failed.get("reason")) or failed.get("msg") or "") if failed else ""
    log = tuple(str(line) for line in failed.get("log") or ())
    if not said or said.get("unreachable") or said.get("failed"):
        return After(False, reason=" ".join((reason or str(said.get("msg") or "")).split()), log=log)
    runs, active = Runs.from_host(said.get("runs")), bool(said.get("active"))
    return After(
        True,
        release=runs.release if runs else None,
        active=active,
        configuration=runs.configuration if runs else None,
        renewed=runs.renewed if runs else None,
        reason=" ".join(reason.split()) or (_doubt(said) if active else ""),
        doubt=_doubt(said) if active else "",
        log=log,
        started={**(said.get("links") or {}), **(said.get("files") or {})},
    )


def _doubt(said: Mapping[str, Any]) -> str:
    """Why a process that is up need not stay: when the connection is lost, a host goes on with its switch alone."""
    runs: Mapping[str, Any] = said.get("runs") or {}
    wanted = (runs.get("release"), runs.get("configuration"))
    entry: Mapping[str, Any] = {}
    for item in reversed(said.get("releases") or ()):  # The newest of several is the one that runs.
        release = item.get("release") or {}
        entry = item if (release.get("id"), release.get("configuration")) == wanted else entry
    if entry.get("verdict") == "unproven":
        return "it has not proven yet that it is ready (was the connection lost while it was switched?)"
    return str(entry.get("reason") or ("it is noted as bad" if entry.get("verdict") == "bad" else ""))


def _found(context: Context, release: Release, migrates: bool) -> Mapping[str, Any]:
    """What is known of the database and the release's migrations; ``unverifiable`` says what a check could not see.

    :raises SlipwayError: a deploy did not look at them, or they cannot be applied.
    """
    found = _migration(context)
    if "pending" in found or not migrates:
        return found
    if not context.check_mode:
        what = f"the migrations of {release.tag} were not looked at"
        raise SlipwayError(
            what, ", ".join(context.hosts), "Run it again: a plan without these hosts would not be complete"
        )
    looked = host_kind(context.group).look_from_here(context, context.hosts[0], release)
    if looked is not None:
        return looked
    return {**found, "unverifiable": [f"migrations of {release.tag}: the source was not looked at"]}


def _migration(context: Context) -> Mapping[str, Any]:
    for name in context.hosts:
        found = context.said(name, MIGRATION)
        if found:
            bare = Runs.from_host(context.said(name, SHOWN).get("runs")) is None
            if found.get("failed") and bare and context.check_mode:
                return {}  # The host lacks what the look needs, and a check installs nothing.
            if found.get("failed") or found.get("unreachable"):
                raise SlipwayError(" ".join(str(found.get("msg")).split()), name)
            return found
    return {}


def _error_of(said: Mapping[str, Any]) -> str | None:
    if said.get("unreachable"):
        return f"the host cannot be reached: {' '.join(str(said.get('msg') or '').split())}"
    if said.get("failed"):
        return " ".join(str(said.get("msg") or said.get("reason") or "it could not be looked at").split())
    return None


def _names(configuration: Mapping[str, Any], others: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """What would change, by what happens to it.

    :param others: what changes besides settings.
    """
    if not configuration:
        return None
    found = configuration.get("names") or {}
    names = {str(what): tuple(str(name) for name in names) for what, names in found.items()}
    return {**names, "changed": (*names.get("changed", ()), *others)} if others else names
