# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the changelog of a repository. See modules/changelog.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..module_utils.common.errors import SlipwayError
from ..module_utils.files.atomic import filing, write_atomic
from ..module_utils.gates.tags import PREFIXES
from ..module_utils.policy.cliff import changelog, changelog_path, check_replaceable
from ..module_utils.policy.release import VERSION
from ..module_utils.policy.tags import day_pattern, version_pattern
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.policy import clone_of, day_prefix, open_source, rules_of


class ActionModule(SlipwayAction):
    """Reads a clone; writes one file of it, if that is named."""

    def act(self, context: Context) -> dict[str, Any]:
        """Write the file, or show what is not released yet."""
        rules = rules_of(context, self.arguments)
        source = open_source(self.arguments, rules)
        source.resolve("HEAD")
        source.refuse_shallow()
        place = clone_of(self.arguments)
        config = Path(str(self.arguments["config"]))
        file = str(self.arguments["file"])
        path = changelog_path(place, file) if file else place
        kind = str(self.arguments["tag"]) or VERSION
        days = dict.fromkeys((*PREFIXES.values(), day_prefix(context) or "prod"))
        if kind not in (VERSION, *days):
            raise SlipwayError(f"no tags begin with {kind[:60]!r}", "-e tag", f"Write {VERSION}, {' or '.join(days)}")
        pattern = version_pattern(rules.tag_prefix) if kind == VERSION else day_pattern(kind)
        text = changelog(place, config, pattern, unreleased=not file)
        if not file:
            Console(lambda: 0.0).lines(text.splitlines() or ["everything is released"])
            return {"changed": False, "text": text}
        return self._written(context, path, text)

    def _written(self, context: Context, path: Path, text: str) -> dict[str, Any]:
        with filing("read it", path):
            before = path.read_text("utf-8", "replace") if path.exists() else ""
        check_replaceable(path, before, text)
        if before != text and not context.check_mode:
            write_atomic(path, text.encode(), path.stat().st_mode & 0o777 if path.exists() else 0o644)
        state = "is up to date" if before == text else "would be written" if context.check_mode else "was written"
        Console(lambda: 0.0).lines([f"{path} {state}"])
        difference = {"before": before, "after": text, "before_header": str(path), "after_header": str(path)}
        return {"changed": before != text, "text": text, "diff": difference}
