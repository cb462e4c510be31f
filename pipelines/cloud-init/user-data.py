#!/usr/bin/env python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""User data of a host: at first boot it fetches the bundle and starts the service. It needs SSM and S3 only.

Replace @env@ by the environment's name. Standard library only, Python 3.8 or newer. The credentials are those of the
instance role (IMDSv2), which needs ssm:GetParameter on /<env>/slipway/bundle and s3:GetObject on the bundle, and the
rights for a deploy of the service. The log is /var/log/slipway/first-boot.log.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ENVIRONMENT = "@env@"
TRIES = 30
LOG = Path("/var/log/slipway/first-boot.log")
BUNDLES = Path("/opt/slipway/bundles")
IMDS = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
# Limits far above the size of a bundle: a few hundred MB in a few thousand files.
CHUNK, MEMBERS, LARGEST = 1 << 20, 50_000, 4 << 30
EMPTY = hashlib.sha256(b"").hexdigest()
Role = dict[str, str]
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def imds(path: str, token: str | None = None) -> str:
    """An answer of the instance metadata service (IMDSv2); without a token, a new token."""
    given = {"X-aws-ec2-metadata-token": token} if token else {"X-aws-ec2-metadata-token-ttl-seconds": "600"}
    asked = urllib.request.Request(IMDS + path, method="GET" if token else "PUT", headers=given)  # noqa: S310
    with DIRECT.open(asked, timeout=5) as answer:
        return str(answer.read().decode())


def identity() -> tuple[str, Role]:
    """The region and the instance role's credentials."""
    token = imds("/latest/api/token")
    region = imds("/latest/meta-data/placement/region", token).strip()
    roles = "/latest/meta-data/iam/security-credentials/"
    role = imds(roles, token).split()[0]
    return region, json.loads(imds(roles + role, token))


def signed(
    service: str, region: str, credentials: Role, url: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> urllib.request.Request:
    """A request with AWS's signature, version 4.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    parts = urllib.parse.urlsplit(url)
    method = "POST" if body else "GET"
    stamp = dt.datetime.now(dt.timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017 - Python 3.8
    digest = hashlib.sha256(body).hexdigest() if body else EMPTY
    given = {
        **(headers or {}),
        "host": parts.netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": stamp,
        "x-amz-security-token": credentials["Token"],
    }
    names = ";".join(sorted(given))
    canonical = "\n".join(
        [
            method,
            parts.path or "/",
            parts.query,
            *(f"{name}:{given[name]}" for name in sorted(given)),
            "",
            names,
            digest,
        ]
    )
    scope = "/".join([stamp[:8], region, service, "aws4_request"])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + credentials["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={credentials['AccessKeyId']}/{scope}"
    given["Authorization"] = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders={names}, Signature={signature}"
    del given["host"]
    return urllib.request.Request(url, data=body or None, method=method, headers=given)  # noqa: S310


def parameter(region: str, credentials: Role) -> tuple[str, str]:
    """Which bundle to boot: its URL and digest, as playbooks/bundle.yml wrote them."""
    name = f"/{ENVIRONMENT}/slipway/bundle"
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"}
    url = (ENDPOINT or f"https://ssm.{region}.amazonaws.com") + "/"
    asked = signed("ssm", region, credentials, url, json.dumps({"Name": name}).encode(), headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        said = json.loads(json.loads(answer.read())["Parameter"]["Value"])
    return said["url"], said["sha256"]


def download(region: str, credentials: Role, url: str, sha256: str, path: Path) -> None:
    """Fetch the bundle and compare its digest."""
    bucket, _, key = url[len("s3://") :].partition("/")
    base = f"{ENDPOINT}/{bucket}" if ENDPOINT else f"https://{bucket}.s3.{region}.amazonaws.com"
    asked = signed("s3", region, credentials, f"{base}/{urllib.parse.quote(key)}")
    found = hashlib.sha256()
    with urllib.request.urlopen(asked, timeout=60) as answer, path.open("wb") as file:  # noqa: S310
        while True:
            part = answer.read(1 << 20)
            if not part:
                break
            found.update(part)
            file.write(part)
    if found.hexdigest() != sha256:
        path.unlink()
        raise ValueError(f"{url} has the digest {found.hexdigest()}, not {sha256}")


def fetched() -> Path:
    """The directory of the unpacked bundle."""
    region, credentials = identity()
    url, sha256 = parameter(region, credentials)
    root = BUNDLES / sha256[:16]
    if (root / ".complete").exists():
        return root
    BUNDLES.mkdir(mode=0o755, parents=True, exist_ok=True)
    packed = BUNDLES / (sha256[:16] + ".tar.gz")
    download(region, credentials, url, sha256, packed)
    shutil.rmtree(str(root), ignore_errors=True)
    unpack(packed, root)
    packed.unlink()
    (root / ".complete").touch()
    return root


class Bounded(gzip.GzipFile):
    """A bundle's bytes. Nothing reads more of them at once, or farther, than a bundle needs."""

    def read(self, size: int | None = -1) -> bytes:
        """Some bytes; tarfile believes whatever size a header states."""
        if size is None or not 0 <= size <= CHUNK or self.tell() > LARGEST:
            raise ValueError(f"the bundle has a header of more than {CHUNK} bytes, or more than {LARGEST} bytes")
        return super().read(size)


def unpack(packed: Path, root: Path) -> None:
    """Write the bundle's plain files below root, and nothing anywhere else."""
    root.mkdir(mode=0o755)
    with Bounded(str(packed)) as source, tarfile.open(fileobj=source, mode="r:") as archive:
        for count, member in enumerate(archive):
            if count >= MEMBERS or member.size > LARGEST:
                raise ValueError(f"the bundle has more than {MEMBERS} files, or a file of more than {LARGEST} bytes")
            parts = member.name.split("/")
            if member.type != tarfile.REGTYPE or {"", ".", ".."}.intersection(parts) or not member.name.isprintable():
                raise ValueError(f"the bundle has {ascii(member.name)[:200]}, which is not a plain file below it")
            path = root.joinpath(*parts)
            path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            with archive.extractfile(member) as content, path.open("xb") as file:  # type: ignore[union-attr]
                shutil.copyfileobj(content, file, CHUNK)
            path.chmod(0o755 if member.mode & 0o100 else 0o644)


def say(line: str) -> None:
    """Write to the log and to the instance's console."""
    print("slipway: " + line, flush=True)


def explain(error: Exception) -> str:
    """An error of a service with its own words, in one line."""
    words = error.read(500).decode("utf-8", "replace") if isinstance(error, urllib.error.HTTPError) else ""
    return " ".join(f"{type(error).__name__}: {error} {words}".split())


def main() -> int:
    """Try until the bundle is here (about ten minutes at most), then hand over to it."""
    LOG.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for attempt in range(1, TRIES + 1):
        try:
            root = fetched()
            break
        except Exception as error:  # noqa: BLE001 - a role that is not attached yet, a network that is not up yet
            say(f"first boot, try {attempt} of {TRIES}: {explain(error)}")
            if attempt == TRIES:
                return 1
            time.sleep(min(2 * attempt, 20) * float(os.environ.get("SLIPWAY_BOOT_PACE", "1")))
    with LOG.open("ab") as log:
        code = subprocess.call([str(root / "hooks" / "hook.sh"), "boot"], stdout=log, stderr=log)
    say(LOG.read_text(errors="replace").strip().splitlines()[-1][len("slipway: ") :])
    return code


if __name__ == "__main__":
    sys.exit(main())
