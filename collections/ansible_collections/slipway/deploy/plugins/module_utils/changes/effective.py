# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Maven module's build depends on, with what it inherits, from profiles as well: they may be active. Pure.

Two of its facts are the same when the module is built the same. So a version in a root pom is a fact of those modules
that use it, a description is nobody's, and a plugin's configuration belongs to all that inherit it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from .model import Fact, Flavour
from .modules import Module
from .poms import PROPERTY, Item, Piece, Profile

Key = tuple[str, ...]

_PLUGINS = "org.apache.maven.plugins"
_TESTERS = frozenset({"maven-surefire-plugin", "maven-failsafe-plugin"})
# What Maven runs without being told; https://maven.apache.org/ref/3.9.9/maven-core/default-bindings.html
_BOUND = frozenset(
    f"maven-{name}-plugin"
    for name in (
        "clean",
        "compiler",
        "deploy",
        "ear",
        "ejb",
        "install",
        "jar",
        "plugin",
        "rar",
        "resources",
        "surefire",
    )
) | {"maven-site-plugin", "maven-war-plugin"}
_OF_TESTS = frozenset({"build.testSourceDirectory", "build.testResources", "build.testOutputDirectory"})


def key_of(item: Item, module: Module) -> Key:
    """What a dependency is, without its version, in the words of a module."""
    return (
        module.resolve(item.group),
        module.resolve(item.artifact),
        module.resolve(item.type),
        module.resolve(item.classifier),
    )


def _by_artifact(module: Module) -> Mapping[str, list[Item]]:
    """The versions that a pom sets, by artifact; by nothing when the artifact is a property's."""
    if module.managed is None:
        module.managed = {}
        for _profile, section in module.pom.sections:
            for item in section.managed:
                if item.scope != "import":
                    module.managed.setdefault("" if "${" in item.artifact else item.artifact, []).append(item)
    return module.managed


