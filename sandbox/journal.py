# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of calls: who called what when, without values that may be secret."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Any

from sandbox.protocol import Call

READS = ("Describe", "List", "Get", "Batch", "Head", "Simulate", "Lookup", "Filter")
READ_EXCEPTIONS = ("BatchDeleteImage",)
SUMMARY = (
    "cluster",
    "service",
    "services",
    "serviceName",
    "taskDefinition",
    "family",
    "desiredCount",
    "forceNewDeployment",
    "serviceDeploymentArn",
    "serviceDeploymentArns",
    "stopType",
    "tasks",
    "task",
    "repositoryName",
    "imageIds",
    "resourceArn",
    "startedBy",
    "desiredStatus",
    "logGroupName",
)
KEPT = 20000


def mutating(call: Call) -> bool:
    """Whether the action changes something, by its name."""
    return not call.action.startswith(READS) or call.action in READ_EXCEPTIONS


class Journal:
    """The last calls and counters of all calls since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._counts: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._mutations = 0

    def add(self, call: Call, at: float, path: str, status: int, code: str | None, seconds: float) -> None:
        """Note a call that was answered (``status`` 0: the connection was reset)."""
        entry: dict[str, Any] = {
            "at": at,
            "service": call.service,
            "action": call.action,
            "mutating": mutating(call),
            "status": status,
            "seconds": round(seconds, 6),
        }
        if code:
            entry["error"] = code
        if call.service == "codeartifact":
            entry["params"] = {"path": path}
        elif call.json_protocol and len(call.body) < 100_000:
            body = call.json()
            entry["params"] = {key: body[key] for key in SUMMARY if key in body}
        elif call.service == "s3":
            entry["params"] = {"path": path}
        key = f"{call.service}:{call.action}"
        with self._lock:
            self._calls.append(entry)
            self._counts[key] += 1
            self._mutations += bool(entry["mutating"])
            if code or status == 0:
                self._errors[f"{key}:{code or 'reset'}"] += 1

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._calls.clear()
            self._counts.clear()
            self._errors.clear()
            self._mutations = 0

    def show(self, since: float = 0.0, service: str | None = None, mutating_only: bool = False) -> dict[str, Any]:
        """The calls since a time, and the counters."""
        with self._lock:
            calls = [
                one
                for one in self._calls
                if one["at"] >= since and service in (None, one["service"]) and (one["mutating"] or not mutating_only)
            ]
            return {
                "calls": calls,
                "counts": dict(self._counts),
                "errors": dict(self._errors),
                "mutations": self._mutations,
                "total": sum(self._counts.values()),
            }
