# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lints the SQL of migrations with squawk, on the control node. See modules/sql_lint.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..module_utils.migration import lint
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.context import Context


class ActionModule(SlipwayAction):
    """A file that could not be linted gets a warning and its own verdict, never a pass."""

    def act(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 - it asks nobody
        """Lint; fail if a finding counts."""
        given = self.arguments
        fail_on = given["fail_on"]
        lint.check_rules(fail_on, "fail_on")
        lint.check_rules(given["breaking"], "breaking")
        if given["unwritten"]:
            linted = lint.Linted(reason=given["unwritten"])
        else:
            linted = lint.lint(given["sql"], given["exclude"], given["postgresql"])
        linted = replace(linted, compatible=frozenset(given["compatible"]), breaking=tuple(given["breaking"]))
        verdict = linted.verdict(fail_on)
        result = {
            "changed": False,
            "verdict": verdict,
            "findings": [item.as_dict() for item in linted.findings],
            "failing": [item.as_dict() for item in linted.failing(fail_on)],
            "reason": linted.reason or None,
            "msg": lint.said(linted, fail_on),
        }
        if verdict == lint.UNVERIFIED:
            result["warnings"] = [result["msg"]]
        return {**result, "failed": True} if verdict == lint.FAILED else result
