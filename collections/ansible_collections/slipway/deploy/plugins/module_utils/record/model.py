# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record: one JSON document per deploy, from which all output is rendered.

A record is a plain ``dict`` (schema ``slipway/record/1``); these functions create it, read it and change copies.
It never holds a task definition's body, an ``environment`` value or a secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..hosts.migrations import has_begun
from ..rollout.document import rollout_of
from ..rollout.model import UNTOUCHED, Rollout
from .schema import check_shape

SCHEMA = "slipway/record/1"

Record = dict[str, Any]


def record_key(environment: str, record_id: str) -> str:
    """The key of a record in the state store."""
    return f"{environment}/releases/{record_id}.json"


def pointer_key(environment: str) -> str:
    """The key of the id of an environment's newest record."""
    return f"{environment}/current.json"


def record_id(now: float, label: str) -> str:
    """A record's id: the store's time in UTC, so that ids sort by time, and what is released."""
    stamp = datetime.fromtimestamp(now, tz=UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    safe = "".join(char if char.isalnum() or char in "._-" else "-" for char in label)[:40]
    return f"{stamp}-{safe}" if safe else stamp


def serialise(record: Mapping[str, Any]) -> bytes:
    """The record's text."""
    return (json.dumps(record, indent=1, sort_keys=False, ensure_ascii=False) + "\n").encode()


def parse(body: bytes, where: str) -> Record:
    """Read a record back.

    :param where: its location, for errors.
    :raises SlipwayError: it is not a record, or has an unknown schema.
    """
    try:
        record = loads(body)
    except (ValueError, RecursionError) as error:
        raise _damaged(str(error), where) from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        schema = record.get("schema") if isinstance(record, dict) else type(record).__name__
        raise SlipwayError(
            f"this is not a {SCHEMA} document but {schema!r}", where, "Use the version of Slipway that wrote it"
        )
    try:
        check_shape(record)
        # A missing field must not prevent the resumption of a deploy: it is read as the resuming run will read it.
        rollout_of(record)
    except KeyError as error:
        raise _damaged(f"it has no {error.args[0]}", where) from error
    except (TypeError, ValueError, AttributeError, SlipwayError) as error:
        raise _damaged(str(error), where) from error
    return record


def _damaged(why: str, where: str) -> SlipwayError:
    return SlipwayError(f"the record is damaged: {why}", where, "Restore it from the store's versions, or move it away")


def is_open(record: Mapping[str, Any]) -> bool:
    """Whether the deploy that wrote the record has not ended."""
    return record.get("outcome") is None


def is_touched(record: Mapping[str, Any]) -> bool:
    """Whether the deploy began to change anything. One that did not is abandoned, not resumed."""
    begun = any(item.get("state", "planned") not in UNTOUCHED for item in record["targets"])
    return begun or bool(record.get("cause")) or has_begun(record)


def undo_was_asked(record: Mapping[str, Any]) -> bool:
    """Whether the undo was requested (``-e resume=undo``): then the deploy is done, not failed."""
    resumed = record.get("resumed")
    last = resumed[-1] if isinstance(resumed, list) and resumed else None
    return record.get("outcome") == "undone" and isinstance(last, dict) and last.get("choice") == "undo"


def outcome_of(rollout: Rollout) -> str:
    """The outcome of a finished rollout: ``succeeded``, ``undone`` or ``needs_person``."""
    if rollout.cause is None:
        return "succeeded"
    return "needs_person" if any(target.state == "undo_failed" for target in rollout.targets) else "undone"


def closed(record: Mapping[str, Any], outcome: str, now: float) -> Record:
    """The record, closed."""
    return {**record, "phase": "closed", "outcome": outcome, "finished_at": now}
