# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which services a change reaches, with one chain of reasons for each. Pure.

From each changed file and each changed fact the graph is walked towards what uses it, nearest first, so that the chain
is the shortest one. When it is not known what changed, everything did.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .compare import Found, compare, compare_locks, counterparts, gone
from .model import Change, Edge, Flavour, Graph, Snapshot, Unit, below, is_test
from .rules import Rule, ruled
from .services import Service, directory_of, modules_of, plain_unit

UNCLAIMED: Sequence[str] = ("all", "none")
#: Files about the repository itself; no build reads them outside of a module.
_ABOUT = frozenset(
    (
        *(".gitignore", ".gitattributes", ".editorconfig", ".mailmap", ".git-blame-ignore-revs"),
        *("license", "license.txt", "license.md", "notice", "notice.txt", "codeowners"),
    )
)
_WHOLE = plain_unit("").id


@dataclass(frozen=True)
class Choices:
    """What an environment decides.

    :ivar unclaimed: what a file means that nothing claims: ``all`` or ``none``.
    :ivar tests: whether a change of tests alone counts.
    :ivar others: services that are not asked about: what is theirs is claimed.
    """

    rules: tuple[Rule, ...] = ()
    unclaimed: str = "all"
    tests: bool = False
    others: tuple[Service, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What becomes of a service.

    :ivar build: whether it has to be built.
    :ivar chain: from the cause to the service, in short; ``path`` and ``detail`` are the cause in full.
    :ivar tests_only: only tests were changed.
    :ivar gone: its modules are not there any more; there is nothing to build.
    :ivar base: the commit that it was compared with.
    """

    service: str
    build: bool
    chain: tuple[str, ...] = ()
    path: str = ""
    detail: str = ""
    tests_only: bool = False
    gone: bool = False
    base: str = ""


@dataclass(frozen=True)
class Detection:
    """The answer.

    :ivar everything: why all services are meant; empty when they are not.
    :ivar unclaimed: files and versions that nothing claims.
    :ivar gone: units that are at the base only; ``new`` are those of the head only.
    :ivar head: the commit that was looked at.
    """

    decisions: tuple[Decision, ...]
    everything: str = ""
    unclaimed: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    head: str = ""
    new: tuple[str, ...] = ()

    @property
    def build(self) -> list[str]:
        """The services that have to be built."""
        return [item.service for item in self.decisions if item.build]


class Seed(NamedTuple):
    """Where a walk begins.

    :ivar heirs: whether those that inherit from the unit are reached.
    """

    unit: str
    path: str
    detail: str
    flavour: Flavour = "main"
    heirs: bool = True


@dataclass
class _Seeds:
    """What a change touches before the graph is asked."""

    units: list[Seed] = field(default_factory=list)
    services: dict[str, tuple[str, str]] = field(default_factory=dict)
    unclaimed: dict[str, str] = field(default_factory=dict)


def everything(services: Iterable[Service], why: str, base: str = "") -> Detection:
    """All services, for one reason."""
    return Detection(tuple(Decision(item.name, True, (why, item.name), "", why, base=base) for item in services), why)


def detect(
    services: Sequence[Service],
    base: tuple[Snapshot, Graph],
    head: tuple[Snapshot, Graph],
    changes: Sequence[Change],
    choices: Choices,
) -> Detection:
    """What a change reaches.

    :raises SlipwayErrors: services whose modules are not there.
    """
    modules = modules_of(services, head, base)
    if (why := other_system(base, head)) or (why := _unread(base[1], head[1], changes)):
        return everything(services, why, base[0].commit)
    seeds = _seeds(services, modules, base, head, changes, choices)
    reached = _walk(head[1], seeds.units)
    unclaimed = tuple(sorted(seeds.unclaimed.items()))
    decisions = []
    for service in services:
        units = modules[service.name]
        if service.modules and not units:
            decisions.append(Decision(service.name, False, gone=True, base=base[0].commit))
            continue
        decision = _decide(service, units, head[1], seeds, reached, choices)
        if not decision.build and unclaimed and choices.unclaimed == "all":
            path, detail = unclaimed[0]
            chain = (_short(path), detail or "nothing claims it", service.name)
            decision = Decision(service.name, True, chain, path, detail or "nothing claims it")
        decisions.append(replace(decision, base=base[0].commit))
    lost = tuple(unit.name for unit in gone(base[1], head[1]))
    same = counterparts(base[1], head[1])
    new = tuple(head[1].units[unit].name for unit, old in same.items() if old is None)
    return Detection(tuple(decisions), "", unclaimed, lost, head[1].notes, new=new)


def other_system(base: tuple[Snapshot, Graph], head: tuple[Snapshot, Graph]) -> str:
    """Why the build systems of two commits cannot be compared; empty when they can."""
    for snapshot, _graph in (head, base):
        for name in (
            "settings.gradle",
            "settings.gradle.kts",
            "build.gradle",
            "build.gradle.kts",
            "build.sbt",
            "WORKSPACE",
        ):
            if name in snapshot.files and "pom.xml" not in snapshot.files and "package.json" not in snapshot.files:
                return f"the build system is not read ({name} at {snapshot.commit[:12]})"
    old, new = base[1].systems, head[1].systems
    before, after = ({name for place, name in systems if not place} for systems in (old, new))
    missing = {name for _place, name in old} - {name for _place, name in new}
    if before != after or missing:
        return f"the build system changed: {_names(before or missing)} → {_names(after)}"
    return ""


def _names(names: Collection[str]) -> str:
    return " and ".join(sorted(names)) or "none"


def _unread(base: Graph, head: Graph, changes: Sequence[Change]) -> str:
    """A submodule moved in which modules lie that are not read."""
    foreign = [note for note in (*base.notes, *head.notes) if "submodule" in note]
    moved = [change.path for change in changes if change.submodule]
    return f"submodule {moved[0]} moved, and {foreign[0]}" if foreign and moved else ""


def _seeds(
    services: Sequence[Service],
    modules: Mapping[str, Sequence[Unit]],
    base: tuple[Snapshot, Graph],
    head: tuple[Snapshot, Graph],
    changes: Sequence[Change],
    choices: Choices,
) -> _Seeds:
    seeds = _Seeds()
    everyone = [*services, *choices.others]
    names = [service.name for service in everyone]
    plain = {place: plain_unit(place) for service in everyone for place in map(directory_of, service.modules)}
    # What is built of all files claims none, if others are built of some.
    whole = all("" in map(directory_of, service.modules) for service in everyone)
    plain |= {unit.directory: unit for units in modules.values() for unit in units if unit.id.endswith("/")}
    same = counterparts(base[1], head[1])
    now = {old: unit for unit, old in same.items() if old is not None}
    fresh = {unit for unit, old in same.items() if old is None}
    for change in changes:
        for path in dict.fromkeys(path for path in (change.new, change.old) if path is not None):
            said = ruled(choices.rules, path, names)
            if said is not None:
                for name in names if said.services is None else said.services:
                    seeds.services.setdefault(name, (path, said.why))
                if said.services == ():
                    continue
            if path in fresh:
                continue
            claimed = list(_of_file(path, change, base[1], head[1], now))
            understood = path in base[1].understood and path in head[1].understood
            homes = [head[1].units[seed.unit].directory for seed in claimed]
            for unit in plain.values():
                # A module in the directory says more, and the directory stands for it.
                inside = below(path, unit.directory) and not any(below(home, unit.directory) for home in homes)
                if inside and not understood and (unit.directory or not _is_about(path)):
                    flavour: Flavour = "test" if is_test(unit, path) else "main"
                    claimed.append(Seed(unit.id, path, _detail(change), flavour))
            seeds.units += claimed
            mine = any(whole or seed.unit != _WHOLE for seed in claimed)
            # What went with its module is nobody's now, and was its own before.
            mine = mine or (path not in head[0].files and bool(base[1].owners(path)))
            if said is None and not mine and not understood and not _is_about(path):
                seeds.unclaimed.setdefault(path, "")
    changed = frozenset(path for change in changes for path in (change.old, change.new) if path is not None)
    _facts(seeds, base[1], head[1], changed)
    seeds.units += [Seed(unit, unit, "new") for unit in sorted(fresh)]
    return seeds


def _is_about(path: str) -> bool:
    return path.rpartition("/")[2].lower() in _ABOUT


def _detail(change: Change) -> str:
    return {"D": "deleted", "R": "moved"}.get(change.status, "submodule" if change.submodule else "")


def _of_file(path: str, change: Change, base: Graph, head: Graph, now: Mapping[str, str]) -> Iterator[Seed]:
    """The units that a file belongs to, or belonged to."""
    understood = path in base.understood and path in head.understood
    owners = {unit.id: unit for unit in head.owners(path)}
    for unit in base.owners(path):
        if (here := now.get(unit.id)) is not None and here not in owners:
            owners[here] = unit
    for unit_id, unit in owners.items():
        if not understood or (path != unit.id and path not in head.units and path not in head.locks):
            flavour: Flavour = "test" if is_test(unit, path) else "main"
            yield Seed(unit_id, path, _detail(change), flavour, unit.handed_down)
    for graph in (head, base):
        for shared in graph.shared:
            if path == shared.path or (shared.path.endswith("/") and path.startswith(shared.path)):
                yield from (
                    Seed(unit.id, path, shared.why)
                    for unit in head.units.values()
                    if below(unit.directory, shared.root)
                )


def _facts(seeds: _Seeds, base: Graph, head: Graph, changed: frozenset[str]) -> None:
    if not changed & (base.understood | head.understood):
        return
    found, loose = compare(base, head, changed)
    found += compare_locks(base, head, changed)
    seeds.units += [_seed(item) for item in found]
    for item in loose:
        seeds.unclaimed.setdefault(item.path, item.detail)


def _seed(found: Found) -> Seed:
    return Seed(found.unit, found.path, found.detail, found.flavour, found.heirs)


class _State(NamedTuple):
    """A unit that is reached; ``heirs``: and with it those that inherit from it."""

    unit: str
    flavour: Flavour
    heirs: bool = True


_Reached = dict[_State, "_State | Seed"]


def _walk(graph: Graph, seeds: Sequence[Seed]) -> _Reached:
    """What is reached, each with what it was reached from; nearest first."""
    users: dict[str, list[Edge]] = {}
    for edge in graph.edges:
        users.setdefault(edge.used, []).append(edge)
    reached: _Reached = {}
    # A file says more than a version.
    for seed in sorted(seeds, key=lambda item: (bool(item.detail), item.path, item.unit)):
        reached.setdefault(_State(seed.unit, seed.flavour, seed.heirs), seed)
    todo = deque(reached)
    while todo:
        state = todo.popleft()
        for edge in users.get(state.unit, ()):
            if _passes(edge, state):
                after = _State(edge.user, edge.scope if state.flavour == "test" else "main")
                if after not in reached:
                    reached[after] = state
                    todo.append(after)
    return reached


def _passes(edge: Edge, state: _State) -> bool:
    """Whether a unit is reached over an edge: what it inherits from elsewhere is among its own facts."""
    return (state.heirs or edge.how == "depends") and (state.flavour == "main" or edge.tests)


def _decide(
    service: Service,
    units: Sequence[Unit],
    graph: Graph,
    seeds: _Seeds,
    reached: _Reached,
    choices: Choices,
) -> Decision:
    mine = {unit.id for unit in units}
    ends = [state for state in reached if state.unit in mine]
    main = [state for state in ends if state.flavour == "main"]
    if not main and service.name in seeds.services:
        path, why = seeds.services[service.name]
        return Decision(service.name, True, (_short(path), service.name), path, why)
    if not ends:
        return Decision(service.name, False)
    chains = [_chain(end, graph, reached) for end in main or ends]
    seed, names = min(chains, key=lambda item: len(item[1]))
    first = _short(seed.path, graph.units.get(seed.unit))
    first = f"{first} ({seed.detail})" if seed.detail else first
    chain = (first, *names, *([] if names and names[-1] == service.name else [service.name]))
    return Decision(service.name, bool(main) or choices.tests, chain, seed.path, seed.detail, not main)


def _chain(end: _State, graph: Graph, reached: _Reached) -> tuple[Seed, list[str]]:
    names: list[str] = []
    state: _State | Seed = end
    while not isinstance(state, Seed):
        names.append(graph.titles.get(state.unit) or state.unit.rstrip("/"))
        state = reached[state]
    return state, [name for name in reversed(names) if name]


def _short(path: str, unit: Unit | None = None) -> str:
    """A path without the directories in its middle: ``common/…/Jwt.java``."""
    parts = path.split("/")
    kept = len(unit.directory.split("/")) if unit is not None and unit.directory and below(path, unit.directory) else 1
    if len(parts) <= kept + 2:
        return path
    return posixpath.join(*parts[:kept], "…", parts[-1])


def merged(services: Sequence[Service], found: Iterable[Detection]) -> Detection:
    """The answers for services whose bases differ as one, in the fleet's order."""
    all_found = list(found)
    decisions = {item.service: item for detection in all_found for item in detection.decisions}
    whys = list(dict.fromkeys(item.everything for item in all_found))
    return Detection(
        tuple(decisions[service.name] for service in services),
        whys[0] if len(whys) == 1 else "",
        tuple(dict.fromkeys(item for detection in all_found for item in detection.unclaimed)),
        tuple(dict.fromkeys(item for detection in all_found for item in detection.gone)),
        tuple(dict.fromkeys(item for detection in all_found for item in detection.notes)),
        new=tuple(dict.fromkeys(item for detection in all_found for item in detection.new)),
    )
