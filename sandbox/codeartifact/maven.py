# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Maven registry: paths of a Maven repository.

A release is unfinished until its package's ``maven-metadata.xml`` is uploaded. A snapshot's files have a time stamp:
they are a build. When the version's own metadata is uploaded, the snapshot is published with the build's files, and the
build is unlisted. Checksums verify what they are about and are not kept.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from typing import NamedTuple

from sandbox.codeartifact.store import PUBLISHED, UNFINISHED, UNLISTED, CodeArtifactError, Coordinates, Repository

METADATA = "maven-metadata.xml"
CHECKSUMS = ("md5", "sha1", "sha256", "sha512")
_SNAPSHOT = "-SNAPSHOT"
_STAMP = r"\d{8}\.\d{6}-\d+"


class Place(NamedTuple):
    """What a path means. ``version`` and ``file`` are empty for the list of a package's versions."""

    package: Coordinates
    version: str
    file: str
    checksum: str


def read_path(path: str) -> Place:
    """The meaning of a path below the repository. Raises CodeArtifactError."""
    plain, _dot, ending = path.rpartition(".")
    checksum = ending if ending in CHECKSUMS else ""
    parts = (plain if checksum else path).split("/")
    # The list of versions, unless the directory above is a snapshot's.
    listing = parts[-1] == METADATA and not (len(parts) > 3 and parts[-2].endswith(_SNAPSHOT))
    need = 3 if listing else 4
    if len(parts) < need or not all(parts):
        raise CodeArtifactError("ValidationException", f"{path} is not a path of a Maven repository.")
    if listing:
        return Place(("maven", ".".join(parts[:-2]), parts[-2]), "", "", checksum)
    return Place(("maven", ".".join(parts[:-3]), parts[-3]), parts[-2], parts[-1], checksum)


def put(repository: Repository, path: str, content: bytes, now: float) -> None:
    """Upload a file. Raises CodeArtifactError."""
    place = read_path(path)
    if place.checksum:
        _verify(repository, place, content)
    elif not place.version:
        _list(repository, place, content)
    elif place.version.endswith(_SNAPSHOT):
        _put_snapshot(repository, place, content, now)
    else:
        _check_name(place, place.version)
        repository.begin(place.package, place.version, now).put(place.file, content)


def get(repository: Repository, path: str) -> bytes:
    """Download a file; nobody gets one of an unfinished version. Raises CodeArtifactError."""
    place = read_path(path)
    content = _found(repository, place)
    if place.checksum:
        return hashlib.new(place.checksum, content).hexdigest().encode()
    return content


def _found(repository: Repository, place: Place) -> bytes:
    if not place.version:
        return _listing(repository, place.package)
    version = repository.version(place.package, place.version)
    if version.status not in (PUBLISHED, UNLISTED) or place.file not in version.assets:
        raise CodeArtifactError("ResourceNotFoundException", f"{place.file} does not exist.")
    return version.assets[place.file]


def _check_name(place: Place, version: str) -> None:
    if not re.match(rf"{re.escape(f'{place.package[2]}-{version}')}[-.]", place.file):
        raise CodeArtifactError("ValidationException", f"Invalid asset name {place.file}.")


def _put_snapshot(repository: Repository, place: Place, content: bytes, now: float) -> None:
    base = place.version.removesuffix(_SNAPSHOT)
    if place.file == METADATA:
        _publish_snapshot(repository, place, content, base, now)
        return
    found = re.match(rf"{re.escape(f'{place.package[2]}-{base}-')}({_STAMP})[-.]", place.file)
    if found is None:
        raise CodeArtifactError("ValidationException", f"Invalid name for a Snapshot: {place.file}")
    repository.begin(place.package, f"{base}-{found[1]}", now).put(place.file, content)


def _publish_snapshot(repository: Repository, place: Place, content: bytes, base: str, now: float) -> None:
    root = _parsed(content)
    stamp, number = (root.findtext(f"./versioning/snapshot/{name}") for name in ("timestamp", "buildNumber"))
    build = repository.packages.get(place.package, {}).get(f"{base}-{stamp}-{number}")
    if build is None:
        raise CodeArtifactError("ValidationException", f"The metadata is about a build that does not exist: {stamp}")
    snapshot = repository.begin(place.package, place.version, now)
    snapshot.assets = {**build.assets, METADATA: content}
    snapshot.status, build.status = PUBLISHED, UNLISTED


def _list(repository: Repository, place: Place, content: bytes) -> None:
    listed = {item.text for item in _parsed(content).iterfind("./versioning/versions/version")}
    for name, version in repository.packages.get(place.package, {}).items():
        if name in listed and version.status == UNFINISHED:
            version.status = PUBLISHED


def _listing(repository: Repository, package: Coordinates) -> bytes:
    versions = [name for name, one in repository.versions(package).items() if one.status == PUBLISHED]
    if not versions:
        raise CodeArtifactError("ResourceNotFoundException", "No version is published.")
    root = ET.Element("metadata")
    ET.SubElement(root, "groupId").text, ET.SubElement(root, "artifactId").text = package[1:]
    listed = ET.SubElement(ET.SubElement(root, "versioning"), "versions")
    for name in versions:
        ET.SubElement(listed, "version").text = name
    return ET.tostring(root)


def _verify(repository: Repository, place: Place, content: bytes) -> None:
    if not place.version:
        return  # The list of versions is made here: an uploaded one is not kept.
    version = place.version
    found = re.search(rf"-({_STAMP})[-.]", place.file)
    if version.endswith(_SNAPSHOT) and found:
        version = f"{version.removesuffix(_SNAPSHOT)}-{found[1]}"
    asset = repository.version(place.package, version).assets.get(place.file)
    if asset is None:
        raise CodeArtifactError("ResourceNotFoundException", f"{place.file} does not exist.")
    said = content.decode("ascii", "replace").split()[:1]
    if said != [hashlib.new(place.checksum, asset).hexdigest()]:
        raise CodeArtifactError("ValidationException", f"The checksum of {place.file} does not match.")


def _parsed(content: bytes) -> ET.Element:
    try:
        return ET.fromstring(content)  # noqa: S314  # from this machine's own tests
    except ET.ParseError:
        raise CodeArtifactError("ValidationException", "The metadata is not valid XML.") from None
