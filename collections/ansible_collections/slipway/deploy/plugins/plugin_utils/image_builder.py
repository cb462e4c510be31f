# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds images in parallel, each step written into the manifest.

First the images are pushed under their commit, which nobody follows. Only when all are there do the tags of the branch
move: a build that fails, or that is interrupted, leaves every tag that somebody follows as it was.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ansible import constants

from ..module_utils.builds.model import INTERRUPTED, BuiltService, Sbom
from ..module_utils.builds.store import Manifest
from ..module_utils.common.errors import SlipwayError
from ..module_utils.common.text import duration, listed, plural
from ..module_utils.files.atomic import filing
from ..module_utils.image.registry import Login
from ..module_utils.image_builds.api import Ecr
from ..module_utils.image_builds.build import Outcome, Work, begin, build, tag
from ..module_utils.image_builds.engines import Push
from ..module_utils.image_builds.model import Planned, Recipe, Seen, plan
from .console import Console
from .context import Context
from .process import Interrupted

_LOOK_UPS = 8
_FORMAT = "CycloneDX"


def observe(context: Context, recipes: Sequence[Recipe], excluded: Sequence[str]) -> tuple[Ecr | None, list[Planned]]:
    """What has to be done for each service, from what the registry has.

    :param excluded: the tags that may move.
    :raises SlipwayErrors: a stable tag has other content, or the registry cannot be read.
    """
    registries = sorted({recipe.image.registry for recipe in recipes})
    if len(registries) > 1:
        what = f"the services have {len(registries)} registries"
        raise SlipwayError(what, "ecr_registry", "Build those of one registry at a time: --limit")
    if not registries:
        return None, []
    ecr = Ecr(context.clients, registries[0], context.written("ecr_registry"))
    there = ecr.repositories()

    def see(recipe: Recipe) -> Seen:
        return ecr.see(there.get(recipe.image.repository), recipe.tags.stable[0], recipe.tags.all)

    with ThreadPoolExecutor(_LOOK_UPS, thread_name_prefix="look-up") as pool:
        seen = dict(zip((recipe.service for recipe in recipes), pool.map(see, recipes), strict=True))
    return ecr, plan(recipes, seen, excluded)


