# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Puts artifacts into the sandbox's S3: usage: jars.py ENDPOINT."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from typing import Any

import botocore.session
from botocore.exceptions import ClientError

BUCKET = "molecule-artifacts"
MIB = 1024 * 1024


def jar(version: str, size: int = 1000) -> bytes:
    """A jar of some size, the same each time."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for name, content in (("META-INF/MANIFEST.MF", f"Version: {version}\n"), ("filling", "x" * size)):
            archive.writestr(zipfile.ZipInfo(name), content)
    return body.getvalue()


def client(endpoint: str) -> Any:
    """A client of the sandbox's S3."""
    return botocore.session.Session(session_vars={"profile": (None, None, None, None)}).create_client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106
    )


def main(endpoint: str) -> None:
    """Put them there."""
    s3 = client(endpoint)
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for number in range(1, 8):
        put(s3, f"backend/loginCRM/backend-v0.{number}.0", jar(f"0.{number}.0", MIB))
    put(s3, "main/backend-v0.1.0", jar("0.1.0", MIB))
    put(s3, "main/backend-v0.2.0", jar("another 0.2.0", MIB))
    put(s3, "main/backend-v0.8.0", jar("too large", 40 * MIB))
    put(s3, "main/backend-v0.9.0", b"no jar at all")
    put(s3, "main/backend-v1.0.0", jar("unknown"), sidecar=False)
    body = jar("replaced")
    put(s3, "main/backend-v1.1.0", body, digest=hashlib.sha256(b"what it was").hexdigest())


def put(s3: Any, directory: str, body: bytes, *, sidecar: bool = True, digest: str = "") -> None:
    """Put an artifact and, beside it, its digest."""
    key = f"{directory}/app.jar"
    s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    if sidecar:
        line = f"{digest or hashlib.sha256(body).hexdigest()}  app.jar\n"
        s3.put_object(Bucket=BUCKET, Key=f"{key}.sha256", Body=line.encode())


if __name__ == "__main__":
    main(sys.argv[1])
