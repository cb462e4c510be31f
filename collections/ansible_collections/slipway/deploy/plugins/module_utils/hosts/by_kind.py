# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record's documents per kind of host: the only reader that knows records of one kind and of several. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def by_kind(record: Mapping[str, Any], field: str = "migrations") -> dict[str, Mapping[str, Any]]:
    """A record's document for each kind of host: its migrations, or its release's ``notes``.

    The record of one kind has one document, that of several has one for each. Without a release the kind is
    unknown: ``""``.
    """
    found = record.get(field) or {}
    if has_several(record):
        return dict(found)
    return {next(iter(record.get("releases") or ()), ""): found} if found else {}


def has_several(record: Mapping[str, Any]) -> bool:
    """Whether a record has releases of several kinds of host."""
    return len(record.get("releases") or ()) > 1


def of_kind(record: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """A kind's migrations in a record; empty when it has none."""
    found = by_kind(record)
    return found.get(kind) or found.get("") or {}


def with_kind(record: Mapping[str, Any], kind: str, migrations: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record's ``migrations`` with those of a kind changed."""
    return {**(record.get("migrations") or {}), kind: migrations} if has_several(record) else migrations
