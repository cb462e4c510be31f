# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commits, build units and how they use each other. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

#: What is reached of a unit: what it ships, or only its tests.
Flavour = Literal["main", "test"]
SYMLINK = "120000"
SUBMODULE = "160000"


class Entry(NamedTuple):
    """A file of a commit's tree. ``blob`` names its content: files with the same one have the same content."""

    mode: str
    blob: str


@dataclass(frozen=True)
class Snapshot:
    """A commit's files, with the contents of those that describe the build.

    :ivar files: by path from the repository's root.
    """

    commit: str
    files: Mapping[str, Entry]
    contents: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def directories(self) -> frozenset[str]:
        """All directories that hold a file, ``""`` for the root."""
        found: set[str] = {""}
        for path in self.files:
            directory = posixpath.dirname(path)
            while directory not in found:
                found.add(directory)
                directory = posixpath.dirname(directory)
        return frozenset(found)

    def where(self, path: str) -> str:
        """What to name in an error about a file."""
        return f"{path} at {self.commit[:12]}"


class Change(NamedTuple):
    """A file that differs between two commits; a renamed one has two paths.

    :ivar status: git's letter.
    :ivar old: its path at the base, ``None`` for a new one.
    :ivar new: its path at the head, ``None`` for a deleted one.
    :ivar submodule: it is a submodule, whose files are in another repository.
    """

    status: str
    old: str | None
    new: str | None
    submodule: bool = False

    @property
    def path(self) -> str:
        """The path to name."""
        return self.new or self.old or ""


class Fact(NamedTuple):
    """One thing that a unit's build depends on, beside its files. Two are the same when their values are.

    :ivar what: ``dependency org.postgresql:postgresql``.
    :ivar value: what counts.
    :ivar said: what files say of it, each with the file.
    :ivar properties: what these refer to: a name, its value, and the file that sets it.
    :ivar shown: its value in one word, if there is one: a version.
    :ivar flavour: what of the unit it is about.
    """

    what: str
    value: object
    said: tuple[tuple[object, str], ...] = ()
    properties: tuple[tuple[str, str, str], ...] = ()
    shown: str = ""
    flavour: Flavour = "main"


Facts = Mapping[tuple[str, ...], Fact]


class Lazily(Mapping[str, Facts]):
    """What is found out of a unit when it is asked for: most changes need it of few."""

    def __init__(self, units: Iterable[str], find: Callable[[str], Facts]) -> None:
        self._units = frozenset(units)
        self._find = find
        self._found: dict[str, Facts] = {}

    def __getitem__(self, unit: str) -> Facts:
        if unit not in self._units:
            raise KeyError(unit)
        if unit not in self._found:
            self._found[unit] = self._find(unit)
        return self._found[unit]

    def __iter__(self) -> Iterator[str]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)


class Edge(NamedTuple):
    """A unit uses another one.

    :ivar how: ``depends``, ``inherits`` (a parent), ``imports`` (a BOM).
    :ivar tests: it takes the other's tests (a test-jar).
    :ivar scope: of which of the user's flavours this is.
    :ivar certain: the build tool sees it the same way, whatever profiles are active.
    """

    user: str
    used: str
    how: Literal["depends", "inherits", "imports"] = "depends"
    tests: bool = False
    scope: Flavour = "main"
    certain: bool = True


@dataclass(frozen=True)
class Unit:
    """What is built as one: a Maven module, a workspace, or a directory.

    :ivar id: its manifest's path; a directory's own path with a slash at its end.
    :ivar names: how a service may name it.
    :ivar whole: every file below its directory is its own, if no unit further down has it; else only its manifest and
        ``src/`` are.
    :ivar tests: directories and files (prefixes of paths) that only its tests read.
    :ivar claims: files and directories elsewhere that it reads.
    :ivar test_files: an expression for the names of test files, from its directory.
    :ivar within: its files belong to the unit around it as well.
    :ivar handed_down: units that inherit from it read its files.
    """

    id: str
    name: str
    directory: str
    names: frozenset[str] = frozenset()
    whole: bool = True
    tests: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    test_files: str = ""
    within: bool = False
    handed_down: bool = True


class Shared(NamedTuple):
    """Files that all units of a build read.

    :ivar path: a file, or a directory with a slash at its end.
    :ivar root: the directory of the build; units below it are meant.
    """

    path: str
    root: str
    why: str


