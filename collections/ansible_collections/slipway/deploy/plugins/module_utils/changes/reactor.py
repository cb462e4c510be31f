# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The graph of a Maven reactor: units, what uses what, and what each one's build depends on. Pure.

An edge is drawn for all that Maven orders modules by (parent, dependency, plugin, what a plugin depends on, extension),
in any profile, and for what Maven does not see: an imported BOM, and an artifact that a plugin's configuration names
(what it copies, unpacks or runs as an annotation processor). A version that cannot be told is one that may be meant.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from ..common.errors import SlipwayError
from .effective import Build, key_of
from .model import Edge, Fact, Facts, Flavour, Graph, Lazily, Shared, Snapshot, Unit, below, cycle, inside_of, upwards
from .modules import Module, Parser, find_modules, may_be, referred
from .poms import Item, paths_in

#: What Maven reads beside the poms.
_SHARED = (".mvn/", "mvnw", "mvnw.cmd")
_TESTS = ("src/test", "src/it", "src/integrationTest", "src/integration-test")
_TOP = (
    "maven.multiModuleProjectDirectory",
    "session.executionRootDirectory",
    "session.rootDirectory",
    "project.rootDirectory",
)
_DIRECTORIES = re.compile(r"\$\{(?:project\.|pom\.)?basedir\}")


def read_reactor(snapshot: Snapshot, parse: Parser) -> Graph:
    """The Maven modules of a commit.

    :param parse: reads a pom of the snapshot; raises SlipwayError when it is none.
    :raises SlipwayError: Maven would not build this: a pom that is none, no such module or parent, a circle.
    """
    modules, notes = find_modules(snapshot, parse)
    if not modules:
        return Graph()
    named: dict[tuple[str, str], list[Module]] = {}
    for module in modules.values():
        named.setdefault((module.group, module.artifact), []).append(module)
    builds = {path: Build(module, named) for path, module in modules.items()}
    edges = tuple(dict.fromkeys(edge for build in builds.values() for edge in _edges(build)))
    _check_order(snapshot, modules, edges)
    members = [module for module in modules.values() if module.member]
    roots = sorted({module.root for module in members})
    shared = [
        Shared(
            posixpath.join(root, name) + ("/" if name.endswith("/") and root else ""),
            root,
            "read by every Maven build here",
        )
        for root in roots
        for name in _SHARED
    ]
    return Graph(
        {path: _unit(snapshot, build) for path, build in builds.items()},
        edges,
        Lazily(builds, lambda path: builds[path].facts(builds)),
        {path: module.properties for path, module in modules.items()},
        referred(modules),
        Lazily(builds, lambda path: _managed(builds[path])),
        _scopes(modules, edges),
        tuple(shared),
        frozenset(modules),
        {},
        frozenset((root, "Maven") for root in roots),
        tuple(notes),
    )


def _edges(build: Build) -> Iterator[Edge]:
    user = build.module
    if user.parent is not None:
        yield Edge(user.path, user.parent.path, "inherits")
    yield from (Edge(user.path, bom.path, "imports", certain=False) for bom in build.boms() if bom is not user)
    for key, item, by, profile in build.dependencies:
        yield from _dependency(build, key, item, bool(profile) or by is not user)
    for (group, artifact), said in build.plugins.items():
        yield from _uncertain(build, group, artifact, "")
        for item, _module, _profile in said:
            for named in item.artifacts:
                yield from _uncertain(build, *map(user.resolve, named))
    for module in user.lineage:
        for _profile, section in module.pom.sections:
            for item in section.extensions:
                key = key_of(item, user)
                yield from _uncertain(build, key[0], key[1], user.resolve(item.version))


def _dependency(build: Build, key: tuple[str, ...], item: Item, other: bool) -> Iterator[Edge]:
    """:param other: it is inherited, or only a profile's."""
    user = build.module
    version = user.resolve(item.version)
    tests = key[2] == "test-jar" or key[3] == "tests"
    scope: Flavour = "test" if user.resolve(item.scope) == "test" else "main"
    for used in _meant(build, key[0], key[1], version):
        # A managed version may be any.
        certain = not other and "${" not in version and used.version == version and used.member
        yield Edge(user.path, used.path, "depends", tests, scope, certain)


def _uncertain(build: Build, group: str, artifact: str, version: str) -> Iterator[Edge]:
    for used in _meant(build, group, artifact, version):
        yield Edge(build.module.path, used.path, certain=False)


def _meant(build: Build, group: str, artifact: str, version: str) -> list[Module]:
    found = build.modules_of(group, artifact)
    return [item for item in found if item is not build.module and may_be(version, item.version)]


