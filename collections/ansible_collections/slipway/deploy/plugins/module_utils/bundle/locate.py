# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The artifact of a release that the command line names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.errors import calling, error_code, is_aws_error
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError


@dataclass(frozen=True)
class Located:
    """A release's artifact. ``digest`` is ``sha256:`` and hexadecimal digits; the last two may be unknown."""

    tag: str
    branch: str
    key: str
    digest: str
    version: str = ""
    commit: str = ""


def locate(s3: Any, bucket: str, tag: str, branch: str) -> Located:
    """The artifact ``<branch>/<tag>/app.jar`` with the digest beside it.

    :raises SlipwayError: when there is none, or its digest is unknown.
    """
    key = f"{branch}/{tag}/app.jar"
    with calling(f"look for s3://{bucket}/{key}"):
        try:
            found = s3.head_object(Bucket=bucket, Key=key)
            words = s3.get_object(Bucket=bucket, Key=f"{key}.sha256")["Body"].read().decode().split()
        except Exception as error:
            if not is_aws_error(error) or error_code(error) not in {"404", "NoSuchKey", "NotFound"}:
                raise
            remedy = "Correct -e backend_release or backend_branch, or build it"
            raise SlipwayError(
                "there is no such artifact (with app.jar.sha256)", f"s3://{bucket}/{key}", remedy
            ) from error
    metadata = found.get("Metadata", {})
    digest = f"sha256:{words[0] if words else ''}"
    return Located(tag, branch, key, digest, metadata.get("version", ""), metadata.get("commit", ""))
