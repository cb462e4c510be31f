# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The artifact that a promotion binds to its tag."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import calling, error_code
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


@dataclass(frozen=True)
class Artifact:
    """An artifact in the bucket.

    :ivar digest: ``sha256:`` and 64 hexadecimal digits.
    """

    key: str
    branch: str
    digest: str


def promoted_artifact(context: Context, bucket: str, tag: str, branch: str, digest: str | None) -> Artifact:
    """The artifact of a tag.

    :param digest: the digest that it must have, ``None`` to take that of what is there.
    :raises SlipwayError: when there is none, or it is another one.
    """
    key = f"{branch}/{tag}/app.jar"
    place = f"s3://{bucket}/{key}"
    s3 = context.clients("s3")
    try:
        with calling(f"reading {place}"):
            head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            found = _recorded(head) or _read(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except SlipwayError as error:
        if error_code(error) not in ("404", "NoSuchKey", "NoSuchBucket"):
            raise
        remedy = "Build the tag first (CodeBuild uploads it), or name its branch with -e backend_branch=…"
        raise SlipwayError("there is no such artifact", place, remedy) from error
    if digest is not None and digest != found:
        raise SlipwayError(f"its digest is {found}, not {digest}", place, "Find out who replaced it; do not promote it")
    return Artifact(key, branch, found)


def _recorded(head: Mapping[str, Any]) -> str | None:
    """The digest that S3 keeps of the whole object, if it does."""
    checksum = head.get("ChecksumSHA256")
    if not checksum or head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "-" in checksum:
        return None
    return f"sha256:{base64.b64decode(checksum).hex()}"


def _read(body: Any) -> str:
    digest = hashlib.sha256()
    for chunk in iter(lambda: body.read(1024 * 1024), b""):
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
