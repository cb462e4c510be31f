# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan's entries about linting the migrations' SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.common.text import listed
from ..module_utils.migration.lint import PASSED, UNVERIFIED


def linted_of(found: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The plan's entry about linting the SQL, which fails by itself: that it passed, or why it is unknown."""
    linted = found.get("linted") or {}
    if linted.get("verdict") == UNVERIFIED:
        return {}, (str(linted.get("msg")),)
    return ({"SQL_lint": True} if linted.get("verdict") == PASSED else {}), ()


def findings_of(found: Mapping[str, Any]) -> tuple[str, ...]:
    """A line for findings that do not prevent the release."""
    findings = (found.get("linted") or {}).get("findings") or ()
    if not findings:
        return ()
    rules = sorted({f"{item['rule']} in {item.get('revision') or 'line ' + str(item['line'])}" for item in findings})
    return (f"the SQL of the migrations: {listed(rules, 200)}; alembic_migration_lint_fail_on says what refuses it",)
