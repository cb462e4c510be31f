# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports of linters: ruff, ESLint, and squawk for SQL. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ...migration.lint import Linted
from ..model import Finding, Report
from .parse import line, parse_json, rows

# ruff prints an empty list for a path without a file, and only a warning says so.
_NO_FILES = "No Python files found"
_IGNORED = "File ignored"


def ruff(content: bytes, errors: str = "") -> Report:
    """The findings of ``ruff check --output-format=json``, which lists no files without findings."""
    found = tuple(_of_ruff(item) for item in rows(parse_json(content)))
    return Report(found, doubt="ruff found no Python files" if not found and _NO_FILES in errors else "")


def _of_ruff(item: Mapping[str, Any]) -> Finding:
    if "code" not in item or "filename" not in item:
        raise ValueError("a finding has no code or filename")
    place = item.get("location") or {}
    row = place.get("row") if isinstance(place, Mapping) else None
    severity = "warning" if item.get("severity") == "warning" else "error"
    # Before 0.6 a syntax error had no code.
    rule = line(item["code"] or "invalid-syntax")
    return Finding(rule, "", severity, line(item.get("message")), (), str(item["filename"]), _row(row))


def eslint(content: bytes, _errors: str = "") -> Report:
    """The findings of ``eslint --format=json``; a file that its settings ignore was not examined."""
    found: list[Finding] = []
    examined = 0
    for file in rows(parse_json(content)):
        if "filePath" not in file or "messages" not in file:
            raise ValueError("a file has no filePath or messages")
        messages = rows(file["messages"], "messages")
        ignored = [item for item in messages if item.get("ruleId") is None and _is_ignored(item)]
        examined += not ignored
        for item in messages:
            if item not in ignored:
                level = "warning" if item.get("severity") == 1 and not item.get("fatal") else "error"
                rule = line(item.get("ruleId") or "fatal")
                at = (str(file["filePath"]), _row(item.get("line")))
                found.append(Finding(rule, "", level, line(item.get("message")), (), *at))
    return Report(tuple(found), audited=examined)


def _is_ignored(item: Mapping[str, Any]) -> bool:
    return not item.get("fatal") and str(item.get("message")).startswith(_IGNORED)


def _row(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def sql(linted: Linted, fail_on: Collection[str]) -> Report:
    """The findings in SQL; those that do not fail by ``fail_on`` are warnings."""
    failing = linted.failing(fail_on)
    found = tuple(
        Finding(
            item.rule, item.revision, "error" if item in failing else "warning", line(item.message), (), "", item.line
        )
        for item in linted.findings
    )
    return Report(found, doubt=linted.reason)
