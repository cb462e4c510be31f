# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks that a release can be built on a host. See modules/build_check.py."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.build_requirements.arguments import BUILD_CHECK
from ..module_utils.build_requirements.compare import Given, Verdict, compare
from ..module_utils.build_requirements.host_tools import node_version
from ..module_utils.build_requirements.indexes import index_urls
from ..module_utils.build_requirements.model import Needs, Tools
from ..module_utils.common.errors import SlipwayErrors
from ..module_utils.secret_values.source import LOCAL, Secrets
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction


class ActionModule(HostAction):
    """Reads what the host has, and compares it here."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = BUILD_CHECK
    KEPT_HERE = ("npmrc", "indexes")

    def act(self, context: Context) -> dict[str, Any]:
        """Compare; fail with a list of all problems."""
        given = self.arguments
        on_host = given["front_end"] == "host"
        packages = ["python3", *given["packages"]]
        asked = self.on_host(path=given["path"] if on_host else [], packages=packages)
        if asked.get("failed") or asked.get("unreachable"):
            return asked
        needs = Needs.from_document(given["needs"])
        if "python" in asked["built"]:
            needs = replace(needs, python=None)
        if "node" in asked["built"] or given["front_end"] in ("prebuilt", "none"):
            needs = replace(needs, node=None)
        tools = Tools(asked["python_version"], asked["uv_path"], asked["node_version"], asked["candidates"])
        urls = index_urls(given["indexes"])
        builds = Given(context.here, given["python"], given["tool"], given["packages"], given["npmrc"], urls)
        verdict = compare(needs if on_host else replace(needs, node=None), tools, builds)
        if needs.node and given["front_end"] == "control":
            here = Tools(node=node_version(given["path"]))
            found = compare(Needs(node=needs.node), here, replace(builds, host="the control node", installs_node=()))
            verdict = Verdict([*verdict.problems, *found.problems], [*verdict.unknown, *found.unknown])
        if needs.node:
            self._check_tokens(given["npmrc"])
        if verdict.problems:
            raise SlipwayErrors(verdict.problems)
        result: dict[str, Any] = {"changed": False, "unknown": verdict.unknown}
        return {**result, "warnings": [f"not verifiable before the build: {text}" for text in verdict.unknown]}

    def _check_tokens(self, sources: Mapping[str, Any]) -> None:
        """Require the tokens that are stored on this machine; those in AWS are read when they are needed."""
        secrets = Secrets(os.environ)
        for name, source in sources.items():
            if not isinstance(source, Mapping) or set(source) & set(LOCAL):
                secrets.check(source, f"front_end_npmrc.{name}")