class Builder:
    """One build.

    :param engine: the program that builds; empty if nothing has to be built.
    :param ecr: the registry; ``None`` if no service is reached.
    :param parallel: how many images are built at once.
    :param timeout: seconds for each step of a build.
    """

    def __init__(
        self,
        manifest: Manifest,
        console: Console,
        engine: str,
        ecr: Ecr | None,
        clone: Path,
        parallel: int,
        timeout: float,
    ) -> None:
        self._manifest = manifest
        self._console = console
        self._engine = engine
        self._ecr = ecr
        self._clone = clone
        self._parallel = parallel
        self._timeout = timeout
        self._stop = threading.Event()

    def run(self, planned: Sequence[Planned], excluded: Sequence[str]) -> bool:
        """Carry out the plan to its end; return whether anything changed. The manifest says what failed.

        :raises SlipwayError: the registry, the engine or the store fails as a whole.
        """
        self._note({item.recipe.service: _service(item) for item in planned})
        try:
            changed = self._prepare(planned, excluded)
            if any(item.step != "unchanged" for item in planned):
                self._build(planned)
        except BaseException as error:
            interrupted = isinstance(error, (Interrupted, KeyboardInterrupt))
            # What ended the build is what is reported, even if the store has failed as well.
            with suppress(SlipwayError):
                self._finish("failed", INTERRUPTED if interrupted else None)
            raise
        results = {item.result for item in self._manifest.build.services.values()}
        self._finish("failed" if self._failed() else "built" if "built" in results else "unchanged")
        return changed or any(item.step != "unchanged" for item in planned)

    def _prepare(self, planned: Sequence[Planned], excluded: Sequence[str]) -> bool:
        """Create the repositories, or correct their rules; return whether any changed."""
        if self._ecr is None:
            return False
        repositories = {item.recipe.image.repository: item for item in planned}
        for name, item in repositories.items():
            if item.create:
                self._ecr.create(name, excluded)
            elif item.rule:
                self._ecr.set_rule(name, excluded)
            if item.lifecycle:
                self._ecr.set_lifecycle(name)
        created = [name for name, item in repositories.items() if item.create]
        ruled = [name for name, item in repositories.items() if item.rule and not item.create]
        for what, names in (("created", created), ("made the tags immutable of", ruled)):
            if names:
                self._console.lines([f"{what} {plural(len(names), 'repository', 'repositories')}: {listed(names)}"])
        return any(item.create or item.rule or item.lifecycle for item in planned)

    def _build(self, planned: Sequence[Planned]) -> None:
        with self._work() as work:
            building = [item for item in planned if item.step == "build"]
            if building:
                at_once = min(self._parallel, len(building))
                words = f"building {plural(len(building), 'image')}, {at_once} at once, by {self._engine}"
                self._console.lines([words])
            digests = {item.recipe.service: item.digest for item in planned if item.step != "build"}
            for item, outcome in self._built(work, building):
                digests[item.recipe.service] = outcome.digest
            if all(digests.values()):
                self._tag(work, planned, digests)

    def _built(self, work: Work, building: Sequence[Planned]) -> list[tuple[Planned, Outcome]]:
        done: list[tuple[Planned, Outcome]] = []
        pool = ThreadPoolExecutor(self._parallel, thread_name_prefix="build")
        began = time.monotonic()
        try:
            running: dict[Future[Outcome], Planned] = {pool.submit(build, work, item): item for item in building}
            for future in as_completed(running):
                item, outcome = running[future], future.result()
                done.append((item, outcome))
                word = "FAILED" if outcome.error else "pushed"
                took = duration(time.monotonic() - began)
                self._console.lines([f"{word} {item.recipe.service} after {took}"])
                self._note({item.recipe.service: _after(item, outcome)})
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
        return done

    def _tag(self, work: Work, planned: Sequence[Planned], digests: Mapping[str, str]) -> None:
        """Give the images the tags of their branch: the stable ones of all services first."""
        for stable in (True, False):

            def set_tags(item: Planned, stable: bool = stable) -> tuple[str, BuiltService]:
                name, tags = item.recipe.service, item.recipe.tags
                mine = [one for one in (tags.stable[1:] if stable else tags.moving) if one in item.missing]
                before = self._manifest.build.services[name]
                error = tag(work, item.recipe, digests[name], mine)
                if error:
                    return name, replace(before, result="failed", error=error)
                return name, replace(before, tags=tuple(one for one in tags.all if one in (*before.tags, *mine)))

            with ThreadPoolExecutor(_LOOK_UPS, thread_name_prefix="tag") as pool:
                self._note(dict(pool.map(set_tags, planned)))
            if self._failed():
                return

    @contextmanager
    def _work(self) -> Iterator[Work]:
        if self._ecr is None:
            raise AssertionError("services have a registry")
        login = self._ecr.login()
        found = self._manifest.build
        with filing("make a directory for the build", tempfile.gettempdir()):
            place = Path(tempfile.mkdtemp(prefix="slipway-build-"))
        try:
            work = Work(
                self._engine,
                Push(login.host, login.insecure, str(place / "login")),
                Login(login.basic, insecure=login.insecure),
                self._clone,
                found.source.commit,
                found.source.repository,
                place,
                Path(constants.ANSIBLE_HOME).expanduser() / "slipway" / "builds" / found.id,
                self._timeout,
                self._stop.is_set,
            )
            begin(work, login.password)
            yield work
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _note(self, services: dict[str, BuiltService]) -> None:
        before = self._manifest.build
        self._manifest.write(replace(before, services={**before.services, **services}))

    def _failed(self) -> bool:
        return any(item.result == "failed" for item in self._manifest.build.services.values())

    def _finish(self, result: str, error: str | None = None) -> None:
        self._manifest.finish(replace(self._manifest.build, result=result, error=error))


def _service(item: Planned) -> BuiltService:
    """A service before its build."""
    recipe = item.recipe
    there = item.step != "build"
    return BuiltService(
        commit=recipe.tags.stable[0],
        reasons=recipe.reasons,
        result="unchanged" if there else "not built",
        image=str(recipe.image),
        digest=item.digest if there else None,
        tags=tuple(one for one in recipe.tags.all if one not in item.missing) if there else (),
        sbom=Sbom(_FORMAT, item.sbom) if there and item.sbom else None,
    )


def _after(item: Planned, outcome: Outcome) -> BuiltService:
    before = _service(item)
    if outcome.error:
        return replace(before, result="failed", error=outcome.error, log=outcome.log)
    sbom = Sbom(_FORMAT, outcome.sbom) if outcome.sbom else None
    return replace(before, result="built", digest=outcome.digest, tags=outcome.tags, sbom=sbom, log=outcome.log)
