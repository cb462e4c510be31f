# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one ``pom.xml`` says, nothing inherited and nothing replaced. Pure.

Source: https://maven.apache.org/pom.html and the descriptor https://maven.apache.org/ref/3.9.9/maven-model/maven.html
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..common.errors import SlipwayError
from ..git.pom import parse_project, plain

PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_PLUGINS = "org.apache.maven.plugins"
# Words for people and for what publishes; what is built is the same without them.
_SAID_ONLY = frozenset(
    (
        *("modelVersion", "name", "description", "url", "inceptionYear", "organization", "licenses", "developers"),
        *("contributors", "mailingLists", "prerequisites", "scm", "issueManagement", "ciManagement"),
        *("distributionManagement", "reporting", "reports"),
    )
)
_READ = frozenset(
    (
        *("parent", "groupId", "artifactId", "version", "packaging", "properties", "modules", "dependencies"),
        *("dependencyManagement", "build", "profiles", "subprojects"),
    )
)
_BUILD_READ = frozenset({"plugins", "pluginManagement", "extensions"})


class Piece(NamedTuple):
    """An element without comments and blanks: its name, text and children."""

    name: str
    text: str
    children: tuple[Any, ...]

    def child(self, name: str) -> str:
        """The text of a child, empty when there is none."""
        return next((item.text for item in self.children if item.name == name), "")

    def walk(self, without: str = "") -> Iterator[Piece]:
        """The element and all in it, but for elements of one name."""
        todo = [self]
        while todo:
            piece = todo.pop()
            if piece.name != without or not without:
                yield piece
                todo += piece.children


class Item(NamedTuple):
    """A dependency, plugin or extension.

    :ivar names: the properties that it refers to, anywhere in it.
    :ivar artifacts: what it names in its configuration and dependencies: (group, artifact, version).
    :ivar excluded: ``group:artifact`` of its exclusions.
    :ivar paths: texts of it that may name a file elsewhere.
    """

    group: str
    artifact: str
    version: str
    type: str
    classifier: str
    scope: str
    piece: Piece
    names: frozenset[str]
    inherited: bool
    artifacts: tuple[tuple[str, str, str], ...]
    excluded: frozenset[str]
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A project, or a profile of one.

    :ivar others: the elements that have no field of their own, those of ``<build>`` among them.
    """

    properties: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    dependencies: tuple[Item, ...] = ()
    managed: tuple[Item, ...] = ()
    plugins: tuple[Item, ...] = ()
    managed_plugins: tuple[Item, ...] = ()
    extensions: tuple[Item, ...] = ()
    others: Mapping[str, tuple[Piece, frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """A profile; what activates it is part of everything that it brings."""

    id: str
    activation: Piece
    section: Section


@dataclass(frozen=True)
class Parent:
    """Where a pom inherits from. ``path`` is ``None`` when it is not written, and empty when it says: not from here."""

    group: str
    artifact: str
    version: str
    path: str | None


@dataclass(frozen=True)
class Pom:
    """A file.

    :ivar texts: simple elements by the property's name: ``project.artifactId``, ``project.scm.url``.
    :ivar refers: the properties that it refers to, but for those that only other properties refer to.
    """

    path: str
    artifact: str
    packaging: str
    parent: Parent | None
    section: Section
    profiles: tuple[Profile, ...]
    texts: Mapping[str, str]
    refers: frozenset[str]

    @property
    def sections(self) -> tuple[tuple[Profile | None, Section], ...]:
        """Itself, then each profile."""
        return (None, self.section), *((profile, profile.section) for profile in self.profiles)


def parse_pom(content: bytes, path: str, where: str) -> Pom:
    """A ``pom.xml``.

    :param where: the file and its commit, for errors.
    :raises SlipwayError: when it is not one.
    """
    project = parse_project(content, where)
    try:
        whole = _piece(project)
    except RecursionError:
        raise SlipwayError("it is nested too deeply", where, "Correct the file and commit it") from None
    parts = {item.name: item for item in whole.children}
    parent = parts.get("parent")
    artifact = whole.child("artifactId")
    if not artifact:
        raise SlipwayError("it has no artifactId", where, "Write <artifactId> below <project>")
    profiles = tuple(
        Profile(item.child("id") or "default", _part(item, "activation"), _section(item))
        for item in _part(whole, "profiles").children
    )
    return Pom(
        path,
        artifact,
        whole.child("packaging") or "jar",
        _parent(parent) if parent is not None else None,
        _section(whole),
        profiles,
        dict(_texts(whole)),
        _names(whole, without="properties"),
    )


def _piece(element: ET.Element) -> Piece:
    attributes = tuple(
        Piece(f"@{plain_name(name)}", value, ())
        for name, value in sorted(element.items())
        if plain_name(name) not in ("schemaLocation", "space", "root")
    )
    children = tuple(_piece(item) for item in element if isinstance(item.tag, str))
    return Piece(plain(element), (element.text or "").strip(), (*attributes, *children))


def plain_name(name: str) -> str:
    """An attribute's name without its namespace."""
    return name.rpartition("}")[2]


