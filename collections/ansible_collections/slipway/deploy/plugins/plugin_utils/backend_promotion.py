# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backend's release of another environment, in this environment's bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.artifact.api import is_there, resolve_artifact
from ..module_utils.artifact.model import FILENAME, Artifact
from ..module_utils.builds.api import copy_file
from ..module_utils.builds.model import BuiltArtifact
from ..module_utils.builds.promotion import Part, reason_of
from ..module_utils.common.errors import SlipwayError
from ..module_utils.hosts.model import Release
from ..module_utils.kinds.backend import BACKEND
from .action import display
from .context import Context
from .kinds.model import PromotedRelease


def promoted_backend(context: Context, source: Context, host: str, document: Mapping[str, Any]) -> PromotedRelease:
    """The jar that runs in another environment, under the same key of this environment's bucket.

    :raises SlipwayError: it is not where the record says, or this bucket has another one there.
    """
    release = Release.from_record(BACKEND.name, document)
    bucket = str(context.host(host).get("artifact_bucket") or "")
    if not bucket:
        raise SlipwayError("artifact_bucket is not set", context.group_file(host), "Name the bucket of the jars")
    part, copy = promoted_file(context, source, release, bucket, release.tag, FILENAME)
    artifact = BuiltArtifact(
        *(BACKEND.name, release.commit or "", "built", release.version, part.target, release.digest),
        reasons=(reason_of(source.environment, str(document["record"])),),
    )
    return PromotedRelease(replace(part, artifact=artifact), copy)


def promoted_file(
    context: Context, source: Context, release: Release, bucket: str, tag: str, filename: str
) -> tuple[Part, Callable[[], None]]:
    """A file of a release in this environment's bucket, ``<branch>/<tag>/<filename>``.

    :raises SlipwayError: it is not where the record says, or this bucket has another one there.
    """
    found = resolve_artifact(
        *(source.clients("s3"), release.bucket, release.tag),
        branch=release.branch or None,
        digest=release.digest,
        filename=filename,
        warn=display.warning,
    )
    key = f"{found.branch}/{tag}/{filename}"
    present = (bucket, key) == (found.bucket, found.key) or _has(context, found, bucket, tag, filename)
    part = Part(
        name=release.group,
        kind=release.group,
        digest=release.digest,
        runs=tag,
        source=found.place,
        target=f"s3://{bucket}/{key}",
        present=present,
    )
    return part, lambda: copy_file(source.clients("s3"), found, context.clients("s3"), bucket, key)


def _has(context: Context, found: Artifact, bucket: str, tag: str, filename: str) -> bool:
    """Whether this environment's bucket has the same file already.

    :raises SlipwayError: it has another one there.
    """
    s3 = context.clients("s3")
    if not is_there(s3, bucket, f"{found.branch}/{tag}/{filename}"):
        return False
    resolve_artifact(s3, bucket, tag, branch=found.branch, digest=found.digest, filename=filename, warn=display.warning)
    return True