@dataclass(frozen=True)
class Graph:
    """The units of a commit.

    :ivar facts: of each unit.
    :ivar properties: a unit's, each with the file that sets it; ``referred`` are the names that any file refers to.
    :ivar managed: versions that a unit's manifest sets for others, by what they are of.
    :ivar scope: the units that such a version holds for, by the unit that sets it.
    :ivar understood: files whose content is compared as facts, so that their mere change says nothing.
    :ivar locks: what each lock file resolves; see :mod:`.locks`.
    :ivar systems: which build tools there are: (directory, name).
    :ivar notes: what a person should know of it.
    :ivar links: the symbolic links to a file or directory.
    """

    units: Mapping[str, Unit] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()
    facts: Mapping[str, Facts] = field(default_factory=dict)
    properties: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    referred: frozenset[str] = frozenset()
    managed: Mapping[str, Facts] = field(default_factory=dict)
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shared: tuple[Shared, ...] = ()
    understood: frozenset[str] = frozenset()
    locks: Mapping[str, object] = field(default_factory=dict)
    systems: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()
    links: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def joined(self, other: Graph) -> Graph:
        """Both together; a repository may have several build tools."""
        return Graph(
            {**self.units, **other.units},
            (*self.edges, *other.edges),
            _either(self.facts, other.facts),
            {**self.properties, **other.properties},
            self.referred | other.referred,
            _either(self.managed, other.managed),
            {**self.scope, **other.scope},
            (*self.shared, *other.shared),
            self.understood | other.understood,
            {**self.locks, **other.locks},
            self.systems | other.systems,
            (*self.notes, *other.notes),
        )

    @cached_property
    def _by_directory(self) -> Mapping[str, list[Unit]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            found.setdefault(unit.directory, []).append(unit)
        return found

    @cached_property
    def _by_claim(self) -> Mapping[str, list[Unit]]:
        found: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            for claim in unit.claims:
                found.setdefault(claim, []).append(unit)
        return found

    def owners(self, path: str) -> list[Unit]:
        """The units that a file belongs to: the innermost one around it, and those that claim it from elsewhere."""
        found = self._inside(path)
        for place in upwards(path):
            for link in self.links.get(place, ()):
                found += self._inside(link)
        return list(dict.fromkeys(found))

    def _inside(self, path: str) -> list[Unit]:
        found = [unit for place in upwards(path) for unit in self._by_claim.get(place, ())]
        for place in upwards(posixpath.dirname(path)):
            mine = [unit for unit in self._by_directory.get(place, ()) if _owns(unit, path)]
            found += mine
            if any(not unit.within for unit in mine):
                break
        return found

    @cached_property
    def named(self) -> Mapping[str, list[Unit]]:
        """The units by each of the names that a service may call them."""
        found: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            for name in unit.names:
                found.setdefault(name, []).append(unit)
        return found

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What to call each unit: its name, and its directory when others have the same name."""
        names: dict[str, int] = {}
        for unit in self.units.values():
            names[unit.name] = names.get(unit.name, 0) + 1
        return {
            unit.id: unit.name if names[unit.name] == 1 else unit.directory or unit.name for unit in self.units.values()
        }


def _either(first: Mapping[str, Facts], second: Mapping[str, Facts]) -> Mapping[str, Facts]:
    return Lazily([*first, *second], lambda unit: first[unit] if unit in first else second[unit])


def _owns(unit: Unit, path: str) -> bool:
    inside = path[len(unit.directory) :].lstrip("/")
    return unit.whole or path == unit.id or inside.startswith("src/")


def is_test(unit: Unit, path: str) -> bool:
    """Whether only the unit's tests read this file."""
    if any(below(path, place) for place in unit.claims):
        return False
    inside = path[len(unit.directory) :].lstrip("/")
    by_name = bool(unit.test_files) and re.fullmatch(unit.test_files, inside, re.DOTALL) is not None
    return by_name or any(below(path, place) for place in unit.tests)


def upwards(path: str) -> Iterator[str]:
    """A path, the directories around it, and the root."""
    while path:
        yield path
        path = posixpath.dirname(path)
    yield ""


def below(path: str, directory: str) -> bool:
    """Whether a path is a directory or in it."""
    return not directory or path == directory or path.startswith(f"{directory}/")


def inside_of(directory: str, relative: str) -> str | None:
    """A path from the repository's root; ``None`` when it leaves the repository.

    :param relative: from ``directory``, with either kind of slash.
    """
    path = posixpath.normpath(posixpath.join(directory, relative.replace("\\", "/")))
    if path == ".":
        return ""
    return None if path.startswith(("../", "/")) or path == ".." else path


def cycle(edges: Iterable[tuple[str, str]]) -> list[str]:
    """A circle of these edges, its first member at both ends; empty when there is none. Linear."""
    after: dict[str, list[str]] = {}
    for first, second in edges:
        after.setdefault(first, []).append(second)
    done: set[str] = set()
    for start in after:
        path: list[str] = []
        on_path: set[str] = set()
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            node, left = stack.pop()
            if left:
                path.pop()
                on_path.discard(node)
                done.add(node)
            elif node in on_path:
                return [*path[path.index(node) :], node]
            elif node not in done:
                path.append(node)
                on_path.add(node)
                stack.append((node, True))
                stack += [(other, False) for other in after.get(node, ())]
    return []
