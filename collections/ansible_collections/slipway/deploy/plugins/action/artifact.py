# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds a tag's artifact in S3 and has the host download it. See modules/artifact.py."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ..module_utils.artifact.api import presigned_url, resolve_artifact
from ..module_utils.artifact.arguments import ARTIFACT
from ..module_utils.artifact.model import Artifact
from ..plugin_utils.action import display
from ..plugin_utils.context import Context
from ..plugin_utils.on_host import HostAction


class ActionModule(HostAction):
    """The host gets temporary read access to one object, and no other permission."""

    ARGUMENTS: Mapping[str, Mapping[str, Any]] = ARTIFACT

    def act(self, context: Context) -> dict[str, Any]:
        """Find the artifact and download it; return the host's result with what was found."""
        given, s3 = self.arguments, context.clients("s3")
        artifact = resolve_artifact(
            s3,
            given["bucket"],
            given["tag"],
            branch=given["branch"],
            digest=given["digest"],
            filename=given["filename"],
            warn=display.warning,
        )
        path = str(PurePosixPath(given["directory"]) / artifact.release / given["filename"])
        result: dict[str, Any] = {"changed": False}
        if given["state"] == "present":
            source = {
                "url": presigned_url(s3, artifact, given["url_expires"]),
                "name": artifact.place,
                "size": artifact.size,
                "digest": artifact.digest.rpartition(":")[2],
            }
            result = self.on_host({"path": path, "source": source})
        return {**result, "path": path, "links": [{"path": given["link"], "target": path}], **_described(artifact)}


def _described(artifact: Artifact) -> dict[str, Any]:
    return {
        "release": {"id": artifact.release, "tag": artifact.tag, "digest": artifact.digest},
        "artifact": {
            "bucket": artifact.bucket,
            "key": artifact.key,
            "branch": artifact.branch,
            "size": artifact.size,
            "version_id": artifact.version_id,
            "known_from": list(artifact.known_from),
        },
    }
