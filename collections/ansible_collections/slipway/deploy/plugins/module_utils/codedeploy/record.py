# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record (``slipway/record/1``) that one host writes of one CodeDeploy deployment, event by event. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..record.model import (
    SCHEMA,
    Record,
    closed,
    is_open,
    record_id,
)

_RUNS = ("release", "tag", "digest", "schema")
_RELEASE = ("release", "tag", "digest", "branch", "bucket", "key", "version", "commit", "schema")
#: Service_release's state → the target's.
_STATES = {
    "unchanged": "stable",
    "switched": "stable",
    "undone": "undone",
    "undo_failed": "undo_failed",
    "failed": "failed",
}


def opened(environment: str, host: str, deployment: str, release: Mapping[str, Any], now: float) -> Record:
    """A new record.

    :param release: what ``release.json`` of the bundle says; its ``group`` is the host's.
    :param now: epoch seconds of the store's clock.
    """
    described = {name: release.get(name) for name in _RELEASE}
    target = {
        "name": host,
        "kind": "host",
        "group": release["group"],
        "state": "planned",
        "from": None,
        "to": runs(release),
        "started_at": None,
        "finished_at": None,
        "failure": None,
    }
    return {
        "schema": SCHEMA,
        "id": record_id(now, deployment),
        "kind": "codedeploy",
        "environment": environment,
        "deployment": deployment,
        "title": str(release.get("tag") or ""),
        "actor": {"user": "codedeploy", "host": host, "url": None},
        "started_at": now,
        "finished_at": None,
        "phase": "planned",
        "targets": [target],
        "unchanged": [],
        "releases": {release["group"]: {**described, "configuration": None}},
        "migrations": {"state": "none", "from": None, "to": None, "applied": [], "restore_to": None},
        "events": [],
        "cause": None,
        "outcome": None,
    }


def release_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The release of a deployment."""
    found: dict[str, Any] = record["releases"][record["targets"][0]["group"]]
    return found


def migrated(said: Mapping[str, Any]) -> dict[str, Any]:
    """The record's ``migrations`` after they were carried out.

    :param said: the result of the task that migrates, or of the one that failed before it.
    """
    return {
        "state": "failed" if said.get("failed") else "done",
        "from": said.get("schema_before") or "",
        "to": said.get("schema_after") or "",
        "applied": list(said.get("applied") or ()),
        "restore_to": said.get("started_at") or "",
    }


def runs(release: Mapping[str, Any]) -> dict[str, Any]:
    """What a host runs: the release's id, tag, digest and schema."""
    return {name: release.get(name) for name in _RUNS}


def with_event(record: Record, event: str, state: str, now: float, **changes: Any) -> Record:
    """The record after an event began (``begun``) or ended (``done``, ``failed``).

    :param changes: ``configuration``, ``migrations``, ``switch`` (what service_release returned), as far as known.
    """
    events = [*record["events"], {"event": event, "state": state, "at": now}]
    changed: Record = {**record, "events": events, "phase": event}
    (target,) = record["targets"]
    if configuration := changes.get("configuration"):
        changed["releases"] = {target["group"]: {**release_of(record), "configuration": configuration}}
    if migrations := changes.get("migrations"):
        changed["migrations"] = {**record["migrations"], **migrations}
    if event == "ApplicationStart" and state == "begun":
        target = {**target, "state": "switching", "started_at": now}
    if switch := changes.get("switch"):
        # What ran before is what ran before the first switch of this deployment.
        before = target["from"] or (runs(switch["from"]) if switch.get("from") else None)
        target = {**target, "from": before, "state": _STATES.get(switch.get("state", ""), target["state"])}
    return {**changed, "targets": [target]}


def needs_person(record: Mapping[str, Any]) -> bool:
    """Whether the old release must not be restored: the schema was changed so that it cannot read it."""
    return any(not item.get("compatible") for item in record["migrations"].get("applied") or ())


def succeeded(record: Record, now: float) -> Record:
    """The record of a deployment that went well."""
    (target,) = record["targets"]
    return closed({**record, "targets": [{**target, "finished_at": now}]}, "succeeded", now)


def failed(record: Record, event: str, cause: str, undo: Mapping[str, Any] | None, now: float) -> Record:
    """The record of a deployment that failed.

    :param undo: what service_release returned when it restored the old release; ``None`` when it was not asked to.
    """
    if not is_open(record):
        return record
    (target,) = record["targets"]
    state = target["state"]
    if undo is not None:
        state = "undone" if undo.get("state") in ("unchanged", "switched", "undone") else "undo_failed"
    elif state == "planned":
        state = "undone"  # Nothing was switched: what ran before runs on.
    person = needs_person(record) or state in ("undo_failed", "failed", "stable", "switching")
    failure = {"reason": cause, "event": event}
    target = {**target, "state": state, "finished_at": now, "failure": failure}
    changed = {**with_event(record, event, "failed", now), "targets": [target]}
    return closed(changed, "needs_person" if person else "undone", now)


def verdict(record: Mapping[str, Any]) -> str:
    """What a closed record means for who reads the deployment's last line."""
    (target,) = record["targets"]
    tag, before = release_of(record)["tag"], target["from"]
    old = f"the old release {before['tag']}" if before and before.get("tag") else "what ran before"
    if record["outcome"] == "succeeded":
        return f"{tag} serves"
    if record["outcome"] == "undone":
        return f"{old[0].upper()}{old[1:]} serves; the lock is given back"
    if needs_person(record):
        restore = record["migrations"].get("restore_to")
        until = f" to {restore}" if restore else ""
        return (
            "Needs a person: a migration that is not backward-compatible was applied, so the old release was not put "
            f"back. Go forward with a corrected release, or restore the database{until}"
        )
    return f"Needs a person: {old} could not be restored; look at the service's journal"
