# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the services that a commit changes. See modules/changes.py."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils.changes.api import Base, Repository, detect_changes
from ..module_utils.changes.detect import UNCLAIMED, Choices, Detection, Service
from ..module_utils.changes.document import document, outputs
from ..module_utils.changes.rules import parse_rules
from ..module_utils.common.errors import SlipwayError
from ..module_utils.git.run import Credentials, Git
from ..module_utils.render.changes import changes
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading
from ..plugin_utils.released import find_releases

_OUTPUT = "GITHUB_OUTPUT"


class ActionModule(SlipwayAction):
    """Reads a clone, and the records for what runs."""

    def act(self, context: Context) -> dict[str, Any]:
        """Show the services; they are the result."""
        names = [name for name in context.services if name in context.selected]
        services = [Service(name, _modules(context, name)) for name in names]
        choices = self._choices(context)
        repository = Repository(Git(self._clone(), "the source", Credentials()))
        repository.check()
        force = "asked for by force_full_build" if self.arguments["force"] else ""
        bases = {} if force else self._bases(context, repository, names)
        found = detect_changes(repository, services, bases, str(self.arguments["head"]) or "HEAD", choices, force)
        console = Console(lambda: 0.0)
        console.lines(changes(found, context.environment, choices.unclaimed, console.width))
        _write_outputs(found, os.environ)
        return {"changed": False, **document(found)}

    def _clone(self) -> Path:
        path = str(self.arguments["path"])
        if not path:
            raise SlipwayError("source_path is not set", "source_path", "Name a clone: -e source_path=../backend")
        place = Path(path).expanduser()
        if not place.is_dir():
            raise SlipwayError(
                "there is no such directory", f"source_path ({path[:200]})", "Name a clone of the source"
            )
        return place

    def _choices(self, context: Context) -> Choices:
        unclaimed = str(self.arguments["unclaimed"])
        if unclaimed not in UNCLAIMED:
            where = context.written("changes_unclaimed")
            raise SlipwayError(f"{unclaimed[:40]!r} is neither all nor none", where, "Write all or none")
        rules = parse_rules(self.arguments["rules"], context.services)
        return Choices(rules, unclaimed, bool(boolean(self.arguments["tests"], strict=False)))

    def _bases(self, context: Context, repository: Repository, names: Sequence[str]) -> dict[str, Base]:
        """The commit that each service runs: the given one, else that of the image which the records released."""
        given = str(self.arguments["base"])
        if given:
            # A commit that is gone was rewritten; another word is a mistake.
            if repository.commit(given) is None and not re.fullmatch(r"[0-9a-f]{7,64}", given):
                raise SlipwayError(f"there is no commit {given[:60]!r}", "-e base", "Fetch it, or name another one")
            return dict.fromkeys(names, Base(given))
        begin_reading(context, account=False)
        releases = find_releases(context, names)
        unknown = Base(why=f"what runs is not known: {releases.problem}") if releases.problem else Base()
        return {
            name: repository.built_from(releases.of[name].tag) if name in releases.of else unknown for name in names
        }


def _modules(context: Context, name: str) -> tuple[str, ...]:
    value = context.host(name).get("build_modules", name)
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(item, str) and item for item in found):
        where = f"inventories/{context.environment} (host {name})"
        raise SlipwayError("build_modules is not a list of texts", where, "Write build_modules: [directory]")
    return tuple(found)


def _write_outputs(found: Detection, environ: Mapping[str, str]) -> None:
    path = environ.get(_OUTPUT)
    if path:
        try:
            with Path(path).open("a", encoding="ascii") as file:
                file.write(outputs(found))
        except OSError as error:
            raise SlipwayError(f"the outputs were not written: {error.strerror}", f"{_OUTPUT} ({path})") from error
