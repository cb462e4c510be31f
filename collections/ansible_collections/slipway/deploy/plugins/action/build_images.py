# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds and pushes the images of the services that a commit changes. See modules/build_images.py."""

from __future__ import annotations

from typing import Any

from ..module_utils.builds.model import Build, Source, document
from ..module_utils.builds.store import Manifest
from ..module_utils.changes.api import Repository
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import listed
from ..module_utils.git.run import Credentials, Git
from ..module_utils.image_builds.origin import branch_of, source_address
from ..module_utils.image_builds.tags import moving_tags, read_rules
from ..module_utils.render.build import build_lines, plan_lines
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.changed_services import changed_services
from ..plugin_utils.clone import clone_at
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.image_builder import Builder, observe
from ..plugin_utils.image_recipes import check_engine, cores, find_engine, recipes
from ..plugin_utils.reading import begin_reading, whole_number
from ..plugin_utils.workflow import pushed, write_outputs

_MOST = 64
_MOST_SECONDS = 24 * 3600


class ActionModule(SlipwayAction):
    """Everything that can be checked is checked before anything is built."""

    STOPPED = "interrupted: no tag of the branch was set unless all images were pushed; run it again to go on"

    def act(self, context: Context) -> dict[str, Any]:
        """Build what changed; the manifest is the result."""
        arguments = self.arguments
        rules = read_rules(arguments["tags"], context.written("build_tags"))
        parallel = whole_number(arguments["parallel"] or cores(), "build_parallel", _MOST)
        timeout = whole_number(arguments["timeout"], "build_timeout", _MOST_SECONDS)
        asked = check_engine(str(arguments["engine"]), context.written("build_engine"))
        begin_reading(context)
        found, _choices = changed_services(context, arguments)
        clone = clone_at(arguments["path"])
        git = Git(clone, "the source", Credentials())
        branch = branch_of(git, str(arguments["branch"]) or pushed()[0], str(arguments["head"]))

        def read(path: str) -> str:
            return git.ask("cat-file", "blob", f"{found.head}:{path}")[1]

        wanted = recipes(context, found, Repository(git).read(found.head), rules, branch, read)
        ecr, planned = observe(context, wanted, moving_tags(rules))
        needed = any(item.step != "unchanged" for item in planned)
        engine = find_engine(asked, context.written("build_engine")) if needed else ""
        console = Console(lambda: 0.0)
        if context.check_mode:
            rows = [(item.recipe.service, item.step, "; ".join(item.recipe.reasons)) for item in planned]
            ruled = [item.recipe.image.repository for item in planned if item.rule or item.lifecycle]
            console.lines(plan_lines(context.environment, branch, found.head, rows, ruled))
            return {"changed": needed or bool(ruled), "build": None}
        source = Source(source_address(git, str(arguments["repository"])), branch, found.head)
        manifest = Manifest.create(context.store, Build("", context.environment, "", source))
        builder = Builder(manifest, console, engine, ecr, clone, min(parallel, cores()), float(timeout))
        changed = builder.run(planned, moving_tags(rules))
        ended = manifest.build
        console.lines(build_lines(ended, console.width, gates=bool(context.variables.get("quality_gates"))))
        built = any(item.step != "unchanged" for item in planned)
        write_outputs({"build": ended.id, "result": ended.result, "built": built})
        failed = [name for name, item in ended.services.items() if item.result == "failed"]
        if failed:
            where = f"build {ended.id}"
            raise SlipwayError(f"{listed(failed)} failed", where, "See its last lines above; build again to go on")
        return {"changed": changed, "build": ended.id, "manifest": document(ended)}
