# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a project's Maven version from its ``pom.xml``. Pure.

Source: https://maven.apache.org/pom.html#inheritance and https://maven.apache.org/guides/mini/guide-maven-ci-friendly.html
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from ..common.errors import SlipwayError

_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_DEPTH = 10


def maven_version(text: str | bytes, where: str) -> str:
    """The version in a ``pom.xml``: its own, else its parent's.

    :param where: the file and its commit.
    :raises SlipwayError: it is not such a file, or its version is not in it.
    """
    project = parse_project(text, where)
    names = {plain(item): (item.text or "").strip() for item in _child(project, "properties") or ()}
    version = _text(project, "version") or _text(_child(project, "parent"), "version")
    if not version:
        raise SlipwayError("it has no version", where, "Write <version>0.2.0</version> below <project>")
    for _level in range(_DEPTH):
        found = _PROPERTY.search(version)
        if found is None:
            return version
        if not names.get(found[1]):
            remedy = f"Write {found[1]} into its <properties>, or the version itself"
            raise SlipwayError(f"its version is {version}, and {found[1]} is not set in it", where, remedy)
        version = version.replace(found[0], names[found[1]])
    raise SlipwayError("the properties of its version refer to each other", where, "Write the version itself")


def parse_project(content: str | bytes, where: str) -> ET.Element:
    """The ``<project>`` of a ``pom.xml``.

    :param where: the file and its commit.
    :raises SlipwayError: it has a document type declaration, is no XML, or is no Maven project.
    """
    plain_bytes = (content if isinstance(content, bytes) else content.encode(errors="replace")).replace(b"\0", b"")
    if b"<!DOCTYPE" in plain_bytes or b"<!ENTITY" in plain_bytes:
        raise SlipwayError("it has a document type declaration", where, "Remove it: Maven needs none")
    try:
        project = ET.fromstring(content)  # noqa: S314 - it declares no entities
    except (ET.ParseError, ValueError, LookupError) as error:
        raise SlipwayError(f"it is not valid XML ({error})", where, "Correct the file and commit it") from error
    if plain(project) != "project":
        raise SlipwayError(f"it is not a Maven project but <{plain(project)}>", where, "Name another module directory")
    return project


def plain(element: ET.Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _child(element: ET.Element | None, name: str) -> ET.Element | None:
    return next((item for item in element if plain(item) == name), None) if element is not None else None


def _text(element: ET.Element | None, name: str) -> str:
    child = _child(element, name)
    return (child.text or "").strip() if child is not None else ""
