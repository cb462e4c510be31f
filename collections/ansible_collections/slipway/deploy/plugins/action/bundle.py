# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Builds the bundle that a host runs by itself. See modules/bundle.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils.bundle import api
from ..module_utils.bundle.build import Wanted, build
from ..module_utils.bundle.content import LOCATIONS
from ..plugin_utils.action import SlipwayAction, display
from ..plugin_utils.context import Context
from ..plugin_utils.kinds.registry import host_kind


class ActionModule(SlipwayAction):
    """Works on the control node only; in check mode it says what it would upload."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
        "group": {"type": "str", "required": True},
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
        release, parts = host_kind(given["group"]).bundled(context, given, root, directory / "cache")
        made = build(root, release, parts, Wanted(given["pythons"], given["machines"]), directory)
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

    def _publish(self, context: Context, path: Path, key: str, said: Mapping[str, str]) -> bool:
        if not self.arguments["upload"] or self._task.check_mode:
            return bool(self.arguments["upload"])
        put = api.upload(context.clients("s3"), self.arguments["bucket"], key, path, said["sha256"])
        return api.write_parameter(context.clients("ssm"), context.environment, said) or put
