# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to S3, answered by a stand-in client."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session

from ansible_collections.slipway.deploy.plugins.module_utils.artifact.api import presigned_url, resolve_artifact
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

BODY = b"PK jar"
DIGEST = hashlib.sha256(BODY).hexdigest()


class FakeS3:
    """S3 with some objects."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = {name.replace("__", "/"): body for name, body in objects.items()}
        self.read: list[str] = []
        self.version: str | None = "v7"

    def put(self, key: str, body: bytes) -> FakeS3:
        self.objects[key] = body
        return self

    def _find(self, key: str, operation: str) -> bytes:
        if key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}, "ResponseMetadata": {"HTTPStatusCode": 404}}, operation)
        return self.objects[key]

    def head_object(self, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:  # noqa: N803
        return {"ContentLength": len(self._find(Key, "HeadObject")), "VersionId": self.version}

    def get_object(self, Bucket: str, Key: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        self.read.append(Key)
        return {"Body": io.BytesIO(self._find(Key, "GetObject"))}

    def get_paginator(self, _name: str) -> Any:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"Contents": [{"Key": key}]} for key in self.objects if key.startswith(Prefix)] + [{}]


def test_the_exact_key_of_a_branch() -> None:
    s3 = FakeS3().put("a/b/v1/app.jar", BODY).put("a/b/v1/app.jar.sha256", f"{DIGEST}  app.jar".encode())
    found = resolve_artifact(s3, "bucket", "v1", branch="a/b")
    assert (found.key, found.branch, found.digest, found.version_id) == (
        "a/b/v1/app.jar",
        "a/b",
        f"sha256:{DIGEST}",
        "v7",
    )
    assert found.known_from == ("a/b/v1/app.jar.sha256",)
    assert s3.read == ["a/b/v1/app.jar.sha256"]


def test_without_a_known_digest_it_is_read_with_a_warning() -> None:
    said: list[str] = []
    s3 = FakeS3().put("main/v1/app.jar", BODY)
    s3.version = "null"
    found = resolve_artifact(s3, "bucket", "v1", branch="main", warn=said.append)
    assert found.digest == f"sha256:{DIGEST}"
    assert found.version_id is None
    assert "no digest is known" in said[0]


def test_on_any_branch() -> None:
    s3 = FakeS3().put("main/v1/app.jar", BODY).put("x/y/v1/app.jar", BODY).put("x/yv1/app.jar", b"")
    assert resolve_artifact(s3, "bucket", "v1", digest=DIGEST).branch == "main"
    s3.put("x/y/v1/app.jar", b"other")
    with pytest.raises(SlipwayError, match="different artifacts"):
        resolve_artifact(s3, "bucket", "v1")


def test_a_sidecar_that_says_otherwise() -> None:
    s3 = FakeS3().put("main/v1/app.jar", BODY).put("main/v1/app.jar.sha256", b"0" * 64)
    with pytest.raises(SlipwayError, match="digests differ"):
        resolve_artifact(s3, "bucket", "v1", branch="main", digest=DIGEST)


def test_an_absent_tag() -> None:
    said = "the tag v2 has no artifact on the branch main.* There are v1: build the tag, or deploy one of these"
    with pytest.raises(SlipwayError, match=said):
        resolve_artifact(FakeS3().put("main/v1/app.jar", BODY), "bucket", "v2", branch="main")


def test_a_url_of_one_version_is_signed_by_version_4() -> None:
    s3 = Session().create_client(
        "s3", region_name="us-east-1", aws_access_key_id="sandbox", aws_secret_access_key="sandbox"
    )
    artifact = resolve_artifact(FakeS3().put("main/v1/app.jar", BODY), "bucket", "v1", branch="main")
    url = presigned_url(s3, artifact, 60)
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "versionId=v7" in url
    assert presigned_url(s3, artifact, 60).count("X-Amz-Signature") == 1
