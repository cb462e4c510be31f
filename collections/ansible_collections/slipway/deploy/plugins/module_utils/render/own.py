# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosts that deploy themselves (CodeDeploy), from their own records: they are not contacted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .hosts import HostStatus
from .when import since

Record = Mapping[str, Any]
Own = tuple[str, Sequence[Record], str]
"""A host, its own records, newest first, and why they could not all be read (``""`` when they could)."""

#: A deployment that has not ended by then was lost: CodeDeploy ends each event after an hour at the latest.
_LONGEST_SECONDS = 7200.0


def own_hosts(found: Sequence[Own], now: float) -> list[HostStatus]:
    """What each host runs by its records. All should run the release of the newest successful deployment."""
    good = [record for _host, records, _problem in found for record in records if _succeeded(record)]
    newest = max(good, key=lambda record: str(record["id"]), default=None)
    return [_status(host, records, problem, newest, now) for host, records, problem in found]


def runs_of(records: Sequence[Record]) -> Mapping[str, Any] | None:
    """What a host runs by its own records; ``None`` if unknown.

    :param records: newest first.
    """
    for record in records:
        target = _target(record)
        if target.get("state") == "stable":
            side: Mapping[str, Any] = target.get("to") or {}
            return side
        if target.get("state") not in ("planned", "undone"):
            return None
        if target.get("from"):
            return dict(target["from"])
    return None


def _succeeded(record: Record) -> bool:
    return record.get("outcome") == "succeeded" and bool(_release(record).get("release"))


def _release(record: Record) -> Mapping[str, Any]:
    side: Mapping[str, Any] = _target(record).get("to") or {}
    return side


def _target(record: Record) -> Mapping[str, Any]:
    targets: Sequence[Mapping[str, Any]] = record.get("targets") or ()
    return targets[0] if targets else {}


def _status(host: str, records: Sequence[Record], problem: str, newest: Record | None, now: float) -> HostStatus:
    if not records:
        return HostStatus(host, "unknown", detail=f"its own records cannot be read: {problem}", asked=False)
    record, runs = records[0], runs_of(records)
    label = str((runs or {}).get("tag") or (runs or {}).get("release") or "")
    verdict, detail = _verdict(record, now)
    wanted = _release(newest).get("release") if newest is not None else None
    if verdict == "warn" and wanted and (runs or {}).get("release") != wanted and record.get("outcome") is not None:
        verdict = "out_of_step"
        of = str(_release(newest or {}).get("tag") or wanted)
        where = (newest or {}).get("deployment") or (newest or {}).get("id")
        detail = f"runs {label or 'what it does not say'}, not {of} of deployment {where}; {detail}"
    schema = str((runs or {}).get("schema") or "")
    return HostStatus(host, verdict, label, schema, detail=detail, record=str(record["id"]), asked=False)


def _verdict(record: Record, now: float) -> tuple[str, str]:
    deployment = str(record.get("deployment") or record["id"])
    at = record.get("finished_at") or record.get("started_at")
    when = f" {since(float(at), now)}" if isinstance(at, (int, float)) else ""
    outcome, phase = record.get("outcome"), str(record.get("phase") or "?")
    cause = str((_target(record).get("failure") or {}).get("reason") or "")
    why = f": {cause}" if cause else ""
    if outcome is None:
        started = record.get("started_at")
        lost = not isinstance(started, (int, float)) or now - started > _LONGEST_SECONDS
        word = "has not ended" if lost else "is running"
        return "unknown" if lost else "warn", f"deployment {deployment} {word} ({phase}),{when}".rstrip(",")
    if outcome == "succeeded":
        return "warn", f"deployment {deployment} succeeded{when}, by its own record"
    if outcome == "undone":
        return "warn", f"deployment {deployment} failed and was undone{when}{why}"
    return "fail", f"deployment {deployment} needs a person{when}{why}"
