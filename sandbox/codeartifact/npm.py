# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The npm registry: publishing, a package's document, and archives.

A version has one asset, so it can be changed only by deleting it first.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.codeartifact.store import PUBLISHED, UNLISTED, CodeArtifactError, Coordinates, Repository

ASSET = "package.tgz"
_NAME = re.compile(r"(?:@(?P<scope>[^/@]+)/)?(?P<name>[^/@]+)")
_ARCHIVE = re.compile(r"(?P<package>.+)/-/[^/]+-(?P<version>\d+\.\d+\.\d+[^/]*)\.tgz")
_SEMVER = re.compile(r"\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_INVALID = "ValidationException"


def coordinates(name: str) -> Coordinates:
    """The package of a name. Raises CodeArtifactError."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise CodeArtifactError("ResourceNotFoundException", f"There is no package {name}.")
    return "npm", found["scope"] or "", found["name"]


def put(repository: Repository, path: str, content: bytes, now: float) -> None:
    """Publish one version. Raises CodeArtifactError."""
    package = coordinates(path)
    try:
        document = json.loads(content)
        ((version, manifest),) = document["versions"].items()
        (attachment,) = document["_attachments"].values()
        archive = base64.b64decode(attachment["data"], validate=True)
        named = document["name"], manifest["name"], manifest["version"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CodeArtifactError(_INVALID, "The document is not one of npm publish.") from None
    if named != (path, path, version) or not _SEMVER.fullmatch(version):
        raise CodeArtifactError(_INVALID, f"{named[1]}@{version} is not a version of {path}.")
    _verify(manifest.get("dist") or {}, archive)
    one = repository.begin(package, version, now)
    one.put(ASSET, archive)
    one.manifest, one.status = manifest, PUBLISHED
    repository.tags.setdefault(package, {}).update(document.get("dist-tags") or {})


def _verify(dist: Mapping[str, Any], archive: bytes) -> None:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    shasum = hashlib.sha1(archive).hexdigest()  # noqa: S324  # npm's own field
    if dist.get("integrity", integrity) != integrity or dist.get("shasum", shasum) != shasum:
        raise CodeArtifactError(_INVALID, "The checksum of the archive does not match.")


def get(repository: Repository, path: str, address: str) -> bytes:
    """A package's document, or an archive. Raises CodeArtifactError."""
    archive = _ARCHIVE.fullmatch(path)
    if archive:
        version = repository.version(coordinates(archive["package"]), archive["version"])
        return version.assets[ASSET]
    package = coordinates(path)
    found = {name: one for name, one in repository.versions(package).items() if one.status in (PUBLISHED, UNLISTED)}
    document = {
        "name": path,
        "dist-tags": {tag: name for tag, name in repository.tags.get(package, {}).items() if name in found},
        "versions": {name: _manifest(one.manifest, path, name, address) for name, one in found.items()},
    }
    return json.dumps(document).encode()


def _manifest(manifest: dict[str, Any], path: str, version: str, address: str) -> dict[str, Any]:
    file = f"{path.rpartition('/')[2]}-{version}.tgz"
    return {**manifest, "dist": {**manifest.get("dist", {}), "tarball": f"{address}{path}/-/{file}"}}
