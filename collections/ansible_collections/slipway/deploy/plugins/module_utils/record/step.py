# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares what runs with what the records released: healthy but out of step is a problem. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from ..checks.health import Health
from ..checks.status import Condition, ServiceStatus
from ..fleet.model import ObservedService
from ..fleet.observation import Facts, TaskDefinition
from ..fleet.plan import running_side
from ..fleet.taskdef import (
    TAG_RELEASE,
    describe_differences,
    revision_of,
    same_content,
    short_arn,
)
from ..hosts.model import Runs
from .released import Released

Kind = Literal["in_step", "out_of_step", "unsettled", "unreleased", "unknown"]

_SHOWN = 3
_DIGEST = 19


@dataclass(frozen=True)
class Step:
    """How what runs compares with its release.

    :ivar kind: ``unsettled``: a deploy left it incomplete; ``unreleased``: it has no record; ``unknown``: the
        records could not be read.
    :ivar what: what is out of step, and who changed it if known, in one line.
    :ivar record: the id of the record that released it.
    :ivar is_goal: whether ``rollback.yml -e to=<record>`` restores it.
    """

    kind: Kind
    what: str = ""
    record: str = ""
    is_goal: bool = False


UNRELEASED = Step("unreleased", "it is in no release of Slipway")


def asks_for_definition(facts: Facts, released: Released | None) -> str:
    """The ARN of the released revision if its definition is needed for the comparison; else ``""``."""
    if released is None or facts.running is None or released.unsettled or not released.task_definition:
        return ""
    return "" if facts.running.arn in {released.task_definition, *released.copies} else released.task_definition


def service_step(
    facts: Facts, released: Released | None, definitions: Mapping[str, tuple[TaskDefinition, bool]]
) -> Step | None:
    """How a service compares with its release; ``None`` if it is unknown what it runs.

    :param definitions: the revisions that :func:`asks_for_definition` named, as far as ECS knows them.
    """
    observed, running = facts.observed, facts.running
    if observed is None or running is None:
        return None
    if released is None:
        return UNRELEASED
    if released.unsettled:
        return unsettled(released)
    if not released.task_definition:
        return Step("unknown", f"release {released.record} does not say which revision it deployed", released.record)
    digest = facts.running_digest
    if running.arn in {released.task_definition, *released.copies}:
        if not (digest and released.digest and digest != released.digest) or _is_pinned(facts):
            return Step("in_step", record=released.record)
        what = f"runs {digest[:_DIGEST]}, not {released.digest[:_DIGEST]} of release {released.record}: its tag moved"
        return Step("out_of_step", what, released.record, released.is_goal)
    definition = definitions.get(released.task_definition)
    if definition is not None and same_content(running.body, definition[0].body):
        return Step("in_step", record=released.record)
    parts = [_other(facts, released, running), *_differences(facts, definition, running), *_who(facts, running)]
    return Step("out_of_step", "; ".join(parts), released.record, released.is_goal)


def unsettled(released: Released) -> Step:
    """A service or host that its last deploy left incomplete."""
    what = f"release {released.record} left it half-way ({released.unsettled.replace('_', ' ')})"
    return Step("unsettled", what, released.record)


def host_step(runs: Runs | None, changed: Sequence[str], released: Released | None) -> Step:
    """How a host compares with its release.

    :param runs: what its process was started with, by its ledger; ``None`` if unknown.
    :param changed: the links and files that have changed since the process was started.
    """
    if released is None:
        return UNRELEASED
    if released.unsettled:
        return unsettled(released)
    of = f"of release {released.record}"
    if released.release and (runs is None or runs.release != released.release):
        what = f"runs {runs.release if runs else 'what its ledger does not know'}, not {released.release} {of}"
        return Step("out_of_step", what, released.record, released.is_goal)
    if runs is not None and released.configuration and runs.configuration not in (None, released.configuration):
        what = f"runs with configuration {runs.configuration}, not {released.configuration} {of}"
        return Step("out_of_step", what, released.record, released.is_goal)
    if changed:
        what = f"{', '.join(sorted(changed)[:_SHOWN])} changed since its process was started: not what was released"
        return Step("out_of_step", what, released.record, released.is_goal)
    return Step("in_step", record=released.record)