class Build:
    """A module's build.

    :param named: the modules of the repository by group and artifact.
    """

    def __init__(self, module: Module, named: Mapping[tuple[str, str], list[Module]]) -> None:
        self.module = module
        self._named = named
        self._lineage = tuple(module.lineage)

    @cached_property
    def dependencies(self) -> tuple[tuple[Key, Item, Module, str], ...]:
        """What it depends on: (key, what is said, by whom, in which profile)."""
        found = [
            (key_of(item, self.module), item, module, profile.id if profile else "")
            for module in self._lineage
            for profile, section in module.pom.sections
            for item in section.dependencies
        ]
        return tuple(
            {(key, profile): (key, item, module, profile) for key, item, module, profile in reversed(found)}.values()
        )

    @cached_property
    def plugins(self) -> Mapping[tuple[str, str], list[tuple[Item, Module, Profile | None]]]:
        """The plugins that run, each with all that is said of it."""
        declared: dict[tuple[str, str], list[tuple[Item, Module, Profile | None]]] = {}
        managed: dict[tuple[str, str], list[tuple[Item, Module, Profile | None]]] = {}
        for module in self._lineage:
            for profile, section in module.pom.sections:
                for item in section.plugins:
                    if item.inherited or module is self.module:
                        declared.setdefault(self._plugin(item), []).append((item, module, profile))
                for item in section.managed_plugins:
                    managed.setdefault(self._plugin(item), []).append((item, module, profile))
        for name, said in managed.items():
            bound = name[0] == _PLUGINS and name[1] in _BOUND and self.module.pom.packaging != "pom"
            # A parent elsewhere may declare any plugin.
            if name in declared or bound or self.module.outside:
                declared.setdefault(name, []).extend(said)
        return declared

    @cached_property
    def imports(self) -> tuple[tuple[Key, Item, Module], ...]:
        """The BOMs that it imports."""
        return tuple(
            (key_of(item, self.module), item, module)
            for module in self._lineage
            for _profile, section in module.pom.sections
            for item in section.managed
            if item.scope == "import"
        )

    def _managed(self, key: Key) -> tuple[Item, Module] | None:
        """What its own lines and its parents' say of a dependency."""
        for module in self._lineage:
            for item in (*_by_artifact(module).get(key[1], ()), *_by_artifact(module).get("", ())):
                if key_of(item, self.module) == key:
                    return item, module
        return None

    def modules_of(self, group: str, artifact: str) -> list[Module]:
        """The modules of the repository with this name; those that are listed, if any is."""
        found = self._named.get((group, artifact), [])
        return [item for item in found if item.member] or found

    def _plugin(self, item: Item) -> tuple[str, str]:
        return self.module.resolve(item.group), self.module.resolve(item.artifact)

    def facts(self, builds: Mapping[str, Build]) -> dict[Key, Fact]:
        """All that it depends on.

        :param builds: the builds of all modules by their files.
        """
        found: dict[Key, Fact] = {}
        module = self.module
        found["version",] = Fact(
            "version", (module.group, module.version, module.pom.packaging), *self._said_version(), module.version
        )
        if module.outside:
            outside = module.resolve(module.outside)
            origin = next((item.path for item in reversed(self._lineage)), module.path)
            found["parent",] = Fact("parent", outside, ((outside, origin),), (), outside.rpartition(":")[2])
        for key, item, by, profile in self.dependencies:
            found["dependency", profile, *key] = self._dependency(key, item, by, builds)
        if any(not self.modules_of(key[0], key[1]) for key, *_rest in self.dependencies):
            found |= self.imported(builds)
        for (group, artifact), said in self.plugins.items():
            flavour: Flavour = "test" if group == _PLUGINS and artifact in _TESTERS else "main"
            found["plugin", group, artifact] = self._of_pieces(f"plugin {group}:{artifact}", said)._replace(
                flavour=flavour
            )
        found |= self._others()
        return found

    def _said_version(self) -> tuple[tuple[tuple[object, str], ...], tuple[tuple[str, str, str], ...]]:
        text = self.module.raw("version")
        return ((text, self.module.path),), self.values(frozenset(PROPERTY.findall(text)))

    def _dependency(self, key: Key, item: Item, by: Module, builds: Mapping[str, Build]) -> Fact:
        managed = self.managed(key, builds)
        said: list[tuple[object, str]] = [(item.piece, by.path)]
        names = item.names
        properties: tuple[tuple[str, str, str], ...] = ()
        version, scope = self.module.resolve(item.version), self.module.resolve(item.scope)
        excluded = item.excluded
        if managed is not None:
            other, module, build = managed
            said.append((other.piece, module.path))
            properties = build.values(other.names)
            version = version or build.module.resolve(other.version)
            scope = scope or build.module.resolve(other.scope)
            excluded |= other.excluded
        what = f"dependency {key[0]}:{key[1]}" + "".join(f":{part}" for part in key[2:] if part not in ("", "jar"))
        rest = item.piece.child("optional"), item.piece.child("systemPath")
        value = (version, scope, excluded, *map(self.module.resolve, rest))
        flavour: Flavour = "test" if scope == "test" else "main"
        own = self.values(names)
        return Fact(what, value, tuple(said), (*own, *properties), version, flavour)

    def managed(
        self, key: Key, builds: Mapping[str, Build], seen: frozenset[str] = frozenset()
    ) -> tuple[Item, Module, Build] | None:
        """What sets the version of a dependency: the module's own lines go before those of BOMs."""
        own = self._managed(key)
        if own is not None:
            return *own, self
        seen |= {self.module.path}
        for bom in self.boms():
            if bom.path not in seen and (found := builds[bom.path].managed(key, builds, seen)) is not None:
                return found
        return None

    def boms(self) -> Iterator[Module]:
        """The BOMs of the repository that it imports."""
        for key, item, _by in self.imports:
            for module in self.modules_of(key[0], key[1]):
                if self.module.resolve(item.version) in (module.version, "") or "${" in module.version + item.version:
                    yield module

    def imported(self, builds: Mapping[str, Build], seen: frozenset[str] = frozenset()) -> dict[Key, Fact]:
        """The BOMs of elsewhere that it imports, and that those of the repository import."""
        found: dict[Key, Fact] = {}
        mine = {bom.path for bom in self.boms()}
        for key, item, by in self.imports:
            if not any(module.path in mine for module in self.modules_of(key[0], key[1])):
                version = self.module.resolve(item.version)
                what = f"BOM {key[0]}:{key[1]}"
                found["import", *key] = Fact(what, version, ((item.piece, by.path),), self.values(item.names), version)
        seen |= {self.module.path}
        for path in mine - seen:
            found = {**builds[path].imported(builds, seen), **found}
        return found

    def _of_pieces(self, what: str, said: list[tuple[Item, Module, Profile | None]]) -> Fact:
        names = frozenset(name for item, _module, _profile in said for name in item.names)
        pieces = tuple((self._active(item.piece, profile), module.path) for item, module, profile in said)
        properties = self.values(names)
        version = next((self.module.resolve(item.version) for item, *_rest in said if item.version), "")
        value = tuple(piece for piece, _path in pieces), tuple(pair[:2] for pair in properties)
        return Fact(what, value, pieces, properties, version)

    @staticmethod
    def _active(piece: Piece, profile: Profile | None) -> object:
        return piece if profile is None else (profile.id, profile.activation, piece)

    def _others(self) -> dict[Key, Fact]:
        said: dict[str, list[tuple[object, str]]] = {}
        names: dict[str, set[str]] = {}
        for module in self._lineage:
            for profile, section in module.pom.sections:
                items = [(name, piece, refers) for name, (piece, refers) in section.others.items()]
                items += [("extensions", item.piece, item.names) for item in section.extensions]
                if profile is not None:
                    # A property that nobody refers to may still be read by a plugin.
                    items += [
                        (f"property {name}", Piece(name, text, ()), frozenset())
                        for name, text in section.properties.items()
                    ]
                for name, piece, refers in items:
                    said.setdefault(name, []).append((self._active(piece, profile), module.path))
                    names.setdefault(name, set()).update(refers)
        found: dict[Key, Fact] = {}
        for name, pieces in said.items():
            properties = self.values(frozenset(names[name]))
            value = tuple(piece for piece, _path in pieces), tuple(pair[:2] for pair in properties)
            flavour: Flavour = "test" if name in _OF_TESTS else "main"
            what = f"<{name.removeprefix('build.')}>" if " " not in name else name
            found["other", name] = Fact(what, value, tuple(pieces), properties, "", flavour)
        return found

    def values(self, names: frozenset[str]) -> tuple[tuple[str, str, str], ...]:
        """What properties stand for in this module, each with its file; those that these refer to as well."""
        if not names:
            return ()
        found: dict[str, tuple[str, str, str]] = {}
        todo = sorted(names, reverse=True)
        while todo:
            name = todo.pop()
            value = self.module.value(name) if name not in found else None
            if value is not None:
                found[name] = (name, self.module.resolve(value[0]), value[1])
                todo += PROPERTY.findall(value[0])
        # The innermost first: it is the one that was edited.
        return tuple(reversed(found.values()))
