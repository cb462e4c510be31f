# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Publishes the artifacts of a commit. See modules/publish.py."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..module_utils.builds.model import Build, BuiltArtifact, Source
from ..module_utils.builds.store import Manifest
from ..module_utils.common.errors import SlipwayError, SlipwayErrors
from ..module_utils.files.atomic import filing
from ..module_utils.git.worktree import checked_out
from ..module_utils.programs.environment import build_environment
from ..module_utils.publish.model import UNCHANGED, read_target
from ..module_utils.publish.parts import Part, read_packages
from ..module_utils.publish.publisher import Commit, Place, Publisher
from ..module_utils.publish.publishers import make_publishers
from ..module_utils.publish.source import Clone
from ..module_utils.publish.tools import Tool
from ..module_utils.publish.work import BUILT, FAILED, Work
from ..module_utils.render.published import published
from ..module_utils.state.store import Store
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.policy import clone_of, handed, rules_of
from ..plugin_utils.reading import begin_reading, whole_number
from ..plugin_utils.workflow import pushed, write_outputs

_MOST_SECONDS = 24 * 3600


class ActionModule(SlipwayAction):
    """Builds here; a manifest in the state store says what became of each artifact."""

    def act(self, context: Context) -> dict[str, Any]:
        """Build and publish; the manifest is the result."""
        arguments = self.arguments
        clone = Clone(clone_of(arguments), rules_of(context, arguments) if arguments["rules"] else None)
        branch, tag = pushed()
        branch = handed(arguments, "branch", "SLIPWAY_BRANCH") or branch or (clone.main() if tag else "")
        commit = clone.commit(str(arguments["head"]), branch)
        parts, elsewhere = self._parts(context, clone, commit)
        if tag:
            clone.check_tag(tag, commit, parts, str(arguments["group"]))
        begin_reading(context)
        console = Console(context.store.now)
        source = Source(clone.address(str(arguments["source"])), commit.branch, commit.commit)
        manifest = _Manifest(context.store, str(arguments["build"]), Build("", context.environment, "", source))
        work = Work(commit, self._publishers(context, clone, commit), manifest.show, lambda line: console.lines([line]))
        left = work.left(parts)
        if context.check_mode:
            console.lines(f"would build and publish {part.name} ({part.path or '.'})" for part in left)
            return {"changed": bool(left)}
        with manifest.written(work):
            if left:
                with _scratch() as scratch, checked_out(clone.git, commit.commit) as checkout:
                    work.run(left, Place(checkout, Path(scratch)))
        build = manifest.build
        console.lines(published(build, elsewhere, console.width))
        write_outputs({"build": build.id, "result": build.result, "built": work.result == BUILT})
        if work.errors:
            raise SlipwayErrors(work.errors)
        return {"changed": work.result == BUILT, "build": build.id, **_described(build)}

    def _parts(self, context: Context, clone: Clone, commit: Commit) -> tuple[tuple[Part, ...], list[str]]:
        arguments = self.arguments
        paths = read_packages(arguments["packages"], context.written("publish_packages"))
        if paths and not arguments["codeartifact"]:
            remedy = "Write codeartifact: {domain: …, repository: …}"
            raise SlipwayError("codeartifact is not set", context.written("codeartifact"), remedy)
        module = str(arguments["module"]) if arguments["bucket"] else None
        if module is None and not paths:
            remedy = "Set artifact_bucket (and backend_module), or codeartifact and publish_packages"
            raise SlipwayError("nothing is published here", context.written("publish_packages"), remedy)
        return clone.parts(commit, module, paths)

    def _publishers(self, context: Context, clone: Clone, commit: Commit) -> dict[str, Publisher]:
        arguments = self.arguments
        target = arguments["codeartifact"]

        def now() -> str:
            return datetime.fromtimestamp(context.store.now(), UTC).strftime("%Y%m%d%H%M%S")

        return make_publishers(
            context.clients,
            commit,
            Tool(build_environment(os.environ), whole_number(arguments["timeout"], "build_timeout", _MOST_SECONDS)),
            now,
            bucket=str(arguments["bucket"]),
            group=str(arguments["group"]),
            target=read_target(target, context.written("codeartifact")) if target else None,
            check=lambda version, where: clone.check(version, commit, where, library=True),
        )


class _Manifest:
    """The manifest of this run: a new one, or that of a build which gets artifacts besides.

    :param identity: the build; empty for a new one.
    :param first: the new one.
    """

    def __init__(self, store: Store, identity: str, first: Build) -> None:
        self._store = store
        self._first = first
        self._manifest = Manifest.open(store, first.environment, identity) if identity else None
        # What the build's services ended as. Artifacts that fail make it a failed build.
        self._before = self.build.result if identity else UNCHANGED
        if identity and self.build.source.commit != first.source.commit:
            what = f"build {identity} is of commit {self.build.source.commit[:12]}, not {first.source.commit[:12]}"
            raise SlipwayError(what, "-e build", "Name the build of this commit, or leave it out")
        if self._before == "running":
            remedy = "Wait for it; if it was killed, build again"
            raise SlipwayError(f"build {identity} has not ended", "-e build", remedy)

    @property
    def build(self) -> Build:
        return self._manifest.build if self._manifest else self._first

    def show(self, artifacts: Mapping[str, BuiltArtifact]) -> None:
        if self._manifest is not None:
            self._manifest.write(self._with(artifacts))

    @contextmanager
    def written(self, work: Work) -> Iterator[None]:
        """Write it before the block and after it, whatever happens in between."""
        if self._manifest is None:
            self._manifest = Manifest.create(self._store, self._with(work.artifacts))
        else:
            self._manifest.write(replace(self._with(work.artifacts), result="running", finished=None))
        try:
            yield
        except BaseException:
            self._manifest.finish(replace(self.build, result=FAILED))
            raise
        results = {self._before, work.result}
        result = next((name for name in (FAILED, BUILT) if name in results), UNCHANGED)
        self._manifest.finish(replace(self._with(work.artifacts), result=result))

    def _with(self, artifacts: Mapping[str, BuiltArtifact]) -> Build:
        return replace(self.build, artifacts={**self.build.artifacts, **artifacts})


def _described(build: Build) -> dict[str, Any]:
    return {"result": build.result, "artifacts": {name: asdict(item) for name, item in build.artifacts.items()}}


def _scratch() -> tempfile.TemporaryDirectory[str]:
    with filing("make a directory for what is built", tempfile.gettempdir()):
        return tempfile.TemporaryDirectory(prefix="slipway-publish-", ignore_cleanup_errors=True)
