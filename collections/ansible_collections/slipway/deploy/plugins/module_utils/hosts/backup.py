# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backup before a migration, stored in a record with the migrations. Pure.

It counts once its hook has succeeded: then it has ``at``, the time of its start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_UNSAFE: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 90
_LONGEST_REFERENCE: Final = 300


def label_of(environment: str, record: str, attempt: int = 1) -> str:
    """``production-2026-11-21t09-10-11z-prod-20261121``: unique, and a valid file or snapshot name.

    :param record: the record's id.
    :param attempt: the attempt's number: a killed run may have left the same name.
    """
    text = _UNSAFE.sub("-", f"{environment}-{record}".lower()).strip("-")[:_LONGEST].rstrip("-")
    return text if attempt <= 1 else f"{text}-{attempt}"


def is_due(record: Mapping[str, Any], migrations: Mapping[str, Any]) -> bool:
    """Whether a backup must be taken: migrations will change the schema, none has begun, and there is no backup.

    :param migrations: those of one kind in the record.
    """
    free = not record.get("cause") and not record.get("hold")
    return free and migrations.get("state") == "planned" and taken(migrations) is None


def begun(record: Mapping[str, Any], at: str, host: str = "", kind: str = "") -> dict[str, Any]:
    """A kind's migrations in the record just before the backup is taken.

    :param at: the store's time, ISO 8601.
    :param host: the host of the record, if each host has its own: part of the label.
    :param kind: the kind of host, if the record has several: part of the label.
    """
    migrations = record["migrations"][kind] if kind else record["migrations"]
    attempts = int((migrations.get("backup") or {}).get("attempts") or 0) + 1
    part = host or kind
    label = label_of(record["environment"], f"{record['id']}-{part}" if part else record["id"], attempts)
    return {**migrations, "backup": {"label": label, "attempts": attempts, "begun_at": at}}


def ended(migrations: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's migrations in the record after the backup was taken.

    :param said: the hook's result, ``slipway_backup``.
    """
    backup = migrations["backup"]
    reference = " ".join(str(said.get("reference") or "").split())[:_LONGEST_REFERENCE] or None
    return {**migrations, "backup": {"label": backup["label"], "reference": reference, "at": backup["begun_at"]}}


def taken(migrations: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The backup that was taken before migrations; ``None`` without a complete one."""
    backup = migrations.get("backup")
    return backup if isinstance(backup, Mapping) and backup.get("at") else None


def words(backup: Mapping[str, Any] | None) -> str:
    """``backup <label> taken at <time>: <reference>``; empty without one."""
    if not backup:
        return ""
    reference = f": {backup['reference']}" if backup.get("reference") else ""
    return f"backup {backup.get('label')} taken at {backup.get('at')}{reference}"
