# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes archives, good and bad, and puts a good one into the sandbox's S3: usage: archives.py ENDPOINT DIRECTORY."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import botocore.session
from botocore.exceptions import ClientError

BUCKET = "molecule-sites"
TREE = {"server/app/main.py": "print('archive')", "frontend/package.json": "{}", "frontend/dist/index.html": "<html>"}


def archive(files: dict[str, str], *others: tarfile.TarInfo, above: str = "") -> bytes:
    """A compressed archive, the same each time."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz", compresslevel=1) as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(above + name)
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
        for info in others:
            tar.addfile(info)
    return body.getvalue()


def other(kind: bytes, name: str, target: str = "") -> tarfile.TarInfo:
    """A member that is not a file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def main(endpoint: str, directory: Path) -> None:
    """Make them."""
    good = archive(TREE, above="salitemihret/")
    archives = {
        "good": good,
        "bucket": archive({**TREE, "server/bucket": "x"}),
        "url": archive({**TREE, "server/url": "x"}),
        "large": archive({**TREE, "server/large": "x" * 40_000_000}),
        "truncated": archive({**TREE, "server/x": hashlib.sha256().hexdigest() * 10_000})[:3000],
        "outside": archive({**TREE, "../outside": "x"}),
        "absolute": archive({**TREE, "/etc/outside": "x"}),
        "link": archive(TREE, other(tarfile.SYMTYPE, "server/link", "../../outside")),
        "through": archive({"s/x": "x", **TREE}, other(tarfile.SYMTYPE, "s", "/etc")),
        "device": archive(TREE, other(tarfile.CHRTYPE, "server/null")),
        "text": b"<html>not found",
        "no-server": archive({"frontend/package.json": "{}"}),
    }
    directory.mkdir(exist_ok=True)
    with tarfile.open(directory / "all.tar", "w") as every:
        for name, body in archives.items():
            (directory / f"{name}.tar.gz").write_bytes(body)
            every.add(directory / f"{name}.tar.gz", f"{name}.tar.gz")
    digests = {name: hashlib.sha256(body).hexdigest() for name, body in archives.items()}
    (directory / "digests.json").write_text(json.dumps(digests))
    s3 = botocore.session.Session(session_vars={"profile": (None, None, None, None)}).create_client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",  # noqa: S106
    )
    try:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    key = "deploy/stmary-staging/staging-20261120/site.tar.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=archives["bucket"])
    s3.put_object(Bucket=BUCKET, Key=f"{key}.sha256", Body=f"{digests['bucket']}  site.tar.gz\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
