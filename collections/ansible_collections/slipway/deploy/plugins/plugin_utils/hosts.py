# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts' part of a deploy: converts results of the playbook's tasks for the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..module_utils.checks.health import Health
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts.balancer import Place, find_group, places
from ..module_utils.hosts.judge import judge_host
from ..module_utils.hosts.model import ObservedHost, Runs
from ..module_utils.hosts.progress import After, hosts_of
from ..module_utils.hosts.serving import serving_problem
from ..module_utils.render.hosts import HostStatus
from .context import Context

#: The observations of a host, by their names in the argument ``observations``.
SHOWN, CONFIGURATION, LOOK_FAILED, MIGRATION = "shown", "configuration", "look_failed", "migration"
#: Changes of the host besides its service and configuration: a list of names.
OTHERS = "other_changes"
#: The names of the files of the service's unit that would change.
UNIT = "unit_changes"
#: What the host would switch with the wanted configuration.
COMPARED = "compared"
STAGED, STAGE_FAILED, AFTER, TURN_FAILED = "staged", "stage_failed", "after", "turn_failed"
HEALTH = "health"
#: What a host serves, and the questions for it.
SERVING, QUESTIONS = "serving_result", "serving_questions"


def observed_host(context: Context, name: str) -> ObservedHost:
    """A host as observed by the playbook's tasks."""
    shown, failed = context.said(name, SHOWN), context.said(name, LOOK_FAILED)
    configuration = context.said(name, CONFIGURATION)
    error = _error_of(failed) or _error_of(shown) or _error_of(configuration)
    if error is None and not shown:
        error = "it was not looked at"
    runs = Runs.from_host(shown.get("runs"), shown.get("links"), shown.get("files"))
    compared = context.said(name, COMPARED)
    differs = str(compared.get("reason") or "") if compared.get("changed") else ""
    if runs is None and shown.get("active"):
        differs = "what its process was started with is unknown"
    names = _names(configuration, tuple(str(item) for item in context.observed_list(name, OTHERS)))
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
    """What an undo restores on a host whose process is gone, or was started with an unknown state."""
    for entry in shown.get("releases") or ():
        release = entry.get("release") or {}
        if entry.get("verdict") == "good" and release.get("id"):
            snapshot = entry.get("snapshot") or {}
            return Runs.from_host({**release, "release": release["id"]}, snapshot.get("links"), snapshot.get("files"))
    return None