def _part(piece: Piece, name: str) -> Piece:
    return next((item for item in piece.children if item.name == name), Piece(name, "", ()))


def _names(piece: Piece, without: str = "") -> frozenset[str]:
    return frozenset(name for item in piece.walk(without) if "${" in item.text for name in PROPERTY.findall(item.text))


def _parent(piece: Piece) -> Parent:
    written = [item for item in piece.children if item.name == "relativePath"]
    path = written[0].text if written else None
    return Parent(piece.child("groupId"), piece.child("artifactId"), piece.child("version"), path)


def _section(piece: Piece) -> Section:
    build = _part(piece, "build")
    # Maven 4 calls them subprojects.
    modules = [*_part(piece, "modules").children, *_part(piece, "subprojects").children]
    others = {item.name: item for item in piece.children if item.name not in _READ | _SAID_ONLY | {"id", "activation"}}
    others |= {f"build.{item.name}": item for item in build.children if item.name not in _BUILD_READ}
    return Section(
        {item.name: item.text for item in _part(piece, "properties").children},
        tuple(item.text for item in modules if item.text),
        _items(_part(piece, "dependencies").children),
        _items(_part(_part(piece, "dependencyManagement"), "dependencies").children),
        _items(_part(build, "plugins").children, _PLUGINS),
        _items(_part(_part(build, "pluginManagement"), "plugins").children, _PLUGINS),
        _items(_part(build, "extensions").children),
        {name: (item, _names(item)) for name, item in others.items() if not name.startswith("@")},
    )


def _items(pieces: Iterable[Piece], group: str = "") -> tuple[Item, ...]:
    return tuple(_item(piece, group) for piece in pieces if piece.name in ("dependency", "plugin", "extension"))


def _item(piece: Piece, group: str) -> Item:
    named: list[tuple[str, str, str]] = []
    excluded: set[str] = set()
    for inner in piece.walk():
        if inner is not piece and (artifact := inner.child("artifactId")):
            if inner.name == "exclusion":
                excluded.add(f"{inner.child('groupId')}:{artifact}")
            else:
                named.append((inner.child("groupId"), artifact, inner.child("version")))
    return Item(
        piece.child("groupId") or group,
        piece.child("artifactId"),
        piece.child("version"),
        piece.child("type") or "jar",
        piece.child("classifier"),
        piece.child("scope"),
        piece,
        _names(piece),
        piece.child("inherited") != "false",
        tuple(named),
        frozenset(excluded),
        paths_in(piece),
    )


def paths_in(piece: Piece) -> tuple[str, ...]:
    """The texts of an element that may name a file elsewhere."""
    return tuple(item.text for item in piece.walk() if "${" in item.text or "../" in item.text)


def _texts(project: Piece) -> Iterator[tuple[str, str]]:
    for item in project.children:
        if not item.children:
            yield f"project.{item.name}", item.text
        elif item.name in ("parent", "scm", "organization", "issueManagement", "ciManagement", "build"):
            yield from ((f"project.{item.name}.{child.name}", child.text) for child in item.children)
