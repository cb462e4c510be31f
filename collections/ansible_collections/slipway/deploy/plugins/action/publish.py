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
from ..module_utils.publish.api import Bucket, CodeArtifact
from ..module_utils.publish.jars import Jars
from ..module_utils.publish.maven_build import Login, Maven
from ..module_utils.publish.model import BACKEND, MAVEN, NPM, read_target
from ..module_utils.publish.packages import Packages
from ..module_utils.publish.parts import Part, read_packages
from ..module_utils.publish.publisher import Commit, Place, Publisher
from ..module_utils.publish.source import Clone
from ..module_utils.publish.tools import Tool, build_environment
from ..module_utils.publish.work import BUILT, FAILED, Work
from ..module_utils.render.published import published
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.reading import begin_reading


class ActionModule(SlipwayAction):
    """Builds here; a manifest in the state store says what became of each artifact."""

    def act(self, context: Context) -> dict[str, Any]:
        """Build and publish; the manifest is the result."""
        arguments = self.arguments
        clone = Clone.open(str(arguments["path"]))
        commit = clone.commit(str(arguments["head"]) or "HEAD", str(arguments["branch"]), os.environ)
        parts, elsewhere = self._parts(context, clone, commit)
        begin_reading(context)
        console = Console(context.store.now)
        source = Source(clone.remote(), commit.branch, commit.commit)
        manifest = _Manifest(context, Build("", context.environment, "", source))
        work = Work(commit, self._publishers(context, commit), manifest.show)
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
        if work.errors:
            raise SlipwayErrors(work.errors)
        return {"changed": build.result == BUILT, "build": build.id, **_described(build)}

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
        return clone.parts(commit.commit, module, paths)

    def _publishers(self, context: Context, commit: Commit) -> dict[str, Publisher]:
        arguments = self.arguments
        tool = Tool(build_environment(os.environ), float(arguments["timeout"]))
        maven = Maven(commit.time, tool)
        publishers: dict[str, Publisher] = {}
        if arguments["codeartifact"]:
            target = read_target(arguments["codeartifact"], context.written("codeartifact"))
            registry = CodeArtifact(context.clients("codeartifact"), target)
            maven = maven._replace(login=lambda: Login(target, registry.endpoint(MAVEN), registry.token()))

            def now() -> str:
                return datetime.fromtimestamp(context.store.now(), UTC).strftime("%Y%m%d%H%M%S")

            publishers |= dict.fromkeys((MAVEN, NPM), Packages(registry, maven, tool, now))
        if arguments["bucket"]:
            bucket = Bucket(context.clients("s3"), str(arguments["bucket"]))
            publishers[BACKEND] = Jars(bucket, str(arguments["group"]), commit, maven)
        return publishers


class _Manifest:
    """The manifest of this run."""

    def __init__(self, context: Context, build: Build) -> None:
        self._store = context.store
        self._manifest: Manifest | None = None
        self._first = build

    @property
    def build(self) -> Build:
        return self._manifest.build if self._manifest else self._first

    def show(self, artifacts: Mapping[str, BuiltArtifact]) -> None:
        if self._manifest is not None:
            self._manifest.write(replace(self.build, artifacts=dict(artifacts)))

    @contextmanager
    def written(self, work: Work) -> Iterator[None]:
        """Create it, and write its end, whatever happens in the block."""
        self._manifest = Manifest.create(self._store, replace(self._first, artifacts=dict(work.artifacts)))
        try:
            yield
        except BaseException:
            self._manifest.finish(replace(self.build, result=FAILED))
            raise
        self._manifest.finish(replace(self.build, result=work.result, artifacts=dict(work.artifacts)))


def _described(build: Build) -> dict[str, Any]:
    return {"result": build.result, "artifacts": {name: asdict(item) for name, item in build.artifacts.items()}}


def _scratch() -> tempfile.TemporaryDirectory[str]:
    with filing("make a directory for what is built", tempfile.gettempdir()):
        return tempfile.TemporaryDirectory(prefix="slipway-publish-", ignore_cleanup_errors=True)
