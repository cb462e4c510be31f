# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compares what the builds of two commits depend on, field by field instead of file by file. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from .locks import Lock, differing
from .model import Fact, Facts, Flavour, Graph, Unit

# What Maven's own plugins and common parents read, whoever else refers to it.
_IMPLICIT = re.compile(r"(?:maven\.|project\.build\.|project\.reporting\.)\S+|java\.version|kotlin\.version")
# Read by what looks at the code, not by what builds it.
_WITHOUT_EFFECT = re.compile(r"sonar\.\S+")
_MISSING = Fact("", None)


class Found(NamedTuple):
    """A unit whose build depends on something else now.

    :ivar unit: of the head.
    :ivar path: the file that says it.
    :ivar detail: what differs in it.
    :ivar heirs: it holds for the units that inherit from this one as well.
    """

    unit: str
    path: str
    detail: str
    flavour: Flavour = "main"
    heirs: bool = False


class Loose(NamedTuple):
    """A managed version that differs and that no module in its scope uses: it may pin what others bring along."""

    path: str
    detail: str
    scope: frozenset[str]


def counterparts(base: Graph, head: Graph) -> dict[str, str | None]:
    """Each unit of the head with the same one at the base: by its file, else by its name; ``None`` for a new one."""
    names: dict[str, list[str]] = {}
    for unit in base.units.values():
        names.setdefault(unit.name, []).append(unit.id)
    free = {unit for unit in base.units if unit not in head.units}
    found: dict[str, str | None] = {}
    for unit in head.units.values():
        if unit.id in base.units:
            found[unit.id] = unit.id
        else:
            others = [item for item in names.get(unit.name, ()) if item in free]
            found[unit.id] = others[0] if len(others) == 1 else None
    return found


def compare(base: Graph, head: Graph, changed: frozenset[str]) -> tuple[list[Found], list[Loose]]:
    """The units whose builds differ by what the changed files say.

    :param changed: the paths, at either commit.
    """
    same = counterparts(base, head)
    affected = (
        _affected(head, changed)
        | {unit for unit in _affected(base, changed) if unit in head.units}
        | {unit for unit, old in same.items() if old is not None and old != unit}
    )
    found: list[Found] = []
    loose: list[Loose] = []
    for unit in sorted(affected):
        old = same.get(unit)
        if old is None:
            continue
        found += _differences(base.facts.get(old, {}), head.facts.get(unit, {}), unit, changed)
        found += _properties(base, head, old, unit)
        loose += _unused(base, head, old, unit)
    return found, loose


def _affected(graph: Graph, changed: frozenset[str]) -> set[str]:
    """The units of changed files, and those that inherit or import from them."""
    users: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.how != "depends":
            users.setdefault(edge.used, []).append(edge.user)
    reached = {unit for unit in graph.units if unit in changed}
    # A catalog or a list of workspaces is not a unit's own file.
    others = {path.rpartition("/")[0] for path in changed & graph.understood if path not in graph.units}
    reached |= {unit.id for unit in graph.units.values() if unit.directory in others}
    todo = list(reached)
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in reached:
                reached.add(user)
                todo.append(user)
    return reached


def _differences(old: Facts, new: Facts, unit: str, changed: frozenset[str]) -> Iterator[Found]:
    flavours: set[Flavour] = set()
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key, _MISSING), new.get(key, _MISSING)
        if before.value == after.value:
            continue
        # A dependency that leaves the tests' scope, or enters it, is about what is shipped.
        flavour: Flavour = "test" if {"test"} >= {item.flavour for item in (before, after) if item.what} else "main"
        if flavour not in flavours:
            flavours.add(flavour)
            path, detail = _explained(before, after, changed)
            yield Found(unit, path or unit, detail, flavour)


def _explained(before: Fact, after: Fact, changed: frozenset[str]) -> tuple[str, str]:
    """The file that makes two facts differ, and what differs."""
    if not after.what or not before.what:
        one, word = (after, "added") if after.what else (before, "removed")
        path = next((path for _piece, path in one.said if path in changed), one.said[0][1] if one.said else "")
        return path, f"{one.what}{f' {one.shown}' if one.shown else ''} {word}"
    old = {name: value for name, value, _path in before.properties}
    for name, value, path in after.properties:
        if name in old and old[name] != value:
            return path, f"property {name} {old[name]} → {value}"
    path = _edited(before, after, changed)
    if before.shown != after.shown and before.shown and after.shown:
        return path, f"{after.what} {before.shown} → {after.shown}"
    return path, after.what


def _edited(before: Fact, after: Fact, changed: frozenset[str]) -> str:
    old = {piece for piece, _path in before.said}
    edited = [path for piece, path in after.said if piece not in old]
    now = {piece for piece, _path in after.said}
    edited += [path for piece, path in before.said if piece not in now]
    places = [path for path in edited if path in changed] or edited or [path for _piece, path in after.said]
    return places[0] if places else ""


def _properties(base: Graph, head: Graph, old: str, unit: str) -> Iterator[Found]:
    """Properties that no pom refers to: plugins and parents elsewhere may read them."""
    before, after = base.properties.get(old, {}), head.properties.get(unit, {})
    if before == after:
        return
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if (was and was[0]) == (now and now[0]) or _WITHOUT_EFFECT.fullmatch(name):
            continue
        if _IMPLICIT.fullmatch(name) or name not in base.referred | head.referred:
            text = f"{was[0]} → {now[0]}" if was and now else ("added" if now else "removed")
            yield Found(unit, (now or was or ("", ""))[1], f"property {name} {text}")
            return


def _unused(base: Graph, head: Graph, old: str, unit: str) -> Iterator[Loose]:
    before, after = base.managed.get(old, {}), head.managed.get(unit, {})
    if before == after:
        return
    scope = head.scope.get(unit, frozenset())
    used: set[tuple[str, ...]] | None = None
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key, _MISSING), after.get(key, _MISSING)
        if was.value == now.value:
            continue
        if used is None:
            used = {fact[2:] for item in scope for fact in head.facts[item] if fact[0] == "dependency"}
        if key[2:] not in used:
            path, detail = _explained(was, now, frozenset((unit, old)))
            yield Loose(path, f"{detail}, which no module declares", scope)


def compare_locks(base: Graph, head: Graph, changed: frozenset[str]) -> list[Found]:
    """The workspaces for which a lock file resolves other packages."""
    heirs = {edge.used for edge in head.edges if edge.how == "inherits"}
    found: list[Found] = []
    for path, lock in head.locks.items():
        old = base.locks.get(path)
        if path not in changed or not isinstance(lock, Lock) or not isinstance(old, Lock):
            continue
        if old.settings != lock.settings:
            found += [Found(unit, path, "its settings differ") for unit in lock.importers]
            continue
        for unit, detail in differing(old, lock).items():
            found.append(Found(unit, path, detail, "main", unit in heirs))
    return found


def gone(base: Graph, head: Graph) -> list[Unit]:
    """The units that are at the base only."""
    kept = {old for old in counterparts(base, head).values() if old is not None}
    return [unit for unit in base.units.values() if unit.id not in kept]
