# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks the conventions of a repository. See modules/conventions.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.policy.api import Pushed, Source, read_pushed
from ..module_utils.policy.check import SCHEMA, check
from ..module_utils.policy.model import Rules
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.policy import handed, open_source, rules_of


class ActionModule(SlipwayAction):
    """Reads a clone, and what git or a pipeline hands over."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show each branch; what is wrong is the failure."""
        rules = rules_of(context, self.arguments)
        source = open_source(self.arguments, rules)
        found = [check(seen, rules) for seen in self._seen(source, rules)]
        Console(lambda: 0.0).lines([item.line for item in found])
        # A commit may be on several branches that are pushed.
        errors = {str(error): error for item in found for error in item.errors}
        if errors:
            raise SlipwayErrors(errors.values())
        return {"changed": False, "schema": SCHEMA, "branches": [item.document() for item in found]}

    def _seen(self, source: Source, rules: Rules) -> list[Any]:
        message = handed(self.arguments, "message_file", "SLIPWAY_MESSAGE_FILE")
        if message:
            return [source.draft(Path(message))]
        pushed = handed(self.arguments, "push_file", "SLIPWAY_PUSH_FILE")
        branches = read_pushed(Path(pushed)) if pushed else [self._branch(source)]
        return [source.see(branch, rules) for branch in branches]

    def _branch(self, source: Source) -> Pushed:
        """The branch that is named, checked out or built."""
        given = handed(self.arguments, "branch", "SLIPWAY_BRANCH")
        name, target = given or source.branch(), handed(self.arguments, "target", "SLIPWAY_TARGET")
        if not name:
            # A workflow has a commit checked out, not a branch.
            of_tag = os.environ.get("GITHUB_REF_TYPE") == "tag"
            name = os.environ.get("GITHUB_HEAD_REF") or ("" if of_tag else os.environ.get("GITHUB_REF_NAME", ""))
            target = target or os.environ.get("GITHUB_BASE_REF", "")
        if not name:
            remedy = "Name it with -e branch=… or SLIPWAY_BRANCH"
            raise SlipwayError("no branch is checked out, so its name is not known", "branch", remedy)
        return Pushed(name, str(self.arguments["base"]), str(self.arguments["head"]) or "HEAD", target)
