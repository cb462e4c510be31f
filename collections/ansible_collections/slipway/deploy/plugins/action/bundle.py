# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the bundle that a host runs by itself. See modules/bundle.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..module_utils.artifact.api import resolve_artifact
from ..module_utils.bundle import api, fetch
from ..module_utils.bundle.archive import Entry
from ..module_utils.bundle.build import Wanted, build
from ..module_utils.bundle.content import LOCATIONS, Release, schema_version
from ..module_utils.common.command import command
from ..module_utils.common.errors import SlipwayError
from ..module_utils.versions.store import read_version
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context


@dataclass(frozen=True)
class _Located:
    """A release's artifact; who only finds it in S3 does not know its version and commit."""

    tag: str
    branch: str
    key: str
    digest: str
    version: str = ""
    commit: str = ""


class ActionModule(SlipwayAction):
    """Works on the control node only; in check mode it says what it would upload."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "release": {"type": "str", "default": ""},
        "branch": {"type": "str", "default": ""},
        "bucket": {"type": "str", "required": True},
        "checkout": {"type": "str", "default": ""},
        "pythons": {"type": "list", "elements": "str", "default": ["3.11", "3.13"]},
        "machines": {"type": "list", "elements": "str", "default": ["x86_64"]},
        "project": {"type": "str", "required": True},
        "directory": {"type": "str", "required": True},
        "upload": {"type": "bool", "default": True},
        "migrates": {"type": "bool", "default": True},
        "locations": {"type": "list", "elements": "str", "default": list(LOCATIONS)},
    }

    def act(self, context: Context) -> dict[str, Any]:
        """Do the work; where the bundle is."""
        given = self.arguments
        context.check_account()
        root, directory = Path(given["project"]).resolve(), Path(given["directory"]).resolve()
        located = self._locate(context)
        migrations = self._migrations(context, located, directory)
        release = Release(
            environment=context.environment,
            tag=located.tag,
            branch=located.branch,
            bucket=given["bucket"],
            key=located.key,
            digest=located.digest,
            version=located.version or located.tag.rpartition("-v")[2],
            commit=located.commit,
            infra_commit=fetch.commit_of(root),
            schema=schema_version(migrations),
        )
        made = build(
            root, release, migrations, Wanted(given["pythons"], given["machines"], given["migrates"]), directory
        )
        key = api.bundle_key(context.environment, made.name)
        url = f"s3://{given['bucket']}/{key}"
        changed = self._publish(context, made.path, key, {"url": url, "sha256": made.digest, "release": release.tag})
        display.display(f"{context.environment}: {made.name} ({made.path.stat().st_size / 1e6:.0f} MB): {made.path}")
        return {
            "changed": changed,
            "bundle": made.name,
            "path": str(made.path),
            "sha256": made.digest,
            "url": url,
            "release": release.document(),
        }

    def _locate(self, context: Context) -> _Located:
        tag, branch = self.arguments["release"].strip(), self.arguments["branch"].strip()
        if tag:
            s3, bucket = context.clients("s3"), self.arguments["bucket"]
            found = resolve_artifact(s3, bucket, tag, branch=branch or None, warn=display.warning)
            return _Located(tag, found.branch, found.key, found.digest)
        promoted = read_version(context.store, context.environment, "backend")
        if promoted is None:
            what = f"no release is named, and none is promoted in {context.environment}"
            name = command("bundle", context.environment, backend_release="…")
            promote = command("promote", context.environment, backend_tag="…")
            raise SlipwayError(what, None, f"Name one: {name}. Or promote one: {promote}")
        return _Located(promoted.tag, promoted.branch, promoted.key, promoted.digest, promoted.version, promoted.commit)

    def _migrations(self, context: Context, located: _Located, directory: Path) -> dict[str, Entry]:
        locations = self.arguments["locations"]
        if not self.arguments["migrates"]:
            return {}
        if self.arguments["checkout"]:
            return fetch.migrations_of_checkout(Path(self.arguments["checkout"]), locations)
        bucket, cache = self.arguments["bucket"], directory / "cache"
        jar = fetch.fetch_jar(context.clients("s3"), bucket, located.key, located.digest, cache)
        return fetch.migrations_of_jar(jar, locations)

    def _publish(self, context: Context, path: Path, key: str, said: Mapping[str, str]) -> bool:
        if not self.arguments["upload"] or self._task.check_mode:
            return bool(self.arguments["upload"])
        put = api.upload(context.clients("s3"), self.arguments["bucket"], key, path, said["sha256"])
        return api.write_parameter(context.clients("ssm"), context.environment, said) or put