def with_step(status: ServiceStatus, step: Step | None, *, running: bool = False) -> ServiceStatus:
    """A service's status in view of its release.

    :param running: whether a deploy is running: its targets are moving, not out of step.
    """
    if step is None:
        return status
    condition: Condition = status.condition
    stray = step.what if step.kind in ("out_of_step", "unsettled", "unknown") else ""
    if step.kind in ("out_of_step", "unsettled"):
        at_work = running and step.kind == "unsettled"
        condition, stray = ("moving", "") if at_work else (condition, stray)
        if not at_work and condition in ("well", "idle"):
            condition = "out_of_step"
    elif condition == "well" and step.kind != "in_step":
        condition = "unreleased" if step.kind == "unreleased" else "unknown"
    return replace(status, condition=condition, step=step.kind, stray=stray, release=step.record, returns=step.is_goal)


def health_in_step(health: Health, observed: ObservedService | None, record: Mapping[str, Any]) -> Health:
    """A service's health after a deploy, compared with the deploy's record.

    A foreign change during the deploy is not undone by it: a person must decide. For a service
    that the deploy did not change it is only reported.
    """
    wanted, mine = _recorded(health.name, record)
    if observed is None or health.verdict not in ("pass", "warn") or observed.task_definition in (wanted, ""):
        return health
    if not wanted:
        return health
    runs, should = short_arn(observed.task_definition), short_arn(wanted)
    what = f"it runs {runs}, not {should}: it was changed by others during this deploy"
    return replace(health, verdict="unknown" if mine else "warn", detail=what)


def _recorded(name: str, record: Mapping[str, Any]) -> tuple[str, bool]:
    """The revision of a service in a record, and whether its deploy changed it."""
    for item in record.get("targets") or ():
        if item["name"] == name:
            stable = item.get("state") == "stable"
            return str((item.get("to") or {}).get("task_definition") or "") if stable else "", True
    for item in record.get("unchanged") or ():
        if item["name"] == name:
            return str(item.get("task_definition") or ""), False
    return "", False


def _is_pinned(facts: Facts) -> bool:
    return "@" in running_side(facts).image


def _other(facts: Facts, released: Released, running: TaskDefinition) -> str:
    tag = running_side(facts).tag
    runs = f":{running.revision}{f' ({tag})' if tag else ''}"
    wanted = f":{revision_of(released.task_definition)}{f' ({released.tag})' if released.tag else ''}"
    return f"runs {runs}, not {wanted} of release {released.record}"


def _differences(facts: Facts, definition: tuple[TaskDefinition, bool] | None, running: TaskDefinition) -> list[str]:
    if definition is None:
        return []
    found = describe_differences(definition[0].body, running.body, facts.desired.container)
    more = ", …" if len(found) > _SHOWN else ""
    return [f"{', '.join(found[:_SHOWN])}{more}"] if found else []


def _who(facts: Facts, running: TaskDefinition) -> list[str]:
    """Who changed it, as far as ECS knows: who registered the revision, and when its deployment began."""
    primary = facts.observed.primary if facts.observed else None
    by = str(running.body.get("registeredBy") or "")
    said = []
    if running.is_own:
        said.append(f":{running.revision} is of release {running.own[TAG_RELEASE]}")
    elif by:
        said.append(f":{running.revision} was registered by {by}")
    if primary is not None and primary.created_at and primary.task_definition == running.arn:
        at = datetime.fromtimestamp(primary.created_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        said.append(f"deployed {at}, not by Slipway (ECS does not say by whom, CloudTrail does: UpdateService)")
    return said
