# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a rollout from a record's document, and writes it back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.failure import Cause, Failure
from ..fleet.model import SERVICE_SETTINGS
from ..fleet.registration import undo_needs_clone
from .model import Limits, Rollout, Target, Undo

Record = dict[str, Any]
#: Optional fields with the same name in a target and its document.
_PROGRESS = ("deployment_id", "service_deployment", "started_at", "finished_at")


def rollout_of(record: Mapping[str, Any]) -> Rollout:
    """The rollout of a record, with its progress."""
    settings = record.get("settings", {})
    threshold = settings.get("failed_tasks_threshold")
    limits = Limits(
        max_parallel=int(settings.get("max_parallel", Limits.max_parallel)),
        stabilise_timeout=float(settings.get("stabilise_timeout", Limits.stabilise_timeout)),
        failed_tasks_threshold=int(threshold) if threshold is not None else None,
    )
    cause = record.get("cause")
    targets = tuple(_target(item) for item in record["targets"] if item.get("kind") == "ecs_service")
    return Rollout(targets, limits, Cause.from_record(cause) if cause else None)


def with_rollout(record: Mapping[str, Any], rollout: Rollout) -> Record:
    """The same record with the rollout's progress written into it."""
    progress = {target.name: target for target in rollout.targets}
    targets = [_merged(item, progress.get(item["name"])) for item in record["targets"]]
    cause = rollout.cause.to_record() if rollout.cause else record.get("cause")
    return {**record, "targets": targets, "cause": cause}


def _target(item: Mapping[str, Any]) -> Target:
    before = item["from"]
    failure = item.get("failure")
    undo = item.get("undo")
    return Target(
        name=item["name"],
        wave=int(item["wave"]),
        cluster=item["cluster"],
        service=item["service"],
        previous=before["task_definition"],
        previous_deployment=before.get("deployment_id"),
        task_definition=item["to"].get("task_definition"),
        force=bool(item.get("force")),
        pinned=not undo_needs_clone(item),
        state=item.get("state", "planned"),
        **{name: item.get(name) for name in _PROGRESS},
        desired=int(item.get("desired") or 0),
        running=int(item.get("running") or 0),
        failure=Failure.from_record(failure) if failure else None,
        undo=Undo(**undo) if undo else None,
        event=item.get("event") or "",
        settings={name: item.get(name) for name, _type in SERVICE_SETTINGS.values()},
    )


def _merged(item: Mapping[str, Any], target: Target | None) -> dict[str, Any]:
    if target is None:
        return dict(item)
    undo = target.undo
    return {
        **item,
        "to": {**item["to"], "task_definition": target.task_definition},
        "state": target.state,
        **{name: getattr(target, name) for name in (*_PROGRESS, "desired", "running")},
        "failure": target.failure.to_record() if target.failure else None,
        "undo": {**vars(undo)} if undo else None,
        **({"event": target.event} if target.event or item.get("event") else {}),
    }