def _check_order(snapshot: Snapshot, modules: Mapping[str, Module], edges: tuple[Edge, ...]) -> None:
    circle = cycle(
        (edge.user, edge.used) for edge in edges if edge.certain and edge.how == "depends" and modules[edge.user].member
    )
    if circle:
        names = " → ".join(modules[path].artifact for path in circle)
        raise SlipwayError(f"these modules need each other: {names}", snapshot.where(circle[0]), "Remove a dependency")


def _unit(snapshot: Snapshot, build: Build) -> Unit:
    module = build.module
    own = (posixpath.join(module.directory, name) for name in _TESTS)
    sections = [section for _profile, section in module.pom.sections]
    tests = [*own, *_places(snapshot, build, ("build.testSourceDirectory", "build.testResources"))]
    claims = set(_places(snapshot, build, ("build.sourceDirectory", "build.resources", "build.scriptSourceDirectory")))
    claims |= set(_read_elsewhere(snapshot, build))
    names = {
        module.artifact,
        f"{module.group}:{module.artifact}",
        module.directory,
        posixpath.basename(module.directory),
    }
    return Unit(
        module.path,
        module.artifact,
        module.directory,
        frozenset(names - {""}),
        not (module.pom.packaging == "pom" and any(section.modules for section in sections)),
        tuple(tests),
        tuple(sorted(claims)),
        within=not module.member,
    )


def _places(snapshot: Snapshot, build: Build, names: tuple[str, ...]) -> Iterator[str]:
    """The directories of the repository that elements of ``<build>`` name."""
    for module in build.module.lineage:
        for _profile, section in module.pom.sections:
            for name in names:
                if name in section.others:
                    for piece in section.others[name][0].walk():
                        if piece.text and piece.name in ("directory", name.removeprefix("build.")):
                            yield from _place(snapshot, build.module, piece.text)


def _read_elsewhere(snapshot: Snapshot, build: Build) -> Iterator[str]:
    """What plugins and resources read outside of the module's directory."""
    home = build.module.directory
    texts = [text for said in build.plugins.values() for item, _module, _profile in said for text in item.paths]
    texts += [
        text
        for module in build.module.lineage
        for _profile, section in module.pom.sections
        for name in ("build.resources", "build.filters")
        if name in section.others
        for text in paths_in(section.others[name][0])
    ]
    for text in dict.fromkeys(texts):
        for place in _place(snapshot, build.module, text):
            if not below(place, home) or (not home and _is_elsewhere(text)):
                yield place


def _is_elsewhere(text: str) -> bool:
    return any(name in text for name in _TOP)


def _place(snapshot: Snapshot, module: Module, text: str) -> Iterator[str]:
    """The file or directory of the repository that a text names, if it does; never one around the module."""
    resolved = module.resolve(text)
    if resolved.strip() != resolved or len(resolved) > 1000 or "\n" in resolved:
        return
    for name in _TOP:
        if f"${{{name}}}" in resolved:
            resolved = resolved.replace(f"${{{name}}}", "/" + module.root)
    resolved = _DIRECTORIES.sub("/" + module.directory, resolved)
    if module.parent is not None:
        resolved = resolved.replace("${project.parent.basedir}", "/" + module.parent.directory)
    if "${" in resolved:
        return
    start, relative = ("", resolved.lstrip("/")) if resolved.startswith("/") else (module.directory, resolved)
    place = inside_of(start, relative)
    known = place is not None and (place in snapshot.files or place in snapshot.directories)
    if place and known and place not in upwards(module.directory):
        yield place


def _managed(build: Build) -> Facts:
    """The versions that a module's own pom sets for others."""
    module = build.module
    return {
        ("managed", profile.id if profile else "", *key_of(item, module)): Fact(
            f"managed version of {module.resolve(item.group)}:{module.resolve(item.artifact)}",
            (module.resolve(item.version), item.scope, item.excluded),
            ((item.piece, module.path),),
            build.values(item.names),
            module.resolve(item.version),
        )
        for profile, section in module.pom.sections
        for item in section.managed
        if item.scope != "import"
    }


def _scopes(modules: Mapping[str, Module], edges: tuple[Edge, ...]) -> Mapping[str, frozenset[str]]:
    """The modules that inherit or import from each one that sets versions."""
    users: dict[str, list[str]] = {}
    for edge in edges:
        if edge.how != "depends":
            users.setdefault(edge.used, []).append(edge.user)
    found: dict[str, frozenset[str]] = {}
    for path, module in modules.items():
        if any(section.managed for _profile, section in module.pom.sections):
            reached, todo = {path}, [path]
            while todo:
                for user in users.get(todo.pop(), ()):
                    if user not in reached:
                        reached.add(user)
                        todo.append(user)
            found[path] = frozenset(reached)
    return found
