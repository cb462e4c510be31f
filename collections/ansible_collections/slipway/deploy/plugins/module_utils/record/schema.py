# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The schema of a record, on which all its readers rely. Pure.

Checked once, when a record is read, so that a damaged one is reported in one line. Fields that are
not listed are ignored: a newer version may have written them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from ..common.shape import TEXT as _TEXT
from ..common.shape import TRUTH as _TRUTH
from ..common.shape import Each, Value, check_depth
from ..common.shape import check_shape as _check
from ..hosts.by_kind import by_kind, has_several
from ..rollout.model import State

#: The end of the year 9999, beyond which no date can be written, in epoch seconds.
_LATEST = 253_402_300_800.0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LATEST


_NUMBER = Value("a number", _is_number)
_WHOLE = Value("a whole number", lambda value: _is_number(value) and value == int(value))
_TIME = Value("a time in epoch seconds before the year 10000", lambda value: _is_number(value) and value >= 0)
_STATE = Value("a state of a service's rollout", lambda value: value in get_args(State))

# "name?" may be missing or null.
_CAUSE: dict[str, Any] = {"what": _TEXT, "target?": _TEXT, "phase?": _TEXT, "wave?": _WHOLE}
_FAILURE: dict[str, Any] = {
    "reason": _TEXT,
    "exit_code?": _WHOLE,
    "stopped?": _WHOLE,
    "log?": [_TEXT],
    "events?": [_TEXT],
}
_UNDO: dict[str, Any] = {
    "equivalent_of?": _TEXT,
    "deployment_id?": _TEXT,
    "detail?": _TEXT,
    "started_at?": _TIME,
    "finished_at?": _TIME,
    "attempts?": _WHOLE,
}
_SIDE: dict[str, Any] = {"task_definition?": _TEXT, "image?": _TEXT, "tag?": _TEXT, "digest?": _TEXT, "release?": _TEXT}
_MIGRATION: dict[str, Any] = {"version?": _TEXT, "description?": _TEXT, "compatible?": _TRUTH}
#: Of one kind of host.
_MIGRATIONS: dict[str, Any] = {
    "from?": _TEXT,
    "to?": _TEXT,
    "direction?": _TEXT,
    "state?": _TEXT,
    "applied?": [_MIGRATION],
    "pending?": [_MIGRATION],
    "behind?": [_TEXT],
}
_ENTRY: dict[str, Any] = {
    "name": _TEXT,
    "state?": _TEXT,
    "expected_seconds?": _NUMBER,
    "started_at?": _TIME,
    "finished_at?": _TIME,
    "why?": [_TEXT],
    "notes?": [_TEXT],
    "desired?": _WHOLE,
    "running?": _WHOLE,
    "exercised?": _TRUTH,
    "port?": _WHOLE,
    "failure?": _FAILURE,
    "undo?": _UNDO,
    "event?": _TEXT,
}
_SERVICE: dict[str, Any] = {
    **_ENTRY,
    "state?": _STATE,
    "wave": _WHOLE,
    "cluster": _TEXT,
    "service": _TEXT,
    "container?": _TEXT,
    "force?": _TRUTH,
    "from": {**_SIDE, "task_definition": _TEXT, "deployment_id?": _TEXT},
    "to": _SIDE,
    "clone_of?": _TEXT,
    "deployment_id?": _TEXT,
    "service_deployment?": _TEXT,
    "undo?": {**_UNDO, "task_definition": _TEXT},
}
_HOST: dict[str, Any] = {
    **_ENTRY,
    "group": _TEXT,
    "state": _TEXT,
    "wave?": _WHOLE,
    "from?": {**_SIDE, "schema?": _TEXT, "configuration?": _TEXT, "links?": Each(_TEXT)},
    "to": _SIDE,
}
_UNCHANGED: dict[str, Any] = {
    "name": _TEXT,
    "service?": _TEXT,
    "wave?": _WHOLE,
    "port?": _WHOLE,
    "why?": _TEXT,
    "image_tag?": _TEXT,
    "digest?": _TEXT,
    "task_definition?": _TEXT,
    "group?": _TEXT,
    "release?": _TEXT,
    "tag?": _TEXT,
    "kind?": _TEXT,
}
_RECORD: dict[str, Any] = {
    "id": _TEXT,
    "environment": _TEXT,
    "phase": _TEXT,
    "outcome?": _TEXT,
    "kind?": _TEXT,
    "label?": _TEXT,
    "title?": _TEXT,
    "reason?": _TEXT,
    "previous?": _TEXT,
    "of?": _TEXT,
    "build?": {
        "id": _TEXT,
        "repository?": _TEXT,
        "branch?": _TEXT,
        "commit?": _TEXT,
        "promoted_from?": {"environment": _TEXT, "record": _TEXT},
    },
    "endpoint?": _TEXT,
    "cluster?": _TEXT,
    "account_id?": _TEXT,
    "region?": _TEXT,
    "registry?": _TEXT,
    "started_at?": _TIME,
    "finished_at?": _TIME,
    "actor?": Each(None),
    "cause?": _CAUSE,
    "hold?": _CAUSE,
    "warnings?": [_TEXT],
    "unhealthy?": [_TEXT],
    "settings?": {
        "max_parallel?": _WHOLE,
        "stabilise_timeout?": _NUMBER,
        "failed_tasks_threshold?": _WHOLE,
        "on_failure?": _TEXT,
    },
    "targets": [{"name": _TEXT, "kind": _TEXT}],
    "unchanged?": [_UNCHANGED],
    "releases?": Each({"release?": _TEXT, "tag?": _TEXT, "digest?": _TEXT, "commit?": _TEXT, "branch?": _TEXT}),
    "migrations?": Each(None),
    "health?": [{"name": _TEXT, "verdict": _TEXT, "running?": _WHOLE, "desired?": _WHOLE, "detail?": _TEXT}],
    "smoke?": [
        {
            "name": _TEXT,
            "check": _TEXT,
            "verdict": _TEXT,
            "status?": _WHOLE,
            "latency?": _NUMBER,
            "attempts?": _WHOLE,
            "detail?": _TEXT,
            "trace_id?": _TEXT,
        }
    ],
    "smoke_before?": [{"name": _TEXT, "check": _TEXT}],
    "checklist?": [{"name?": _TEXT, "took?": _NUMBER}],
    "approval?": Each(None),
    "gates?": [{"gate": _TEXT, "verdict": _TEXT, "detail?": _TEXT, "by?": _TEXT}],
    "notes?": Each(None),
    "verify?": {"checked?": Each(None), "platforms?": [_TEXT], "unverifiable?": [_TEXT]},
    "resumed?": [{"at": _TIME, "choice": _TEXT}],
    "notifications?": Each(None),
}
_TARGETS: Mapping[str, Any] = {"ecs_service": _SERVICE, "host": _HOST}


def check_shape(record: Mapping[str, Any]) -> None:
    """Check a record's fields.

    :raises ValueError: naming the first that is missing or has another type.
    """
    check_depth(record)
    _check(record, _RECORD)
    if "outcome" not in record:  # Null is valid: the deploy has not ended.
        raise ValueError("it has no outcome")
    for kind, migrations in by_kind(record).items():
        _check(migrations, _MIGRATIONS, f"migrations.{kind}" if has_several(record) else "migrations")
    for number, item in enumerate(record["targets"]):
        _check(item, _TARGETS.get(item["kind"], _ENTRY), f"targets[{number}]")
