# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promotes what runs in another environment. See modules/promote_from.py."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from ..module_utils.builds.model import Build
from ..module_utils.builds.promotion import Part, Promotion, build_of, same_as
from ..module_utils.builds.store import Manifest, build_ids, find_build
from ..module_utils.common.command import command
from ..module_utils.common.errors import SlipwayError, raise_all
from ..module_utils.render.promotion import promotion as promotion_screen
from ..plugin_utils.action import SlipwayAction
from ..plugin_utils.console import Console
from ..plugin_utils.context import Context
from ..plugin_utils.other_environment import other_environment
from ..plugin_utils.promotion import WORKERS, Copies, find_promotion
from ..plugin_utils.reading import begin_reading

#: Variables of the promotion of one version of the backend.
_OF_ONE_VERSION = (
    *("backend_tag", "backend_digest", "backend_commit", "backend_path", "infra_path", "infra_commit"),
    *("promote_remote", "promote_token", "promote_ca_file", "promote_older"),
)


class ActionModule(SlipwayAction):
    """Copies images and files, then writes the manifest that a deploy reads."""

    def act(self, context: Context) -> dict[str, Any]:
        """Compare, copy and write; the build is the result."""
        raise_all(
            SlipwayError(f"{name} is for the promotion of one version, not with from", f"-e {name}", "Leave it out")
            for name in _OF_ONE_VERSION
            if name in context.extra
        )
        raise_all(
            SlipwayError(f"{context.environment} has no host of {kind}", f"-e {kind}_release", "Leave it out")
            for kind in self.arguments["tags"]
            if not context.members(kind)
        )
        begin_reading(context)
        source = other_environment(context, self.arguments["from"], "from")
        begin_reading(source)
        promotion, copies = find_promotion(context, source, self.arguments["tags"])
        if not promotion.parts:
            what = f"{source.environment} and {context.environment} have no service and no kind of host in common"
            raise SlipwayError(what, "-e from", "Name another environment")
        console = Console(context.store.now)
        console.lines(promotion_screen(promotion, console.width))
        if not promotion.changes:
            return _result(promotion, None, changed=False)
        wanted = build_of(promotion)
        build = None if promotion.copies else _promoted_already(context, wanted)
        if build is not None:
            console.lines([f"promoted already · {_next(context, build)}"])
            return _result(promotion, build, changed=False)
        if not context.check_mode:
            build = _carry_out(context, wanted, promotion, copies)
            console.lines([_next(context, build)])
        return _result(promotion, build, changed=True)


def _result(promotion: Promotion, build: Build | None, *, changed: bool) -> dict[str, Any]:
    result: dict[str, Any] = {
        "changed": changed,
        "build": build.id if build else "",
        "parts": {part.name: part.digest for part in promotion.parts},
    }
    return {**result, "diff": promotion.diff()} if promotion.changes else result


def _promoted_already(context: Context, wanted: Build) -> Build | None:
    """The newest build of the environment, if it promotes the same."""
    for identity in build_ids(context.store, context.environment)[:1]:
        found = find_build(context.store, context.environment, identity)
        if found is not None and found.usable and same_as(found, wanted):
            return found
    return None


def _carry_out(context: Context, wanted: Build, promotion: Promotion, copies: Copies) -> Build:
    """Copy what is missing, between the first and the last state of the manifest.

    A run that ends in between leaves a manifest that no deploy accepts; the next one copies what is left.
    """
    manifest = Manifest.create(context.store, wanted)
    try:
        _copy_all(promotion.copies, copies)
    except BaseException as error:
        what = str(error) if isinstance(error, SlipwayError) else type(error).__name__
        manifest.finish(replace(_failed(manifest.build, promotion.copies, what), result="failed"))
        raise
    manifest.finish(replace(manifest.build, result="built"))
    return manifest.build


def _failed(build: Build, parts: Iterable[Part], what: str) -> Build:
    names = {part.name for part in parts}
    services = {
        name: replace(item, result="failed", error=what) if name in names else item
        for name, item in build.services.items()
    }
    artifacts = {
        name: replace(item, result="failed", error=what) if name in names else item
        for name, item in build.artifacts.items()
    }
    return replace(build, services=services, artifacts=artifacts)


def _copy_all(parts: Iterable[Part], copies: Copies) -> None:
    """Copy each, several at once.

    :raises SlipwayErrors: a line for each that failed, after the others ended.
    """
    errors: list[SlipwayError] = []
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="copy") as pool:
        for future in [pool.submit(copies[part.name]) for part in parts]:
            try:
                future.result()
            except SlipwayError as error:
                errors.append(error)
    raise_all(errors)


def _next(context: Context, build: Build) -> str:
    return f"build {build.id}: deploy it with {command('deploy', context.environment, build=build.id)}"
