# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a directory in which ``mvn deploy`` put its artifacts: which packages, and in which order to upload them. Pure.

Source of the order: https://docs.aws.amazon.com/codeartifact/latest/ug/maven-snapshots.html and maven-curl.html. A
version is unfinished, and nobody gets it, until ``maven-metadata.xml`` is uploaded: so that comes last.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from typing import Final

from ..common.errors import SlipwayError
from ..git.pom import parse_project, plain
from .model import CHECKSUMS, MAVEN, METADATA, Package, Staged

# <group path>/<artifact>/<version>/<artifact>-<version…>[-<classifier>].<extension>
_FILE: Final = re.compile(r"(?P<group>.+)/(?P<name>[^/]+)/(?P<version>[^/]+)/(?P=name)-[^/]+")
#: The main file of a package is the first of these that it has.
_MAIN: Final = (".jar", ".war", ".ear", ".zip", ".pom")


def packages(digests: Mapping[str, str]) -> list[Staged]:
    """The packages in a directory, sorted.

    :param digests: the SHA-256 of each file in hexadecimal, by its path.
    """
    found: dict[Package, dict[str, str]] = {}
    for path, digest in digests.items():
        match = _FILE.fullmatch(path)
        if match is None or path.endswith(CHECKSUMS):
            continue
        package = Package(MAVEN, match["group"].replace("/", "."), match["name"], match["version"])
        found.setdefault(package, {})[path.rpartition("/")[2]] = digest
    order = sorted(found, key=lambda item: (item.namespace, item.name, item.version))
    return [Staged(item, found[item], f"sha256:{found[item][_main(found[item])]}") for item in order]


def check_pom(package: Package, content: bytes, where: str) -> None:
    """Refuse a published pom whose own or parent's version is a property: who uses the package cannot know its value.

    :param where: the module's file in the source.
    :raises SlipwayError: it is.
    """
    project = parse_project(content, where)
    parents = [item for parent in project if plain(parent) == "parent" for item in parent]
    for item in (*project, *parents):
        if plain(item) == "version" and "${" in (item.text or ""):
            what = f"the pom of {package.title} that Maven publishes has the version {(item.text or '').strip()[:60]}"
            remedy = "Nobody else knows its value: let org.codehaus.mojo:flatten-maven-plugin write it in"
            raise SlipwayError(what, where, remedy)


def _main(assets: Mapping[str, str]) -> str:
    """The shortest name of the best extension: one with a classifier is longer."""

    def rank(name: str) -> tuple[int, int, str]:
        known = next((place for place, ending in enumerate(_MAIN) if name.endswith(ending)), len(_MAIN))
        return known, len(name), name

    return min(assets, key=rank)


def uploads(package: Package, paths: Iterable[str]) -> list[str]:
    """The files of a package in the order of their upload, the package's own metadata not among them.

    :param paths: all files of the directory.
    """
    home = directory_of(package)
    own = [path for path in paths if path.rpartition("/")[0] == home]
    last = [path for path in own if path.rpartition("/")[2].startswith(METADATA)]
    # A file, then its checksums, by which the registry verifies it.
    return [*sorted(path for path in own if path not in last), *sorted(last)]


def directory_of(package: Package) -> str:
    """The directory of a version in a Maven repository."""
    return f"{package.namespace.replace('.', '/')}/{package.name}/{package.version}"


def metadata_of(package: Package) -> str:
    """The path of the file that lists a package's versions."""
    return f"{directory_of(package).rpartition('/')[0]}/{METADATA}"


def merged_metadata(package: Package, current: bytes | None, now: str) -> bytes:
    """The list of a package's versions with this one in it.

    :param current: the registry's list, ``None`` for none.
    :param now: the time as Maven writes it, ``20261130191059``.
    :raises SlipwayError: the registry's list is not such a file.
    """
    versions = _versions(current, metadata_of(package)) if current else []
    if package.version not in versions:
        versions.append(package.version)
    root = ET.Element("metadata")
    for name, text in (("groupId", package.namespace), ("artifactId", package.name)):
        ET.SubElement(root, name).text = text
    versioning = ET.SubElement(root, "versioning")
    if package.stable:
        ET.SubElement(versioning, "latest").text = package.version
        ET.SubElement(versioning, "release").text = package.version
    listed = ET.SubElement(versioning, "versions")
    for version in versions:
        ET.SubElement(listed, "version").text = version
    ET.SubElement(versioning, "lastUpdated").text = now
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _versions(current: bytes, where: str) -> list[str]:
    if b"<!DOCTYPE" in current or b"<!ENTITY" in current:
        raise SlipwayError("the registry's list of versions has a document type declaration", where)
    try:
        root = ET.fromstring(current)  # noqa: S314 - it declares no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise SlipwayError(f"the registry's list of versions is not valid XML ({error})", where) from error
    return [item.text.strip() for item in root.iterfind("./versioning/versions/version") if item.text]
