# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Maven modules of a commit, with their parents and what their properties are. Pure.

A module is what the root lists, in any profile. Other poms of the repository are read as well, for what ships may be
built with them; they are no reason to fail. As in Maven, a parent is looked for by its ``relativePath``, then among the
modules, and lies outside the repository otherwise.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..common.errors import SlipwayError
from .model import SUBMODULE, Snapshot, cycle, inside_of, upwards
from .poms import PROPERTY, Item, Parent, Pom

MANIFEST = re.compile(r"(?:.*[-_.])?pom(?:[-_.].*)?\.xml")
_DEPTH = 20
_BARE = frozenset({"groupId", "artifactId", "version", "packaging", "parent.groupId", "parent.version"})

Parser = Callable[[str], Pom]


@dataclass(eq=False)
class Module:
    """A pom with its place among the others.

    :ivar parent: the one it inherits from, when that is in the repository.
    :ivar outside: the parent outside the repository that it inherits from at last, ``group:artifact:version``.
    :ivar member: it is listed by the root, or by a module that is.
    :ivar root: the directory of the outermost pom that leads to it.
    :ivar managed: the versions that its own pom sets, once they are asked for; see :mod:`.effective`.
    """

    pom: Pom
    member: bool
    root: str
    parent: Module | None = None
    outside: str = ""
    children: list[Module] = field(default_factory=list)
    properties: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    managed: dict[str, list[Item]] | None = None
    _memory: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its file."""
        return self.pom.path

    @property
    def directory(self) -> str:
        """Where it is."""
        return posixpath.dirname(self.pom.path)

    @property
    def lineage(self) -> Iterator[Module]:
        """Itself, its parent, and so on."""
        module: Module | None = self
        while module is not None:
            yield module
            module = module.parent

    @property
    def group(self) -> str:
        """Its groupId."""
        return self.resolve(self.raw("groupId"))

    @property
    def artifact(self) -> str:
        """Its artifactId."""
        return self.resolve(self.pom.artifact)

    @property
    def version(self) -> str:
        """Its version; with ``${`` in it when that cannot be told."""
        return self.resolve(self.raw("version"))

    def raw(self, name: str) -> str:
        """Its own ``groupId`` or ``version`` as it is written, else its parent's."""
        return raw(self.pom, name)

    def value(self, name: str) -> tuple[str, str] | None:
        """What a property stands for, not replaced further, and the file that says so."""
        name = name.removeprefix("pom.") if name.startswith("pom.") else name
        plain = name if name in _BARE else name.removeprefix("project.")
        if name in self.properties and not name.startswith("project."):
            return self.properties[name]
        if name in _BARE or name.startswith("project."):
            if plain in ("groupId", "version"):
                return self.raw(plain), self.path
            for module in self.lineage:
                if (text := module.pom.texts.get(f"project.{plain}")) is not None and (
                    module is self or plain not in ("name", "packaging")
                ):
                    return text, module.path
        return self.properties.get(name)

    def forget(self) -> None:
        """Resolve anew what was resolved: the properties are others now."""
        self._memory.clear()

    def resolve(self, text: str) -> str:
        """A text with its properties replaced; those that are not known stay."""
        if "${" not in text:
            return text
        if (known := self._memory.get(text)) is None:
            known = self._memory[text] = self._replaced(text)
        return known

    def _replaced(self, text: str) -> str:
        for _level in range(_DEPTH):
            found = {match: self.value(match) for match in PROPERTY.findall(text)}
            usable = {name: value[0] for name, value in found.items() if value and value[0] != f"${{{name}}}"}
            if not usable or len(text) > 10_000:
                break
            for name, value in usable.items():
                text = text.replace(f"${{{name}}}", value)
        return text


def raw(pom: Pom, name: str) -> str:
    """A pom's ``groupId`` or ``version`` as it is written, else its parent's."""
    inherited = {"groupId": pom.parent.group, "version": pom.parent.version}[name] if pom.parent else ""
    return pom.texts.get(f"project.{name}") or inherited


def find_modules(snapshot: Snapshot, parse: Parser) -> tuple[dict[str, Module], list[str]]:
    """The modules by their files, parents before children, and what a person should know.

    :param parse: reads a file of the snapshot; raises SlipwayError when it is not a pom.
    :raises SlipwayError: a file that Maven reads is not a pom or is not there, or modules or parents go in a circle.
    """
    notes: list[str] = []
    modules = _members(snapshot, parse, notes)
    _add_others(snapshot, parse, modules)
    _link(snapshot, modules, notes)
    return _with_properties(modules), notes


def may_be_pom(path: str) -> bool:
    """Whether a file's content may be needed here."""
    return MANIFEST.fullmatch(posixpath.basename(path)) is not None


def _roots(snapshot: Snapshot) -> list[str]:
    if "pom.xml" in snapshot.files:
        return ["pom.xml"]
    homes = {posixpath.dirname(path): path for path in snapshot.files if posixpath.basename(path) == "pom.xml"}
    return [path for home, path in homes.items() if not any(place in homes for place in list(upwards(home))[1:])]


def _members(snapshot: Snapshot, parse: Parser, notes: list[str]) -> dict[str, Module]:
    modules: dict[str, Module] = {}
    lists: list[tuple[str, str]] = []
    for root in _roots(snapshot):
        todo = [root]
        while todo:
            path = todo.pop()
            if path in modules:
                continue
            try:
                module = modules[path] = Module(parse(path), True, posixpath.dirname(root))
            except SlipwayError:
                if root == "pom.xml" or path != root:
                    raise
                # Nothing says that Maven builds it.
                continue
            for listed in _listed(snapshot, module, notes):
                lists.append((path, listed))
                todo.append(listed)
    circle = cycle(lists)
    if circle:
        what = f"its modules lead back to it: {' → '.join(circle)}"
        raise SlipwayError(what, snapshot.where(circle[0]), "Remove one of these <module>")
    return modules


def _listed(snapshot: Snapshot, module: Module, notes: list[str]) -> Iterator[str]:
    module.properties = {name: (text, module.path) for name, text in module.pom.section.properties.items()}
    for profile, section in module.pom.sections:
        for name in section.modules:
            place = inside_of(module.directory, module.resolve(name))
            if place is not None and place in snapshot.contents and may_be_pom(place):
                yield place
            elif place is not None and (path := posixpath.join(place, "pom.xml")) in snapshot.contents:
                yield path
            else:
                _absent(snapshot, module, name, place, profile is not None or "${" in name, notes)
    module.forget()


def _absent(snapshot: Snapshot, module: Module, name: str, place: str | None, optional: bool, notes: list[str]) -> None:
    foreign = place is not None and any(_is_submodule(snapshot, item) for item in upwards(place))
    if foreign or optional or place is None:
        why = "is in a submodule, which is not read" if foreign else "is not in the repository"
        notes.append(f"module {name} of {module.path} {why}")
        return
    what = f"its module {name} is not there ({place}/pom.xml)"
    raise SlipwayError(what, snapshot.where(module.path), "Commit that file, or remove the <module>")


def _is_submodule(snapshot: Snapshot, path: str) -> bool:
    entry = snapshot.files.get(path)
    return entry is not None and entry.mode == SUBMODULE


def _add_others(snapshot: Snapshot, parse: Parser, modules: dict[str, Module]) -> None:
    sources = {posixpath.join(module.directory, "src") for module in modules.values()}
    for path in snapshot.contents:
        if path in modules or posixpath.basename(path) != "pom.xml" or sources & set(upwards(path)):
            continue
        try:
            modules[path] = Module(parse(path), False, posixpath.dirname(path))
        except SlipwayError:
            # A template or a test's file; what Maven reads was read before.
            continue


def _link(snapshot: Snapshot, modules: dict[str, Module], notes: list[str]) -> None:
    named: dict[str, list[Module]] = {}
    for module in modules.values():
        named.setdefault(module.pom.artifact, []).append(module)
    groups = {module.pom.texts.get("project.groupId", "") for module in modules.values() if module.member} - {""}
    for module in modules.values():
        parent = module.pom.parent
        if parent is None:
            continue
        module.parent = _parent(module, parent, modules, named)
        if module.parent is None:
            module.outside = f"{parent.group}:{parent.artifact}:{parent.version}"
            _check_parent(snapshot, module, parent, groups, notes)
    circle = cycle((module.path, module.parent.path) for module in modules.values() if module.parent)
    if circle:
        what = f"its parents lead back to it: {' → '.join(circle)}"
        raise SlipwayError(what, snapshot.where(circle[0]), "Correct its <parent>")
    for module in modules.values():
        if module.parent is not None:
            module.parent.children.append(module)


def _parent(
    module: Module, parent: Parent, modules: Mapping[str, Module], named: Mapping[str, list[Module]]
) -> Module | None:
    relative = "../pom.xml" if parent.path is None else parent.path
    place = inside_of(module.directory, relative) if relative else None
    candidates = [modules.get(place), modules.get(posixpath.join(place, "pom.xml"))] if place is not None else []
    found = [item for item in candidates if item is not None and item.pom.artifact == parent.artifact]
    found += sorted(named.get(parent.artifact, ()), key=lambda item: not item.member)
    return next((item for item in found if item is not module and _is_that(parent, item.pom)), None)


def _is_that(parent: Parent, pom: Pom) -> bool:
    same_group = may_be(parent.group, raw(pom, "groupId"))
    return same_group and may_be(parent.version, raw(pom, "version"))


def may_be(wanted: str, has: str) -> bool:
    """Whether a version (or group) that is asked for can be one that is there: properties and ranges can be many."""
    return wanted == has or "${" in wanted or "${" in has or wanted[:1] in ("[", "(") or not wanted


def _check_parent(
    snapshot: Snapshot, module: Module, parent: Parent, groups: Collection[str], notes: list[str]
) -> None:
    """:param groups: those of the modules here: a parent of such a group would be expected here as well."""
    name = f"{parent.group}:{parent.artifact}:{parent.version}"
    if "${" in parent.version and module.member:
        what = f"its parent {name} is not in the repository"
        raise SlipwayError(what, snapshot.where(module.path), "Commit the parent, or correct <relativePath>")
    if parent.path and module.member:
        notes.append(f"the parent {name} of {module.path} is not at {parent.path}")
    elif parent.path is None and module.member and parent.group in groups:
        notes.append(f"the parent {name} of {module.path} is not in the repository")


def _with_properties(modules: dict[str, Module]) -> dict[str, Module]:
    """Parents first, so that each one's properties are its parent's and its own."""
    todo = [module for module in modules.values() if module.parent is None]
    ordered: dict[str, Module] = {}
    while todo:
        module = todo.pop()
        ordered[module.path] = module
        own = {name: (text, module.path) for name, text in module.pom.section.properties.items()}
        above = module.parent.properties if module.parent else {}
        module.properties = {**above, **own} if own else above
        module.outside = module.outside or (module.parent.outside if module.parent else "")
        todo += module.children
    return ordered


def referred(modules: Mapping[str, Module]) -> frozenset[str]:
    """The properties that any pom refers to, directly or by another property."""
    behind: dict[str, set[str]] = {}
    for module in modules.values():
        for _profile, section in module.pom.sections:
            for name, text in section.properties.items():
                behind.setdefault(name, set()).update(PROPERTY.findall(text))
    found = {name for module in modules.values() for name in module.pom.refers}
    todo = list(found)
    while todo:
        for name in behind.get(todo.pop(), set()) - found:
            found.add(name)
            todo.append(name)
    return frozenset(found)
