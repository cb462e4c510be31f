# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CodeArtifact and S3: what they hold, and what is put there.

Source of the rules: https://docs.aws.amazon.com/codeartifact/latest/ug/packages-overview.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from ..artifact.model import recorded_digest
from ..aws.client import is_loopback
from ..aws.errors import calling, error_code
from ..common.errors import SlipwayError
from ..files.atomic import filing
from .model import MAVEN, PUBLISHED, Held, Package, Target, builds_of

#: Seconds for which a token is valid: an upload takes less, and a token that expires is replaced. AWS's minimum is 900.
TOKEN_SECONDS: Final = 3600
_COMMIT: Final = "slipway-commit"
_ABSENT: Final = {"404", "NoSuchKey", "NotFound"}
_EXISTS: Final = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
# A request of AWS's takes at most so many versions.
_MOST: Final = 100


@dataclass(frozen=True)
class HeldJar:
    """An object in the bucket.

    :ivar digest: ``sha256:…``, ``None`` if S3 has none of the whole object.
    :ivar commit: the commit that it was built from, empty if it is not known.
    """

    digest: str | None
    commit: str


class CodeArtifact:
    """One repository of CodeArtifact.

    :param client: boto3's.
    """

    def __init__(self, client: Any, target: Target) -> None:
        self._client = client
        self.target = target
        self._domain = {"domain": target.domain, **({"domainOwner": target.owner} if target.owner else {})}

    def token(self) -> str:
        """A new token for the registry. It is a secret.

        :raises SlipwayError: AWS gives none: the credentials have expired, say, or the domain does not exist.
        """
        with self._calling(f"get a token for the domain {self.target.domain}"):
            answer = self._client.get_authorization_token(durationSeconds=TOKEN_SECONDS, **self._domain)
        return str(answer["authorizationToken"])

    def endpoint(self, kind: str) -> str:
        """The address of the registry for ``maven`` or ``npm``, with a slash at its end.

        :raises SlipwayError: there is no such repository, or its address must not get a token.
        """
        with self._calling(f"find the repository {self.target.repository}"):
            answer = self._client.get_repository_endpoint(
                repository=self.target.repository, format=kind, **self._domain
            )
        address = str(answer["repositoryEndpoint"])
        if urlsplit(address).scheme != "https" and not is_loopback(address):
            remedy = "Look at what answers instead of AWS: aws_endpoint_url, a proxy"
            raise SlipwayError("the registry's address is not HTTPS, so it gets no token", address, remedy)
        return address.rstrip("/") + "/"

    def held(self, package: Package) -> Held | None:
        """What the registry has of a version; ``None`` for nothing.

        :raises SlipwayError: AWS does not say.
        """
        with self._calling(f"look at {package.title}"):
            try:
                said = self._client.describe_package_version(packageVersion=package.version, **self._of(package))
            except Exception as error:
                if error_code(error) == "ResourceNotFoundException":
                    return self._unfinished(package)
                raise
            status = str(said["packageVersion"]["status"])
            # Others need not have any, and are never compared.
            assets = self._assets(package) if status == PUBLISHED else {}
        return None if status == "Deleted" else Held(status, assets)

    def delete(self, package: Package) -> None:
        """Delete a version, with the builds of a snapshot.

        :raises SlipwayError: AWS refuses one.
        """
        with self._calling(f"delete {package.title}"):
            versions = builds_of(package, [name for name, _status in self._versions(package)])
            for first in range(0, len(versions), _MOST):
                some = versions[first : first + _MOST]
                answer = self._client.delete_package_versions(versions=some, **self._of(package))
                failed = {
                    version: problem
                    for version, problem in (answer.get("failedVersions") or {}).items()
                    # Another run was faster.
                    if problem.get("errorCode") not in ("NOT_FOUND", "SKIPPED")
                }
                for version, problem in failed.items():
                    what = f"CodeArtifact does not delete {version} ({problem.get('errorCode')})"
                    raise SlipwayError(what, self.target.location(package), "Look at its status there")

    def _unfinished(self, package: Package) -> Held | None:
        """A snapshot without a version of its own may have builds whose upload was broken off."""
        if package.format != MAVEN or package.stable:
            return None
        builds = builds_of(package, [name for name, _status in self._versions(package)])
        return Held("Unfinished", {}) if builds else None

    def _assets(self, package: Package) -> dict[str, str]:
        pages = self._client.get_paginator("list_package_version_assets").paginate(
            packageVersion=package.version, **self._of(package)
        )
        return {
            str(asset["name"]): str(asset["hashes"]["SHA-256"]) for page in pages for asset in page.get("assets") or ()
        }

    def _versions(self, package: Package) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("list_package_versions").paginate(**self._of(package))
        try:
            for page in pages:
                for version in page.get("versions") or ():
                    yield str(version["version"]), str(version["status"])
        except Exception as error:
            if error_code(error) != "ResourceNotFoundException":
                raise

    def _of(self, package: Package) -> dict[str, str]:
        named = {"repository": self.target.repository, "format": package.format, "package": package.name}
        return {**self._domain, **named, **({"namespace": package.namespace} if package.namespace else {})}

    def _calling(self, doing: str) -> Any:
        return calling(f"{doing} in CodeArtifact")


@dataclass
class Bucket:
    """The bucket of the jars, ``<branch>/<tag>/app.jar``."""

    client: Any = field(repr=False)
    name: str = ""

    def held(self, key: str) -> HeldJar | None:
        """What the bucket has under a key.

        :raises SlipwayError: S3 does not say.
        """
        try:
            with calling(f"look at s3://{self.name}/{key}"):
                head = self.client.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        except SlipwayError as error:
            if error_code(error) in _ABSENT:
                self._check()
                return None
            raise
        return HeldJar(recorded_digest(head), str((head.get("Metadata") or {}).get(_COMMIT, "")))

    def put(self, key: str, path: Path, digest: str, commit: str) -> bool:
        """Upload a jar in one step, unless the key exists; return whether it was uploaded.

        S3 verifies the digest and keeps it with the object.

        :raises SlipwayError: S3 or the disk refuses; then there is nothing under the key.
        """
        checksum = base64.b64encode(bytes.fromhex(digest.rpartition(":")[2])).decode()
        with filing("read the jar", path), path.open("rb") as body:
            try:
                with calling(f"upload s3://{self.name}/{key}"):
                    self.client.put_object(
                        Bucket=self.name,
                        Key=key,
                        Body=body,
                        ChecksumAlgorithm="SHA256",
                        ChecksumSHA256=checksum,
                        ContentType="application/java-archive",
                        Metadata={_COMMIT: commit},
                        IfNoneMatch="*",
                    )
            except SlipwayError as error:
                if error_code(error) in _EXISTS:
                    return False
                raise
        return True

    def _check(self) -> None:
        """A HEAD has no body, so it does not tell a missing bucket from a missing object."""
        with calling(f"look at the bucket {self.name}"):
            self.client.list_objects_v2(Bucket=self.name, MaxKeys=1)