def _unit_changes(would: Mapping[str, Any], shown: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a service's unit that would change, or have changed since its process was started."""
    stale = set(shown.get("differs") or ()) & set(shown.get("files") or ())
    names = [*(str(name) for name in would.get("files") or ()), *(path.rpartition("/")[2] for path in sorted(stale))]
    return tuple(dict.fromkeys(names))


def after_turn(context: Context, names: Sequence[str]) -> dict[str, After]:
    """What the hosts reported after their step."""
    return {name: _after(context, name, AFTER, TURN_FAILED) for name in names}


def failure_of(failed: Mapping[str, Any]) -> str:
    """Why a block of tasks failed, in one line; empty if it did not.

    :param failed: the failed task's result; empty if none failed.
    """
    return _error_of({**failed, "failed": True}) or "" if failed else ""


def missing(context: Context, host: str, name: str) -> str:
    """Why a required result of a host is missing, in one line; empty if it exists."""
    said = context.said(host, name)
    return (_error_of(said) or "") if said else "the host is gone"


def hosts_health(context: Context, record: Mapping[str, Any]) -> list[Health]:
    """Every host's health, from its own answer and its target group."""
    if not context.hosts:
        return []
    releases = record.get("releases") or {}
    groups = _places(context)
    changed = {item["name"]: item for item in hosts_of(record)}
    changed_kinds = {item["group"] for item in changed.values()}
    results = []
    for name in context.hosts:
        group = target_group_of(context, name)
        found = groups.get(group) if group else None
        place = place_of(context, name, found) if found is not None else None
        after = _after(context, name, HEALTH, "")
        selected = name in context.selected_hosts
        if not selected and not context.said(name, HEALTH):
            # It was not asked, so it may still answer.
            results.append(Health(name, "warn", detail="not asked: it is outside the limit"))
            continue
        kind = context.kind_of(name)
        expected = (releases.get(kind) or {}).get("release") if name in changed else None
        result = judge_host(name, after, expected, place, balanced=bool(group), selected=selected)
        if kind not in changed_kinds and result.verdict == "pass":
            result = _serving(context, result)
        results.append(_left_behind(result, changed.get(name) or {}))
    return results


def _serving(context: Context, result: Health) -> Health:
    """The health of a host with a running process, including what it serves: nginx in front of it may be down.

    A release that was just switched is judged by its smoke checks instead.
    """
    said = context.said(result.name, SERVING)
    if not said or said.get("skipped"):
        return result
    if said.get("failed") or said.get("unreachable"):
        return replace(result, verdict="unknown", detail=f"what it serves could not be asked: {_error_of(said)}")
    problem = serving_problem(context.observed_list(result.name, QUESTIONS), said.get("answers") or ())
    return replace(result, verdict="fail", detail=problem) if problem else result


def _left_behind(result: Health, item: Mapping[str, Any]) -> Health:
    """A host whose switch failed is already in the record, which decides about the undo."""
    if result.verdict in ("fail", "unknown") and item.get("failure"):
        return replace(result, verdict="warn", detail=f"{result.detail} (its switch failed)")
    return result


def hosts_status(context: Context) -> list[HostStatus]:
    """The status of the selected hosts."""
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
    wanted = {target_group_of(context, name): name for name in context.hosts}
    found: dict[str, dict[str, Place] | None] = {}
    for group, name in wanted.items():
        try:
            found[group] = members_of(context, group, name) if group else None
        except SlipwayError:
            found[group] = None  # Reported as "could not be asked": unknown, never green.
    return found


def target_group_of(context: Context, name: str) -> str:
    """The name of a host's target group; empty if it has none."""
    return str(context.of_group(name, "target_group") or "")


def members_of(context: Context, group: str, name: str) -> dict[str, Place]:
    """Every target's state in a target group, by instance id.

    :param name: a host whose inventory names the group.
    """
    return places(context.clients, find_group(context.clients, group, context.group_file(name)))


def place_of(context: Context, name: str, members: Mapping[str, Place]) -> Place:
    """A host's state in its target group."""
    return members.get(str(context.host(name).get("ec2_instance_id")), Place("unused"))


def _after(context: Context, name: str, variable: str, failure: str) -> After:
    said, failed = context.said(name, variable), context.said(name, failure) if failure else {}
    # If a spare is not ready, the service was not switched: only the message says that it was the spare.
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
    """Why a running process may not stay: if the connection is lost, a host continues its switch alone."""
    runs: Mapping[str, Any] = said.get("runs") or {}
    wanted = (runs.get("release"), runs.get("configuration"))
    entry: Mapping[str, Any] = {}
    for item in reversed(said.get("releases") or ()):  # The newest of several is the running one.
        release = item.get("release") or {}
        entry = item if (release.get("id"), release.get("configuration")) == wanted else entry
    if entry.get("verdict") == "unproven":
        return "it has not proven yet that it is ready (was the connection lost while it was switched?)"
    return str(entry.get("reason") or ("it is noted as bad" if entry.get("verdict") == "bad" else ""))


def _error_of(said: Mapping[str, Any]) -> str | None:
    if said.get("unreachable"):
        return f"the host cannot be reached: {' '.join(str(said.get('msg') or '').split())}"
    if said.get("failed"):
        return " ".join(str(said.get("msg") or said.get("reason") or "it could not be looked at").split())
    return None


def _names(configuration: Mapping[str, Any], others: tuple[str, ...]) -> dict[str, tuple[str, ...]] | None:
    """The names that would change, by kind of change.

    :param others: changes besides settings.
    """
    if not configuration:
        return None
    found = configuration.get("names") or {}
    names = {str(what): tuple(str(name) for name in names) for what, names in found.items()}
    return {**names, "changed": (*names.get("changed", ()), *others)} if others else names
