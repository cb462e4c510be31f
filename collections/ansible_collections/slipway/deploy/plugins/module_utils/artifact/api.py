# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds artifacts in S3."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from ..aws.errors import calling, error_code
from ..common.errors import SlipwayError
from .model import (
    FILENAME,
    Artifact,
    absent,
    agreed,
    branch_of,
    check_tag,
    matching_keys,
    one_of,
    read_digest,
    recorded_digest,
)

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_CHUNK = 1024 * 1024
_SIDECAR_LIMIT = 4096


def resolve_artifact(
    s3: Any,
    bucket: str,
    tag: str,
    *,
    branch: str | None = None,
    digest: str | None = None,
    filename: str = FILENAME,
    warn: Callable[[str], None] = lambda _line: None,
) -> Artifact:
    """The artifact of a tag.

    :param branch: the branch that built it, or ``None`` for all branches.
    :param digest: the expected digest, or ``None``.
    :param warn: called if the digest is not recorded and the object itself must be read.
    :raises SlipwayError: there is none; branches have different ones; those who know its digest disagree.
    """
    tag, branch = check_tag(tag), (branch or "").strip("/") or None
    given = read_digest(digest, "the given digest") if digest else None
    keys = [f"{branch}/{tag}/{filename}"] if branch else matching_keys(_keys(s3, bucket), tag, filename)
    found = []
    for key in keys:
        head = _head(s3, bucket, key)
        if head is not None:
            found.append(_artifact(s3, bucket, key, head, (tag, filename, given, warn)))
    if not found:
        raise absent(bucket, tag, branch, _keys(s3, bucket, f"{branch}/" if branch else ""), filename)
    return one_of(found)


def is_there(s3: Any, bucket: str, key: str) -> bool:
    """Whether a bucket has a key.

    :raises SlipwayError: S3 does not answer, or the bucket does not exist.
    """
    if _head(s3, bucket, key) is not None:
        return True
    # HEAD of a bucket that does not exist has the same answer.
    _keys(s3, bucket, key)
    return False


def presigned_url(s3: Any, artifact: Artifact, seconds: int) -> str:
    """A URL that gives its holder read access to this object only.

    :param seconds: its validity.
    """
    # botocore signs URLs with version 2 by default, which neither newer regions nor KMS-encrypted objects accept.
    s3.meta.events.register_first("choose-signer.s3.GetObject", _version_4, unique_id="slipway-presign")
    parameters = {"Bucket": artifact.bucket, "Key": artifact.key}
    if artifact.version_id:
        parameters["VersionId"] = artifact.version_id
    with calling(f"sign a URL of {artifact.place}"):
        return str(s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds))


def _version_4(signature_version: Any = None, **_others: Any) -> str | None:
    return "s3v4-query" if str(signature_version).endswith("-query") else None


def _artifact(
    s3: Any, bucket: str, key: str, head: Mapping[str, Any], asked: tuple[str, str, str | None, Callable[[str], None]]
) -> Artifact:
    tag, filename, given, warn = asked
    place, version = f"s3://{bucket}/{key}", head.get("VersionId")
    said = {"the given digest": given, f"{key}.sha256": _sidecar(s3, bucket, key), "S3": recorded_digest(head)}
    known = {who: digest for who, digest in said.items() if digest is not None}
    digest = agreed(known, place)
    if digest is None:
        warn(f"{place}: no digest is known, neither {key}.sha256 nor a checksum of S3's; it was read to have one")
        digest = _read_digest(s3, bucket, key, version)
        known = {"the object itself": digest}
    return Artifact(
        bucket,
        key,
        branch_of(key, tag, filename),
        tag,
        digest,
        int(head["ContentLength"]),
        None if version in (None, "null") else str(version),
        tuple(known),
    )


def _keys(s3: Any, bucket: str, prefix: str = "") -> list[str]:
    with calling(f"list s3://{bucket}/{prefix}"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [str(item["Key"]) for page in pages for item in page.get("Contents") or ()]


def _head(s3: Any, bucket: str, key: str) -> Mapping[str, Any] | None:
    try:
        with calling(f"look at s3://{bucket}/{key}"):
            head: Mapping[str, Any] = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            return head
    except SlipwayError as error:
        # HEAD has no body: the listing that follows reports a bucket that does not exist.
        if error_code(error) in _ABSENT:
            return None
        raise


def _sidecar(s3: Any, bucket: str, key: str) -> str | None:
    name = f"{key}.sha256"
    try:
        with calling(f"read s3://{bucket}/{name}"):
            text = s3.get_object(Bucket=bucket, Key=name)["Body"].read(_SIDECAR_LIMIT).decode(errors="replace")
    except SlipwayError as error:
        if error_code(error) in _ABSENT:
            return None
        raise
    return read_digest(text, f"s3://{bucket}/{name}")


def _read_digest(s3: Any, bucket: str, key: str, version: Any) -> str:
    digest = hashlib.sha256()
    pinned = {"VersionId": version} if version else {}
    with calling(f"read s3://{bucket}/{key}"):
        body = s3.get_object(Bucket=bucket, Key=key, **pinned)["Body"]
        for chunk in iter(lambda: body.read(_CHUNK), b""):
            digest.update(chunk)
    return f"sha256:{digest.hexdigest()}"
