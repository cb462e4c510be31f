# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the bundle of a backend host has besides the project: its release, the release's migrations, and Flyway."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils.artifact.api import resolve_artifact
from ..module_utils.bundle import fetch
from ..module_utils.bundle.archive import Entry
from ..module_utils.bundle.content import Release, schema_version
from ..module_utils.common.command import command
from ..module_utils.common.errors import SlipwayError
from ..module_utils.kinds.backend import BACKEND
from ..module_utils.versions.store import read_version
from .action import display
from .context import Context


def bundled_backend(
    context: Context, given: Mapping[str, Any], root: Path, cache: Path
) -> tuple[Release, dict[str, Entry]]:
    """The release of a bundle, and the files that it needs on a host.

    :param given: the arguments of ``bundle``.
    :param root: the project's directory.
    :param cache: of what was downloaded.
    :raises SlipwayError: when there is no such release, or a part of it cannot be got.
    """
    located = _locate(context, given["release"].strip(), given["branch"].strip(), given["bucket"])
    migrations = _migrations(context, given, located, cache)
    release = Release(
        **located,
        group=BACKEND.name,
        environment=context.environment,
        bucket=given["bucket"],
        infra_commit=fetch.commit_of(root),
        schema=schema_version(migrations),
    )
    return release, {**migrations, **(fetch.flyway(root, cache) if given["migrates"] else {})}


def _locate(context: Context, tag: str, branch: str, bucket: str) -> dict[str, str]:
    """A release's artifact; who only finds it in S3 does not know its commit."""
    if tag:
        found = resolve_artifact(context.clients("s3"), bucket, tag, branch=branch or None, warn=display.warning)
        place = {"branch": found.branch, "key": found.key, "digest": found.digest}
        return {"tag": tag, **place, "version": tag.rpartition("-v")[2], "commit": ""}
    promoted = read_version(context.store, context.environment, BACKEND.name)
    if promoted is None:
        what = f"no release is named, and none is promoted in {context.environment}"
        name = command("bundle", context.environment, backend_release="…")
        promote = command("promote", context.environment, backend_tag="…")
        raise SlipwayError(what, None, f"Name one: {name}. Or promote one: {promote}")
    return {name: getattr(promoted, name) for name in ("tag", "branch", "key", "digest", "version", "commit")}


def _migrations(
    context: Context, given: Mapping[str, Any], located: Mapping[str, str], cache: Path
) -> dict[str, Entry]:
    if not given["migrates"]:
        return {}
    if given["checkout"]:
        return fetch.migrations_of_checkout(Path(given["checkout"]), given["locations"])
    jar = fetch.fetch_jar(context.clients("s3"), given["bucket"], located["key"], located["digest"], cache)
    return fetch.migrations_of_jar(jar, given["locations"])
