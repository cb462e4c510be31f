# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the goal of a rollback: from records or, if they are lost, from hosts' ledgers and tags of task definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.common.command import again, here
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet import api
from ..module_utils.fleet.cache import TaskDefinitionCache
from ..module_utils.fleet.model import DesiredService
from ..module_utils.fleet.observation import TaskDefinition
from ..module_utils.fleet.observe import observe
from ..module_utils.fleet.taskdef import TAG_RELEASE, short_arn
from ..module_utils.hosts.remembered import remember, remembered_release
from ..module_utils.image.reference import parse_image
from ..module_utils.record.history import (
    Goal,
    Runs,
    group_key,
    rollback_goal,
)
from ..module_utils.record.journal import history, newest_id
from .context import Context
from .hosts import HEALTH

BY_LEDGERS = "the hosts' ledgers"
BY_TAGS = "the tags of the running task definitions"


def find_goal(context: Context) -> Goal:
    """The release that a rollback returns to.

    :raises SlipwayError: none is known.
    """
    to = context.settings.to
    try:
        return rollback_goal(history(context.store, context.environment), to, context.environment)
    except SlipwayError:
        # If records have no release to roll back to, that counts; a lost store has no records at all.
        if newest_id(context.store, context.environment) is not None:
            raise
        goal = _remembered(context, to)
        if goal is None:
            raise
        return goal


def without_records(context: Context, goal: Goal) -> tuple[str, ...]:
    """The warning that a rollback without any record uses other sources; empty otherwise."""
    if goal.release is not None or newest_id(context.store, context.environment) is not None:
        return ()
    by = [BY_LEDGERS] if any(name.startswith("@") for name in goal.runs) else []
    by += [BY_TAGS] if any(not name.startswith("@") for name in goal.runs) else []
    what = f"{context.store.url} has no record of {context.environment}"
    return (f"{what}: the release to roll back to is taken from {' and '.join(by)}",)


def _remembered(context: Context, to: str | None) -> Goal | None:
    runs: Runs = {}
    labels: list[str] = []
    for kind, ledgers in _ledgers(context, to).items():
        found = remembered_release(ledgers, to)
        if found is not None:
            label = str(found.side.get("tag") or found.side["release"])
            _refuse_other_schema(context, label, str(found.side.get("schema") or ""), found.schema)
            runs[group_key(kind)] = dict(found.side)
            labels.append(label)
    if to is None:
        services = _services_before(context)
        runs.update(services)
        labels = labels or [f"what ran before, by {BY_TAGS}"]
    return Goal(None, " and ".join(dict.fromkeys(labels)), runs) if runs else None


def _ledgers(context: Context, to: str | None) -> dict[str, dict[str, Mapping[str, Any]]]:
    """The ledgers of the selected hosts of each kind: only of kinds with the named release, if any has it."""
    said = {
        kind: {name: found for name in names if name in context.selected_hosts and (found := _remembers(context, name))}
        for kind, names in context.hosts_by_kind.items()
    }
    knowing = {kind: of for kind, of in said.items() if to is not None and remember(of, to)}
    return knowing or said


def _remembers(context: Context, name: str) -> Mapping[str, Any]:
    said = context.said(name, HEALTH)
    return said if said.get("releases") else {}


def _refuse_other_schema(context: Context, label: str, then: str, now: str) -> None:
    if then == now or context.settings.force_schema:
        return
    what = f"{label} was deployed with schema {then or '?'}, and the schema is at {now or '?'} now"
    anyway = f"If you know that it can: {again(force_schema='true')}"
    raise SlipwayError(what, BY_LEDGERS, f"No record says whether older code can live with it. {anyway}")


def _services_before(context: Context) -> dict[str, dict[str, Any]]:
    """What the services of the newest release ran before it, by Slipway's tags on their revisions."""
    wanted = [item for item in context.desired() if item.selected]
    if not wanted:
        return {}
    cache = TaskDefinitionCache(context.cache_directory)
    facts = observe(wanted, context.clients, cache, resolve_images=False).facts
    own = {item.desired.name: item.running for item in facts if item.running is not None and _has_before(item.running)}
    # The id begins with the time in UTC.
    newest = max((running.own[TAG_RELEASE] for running in own.values()), default="")
    before = {name: running.cloned_from for name, running in own.items() if running.own[TAG_RELEASE] == newest}
    definitions = observe((), context.clients, cache, definitions=tuple(before.values())).definitions
    services = {item.name: item for item in wanted}
    return {
        name: _side(context, services[name], arn, definitions[arn][0])
        for name, arn in before.items()
        if arn in definitions
    }


def _side(context: Context, service: DesiredService, arn: str, definition: TaskDefinition) -> dict[str, Any]:
    """What a service ran with a revision, as in a record.

    :raises SlipwayError: the revision names its image by a tag that may have moved.
    """
    image = parse_image(definition.image(service.container))
    digest = image.digest
    if not digest:
        moves = image.tag in ("", "latest")
        found = (
            api.resolve_image(context.clients, service.registry, service.repository, image.tag) if not moves else None
        )
        digest = found.digest if found else ""
        if not digest:
            what = f"{short_arn(arn)} names its image by a tag, and which image that was is in no record: {image}"
            instead = here("deploy", "--limit", service.name, image_tag=f"{service.name}=…")
            raise SlipwayError(what, service.name, f"Deploy a tag instead: {instead}")
    return {"task_definition": arn, "tag": definition.image_tag or image.tag, "digest": digest}


def _has_before(running: TaskDefinition) -> bool:
    return running.is_own and running.cloned_from != running.arn
