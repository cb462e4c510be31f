# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The graph of npm and pnpm workspaces, and of packages that stand alone with a lock file. Pure.

A package.json that no list of workspaces selects, and that has no lock file beside it, is a file like any other.
Sources: https://docs.npmjs.com/cli/v10/using-npm/workspaces and https://pnpm.io/pnpm-workspace_yaml
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from .locks import Lock, load_yaml, read_lock
from .model import Edge, Fact, Graph, Shared, Snapshot, Unit, inside_of, upwards
from .packages import DEPENDENCIES, flavour_of, is_shipped, own_facts, root_facts, workspace_facts
from .paths import matching

LOCKS: Mapping[str, str] = {
    "pnpm-lock.yaml": "pnpm",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
    "yarn.lock": "Yarn",
    "bun.lock": "Bun",
    "bun.lockb": "Bun",
}
_WORKSPACE = "pnpm-workspace.yaml"
_SHARED = (".npmrc", ".pnpmfile.cjs", ".yarnrc", ".yarnrc.yml", ".nvmrc", ".node-version", ".yarn/", "patches/")
_TESTS = ("test", "tests", "__tests__", "e2e", "cypress")
_TEST_FILES = r"(?:.*/)?(?:__tests__|__mocks__)/.*|.*\.(?:test|spec)\.[cm]?[jt]sx?"


@dataclass(frozen=True)
class _Root:
    """A directory with a lock file, or with a list of workspaces."""

    directory: str
    manifest: Mapping[str, Any]
    workspace: Mapping[str, Any]
    members: tuple[str, ...]
    lock: str

    @property
    def alone(self) -> bool:
        return self.members == (self.directory,)


def may_be_root(path: str) -> bool:
    """Whether a file's content is needed to find the workspaces."""
    name = posixpath.basename(path)
    return name in LOCKS or name == _WORKSPACE


def manifests(snapshot: Snapshot, owned: Callable[[str], bool] = lambda _directory: False) -> list[str]:
    """The files whose content is needed, when those of :func:`first_manifests` are there."""
    return [posixpath.join(place, "package.json") for root in _roots(snapshot, owned) for place in root.members]


def first_manifests(files: Mapping[str, object]) -> list[str]:
    """Each package.json that may list workspaces."""
    return [posixpath.join(place, "package.json") for place in _candidates(files)]


def read_workspaces(snapshot: Snapshot, owned: Callable[[str], bool] = lambda _directory: False) -> Graph:
    """The workspaces of a commit.

    :param owned: whether a directory is a part of what another build tool builds.
    :raises SlipwayError: a package.json or pnpm-workspace.yaml is not readable.
    """
    graph = Graph()
    for root in _roots(snapshot, owned):
        graph = graph.joined(_graph(snapshot, root))
    return graph


def _candidates(files: Mapping[str, object]) -> list[str]:
    found = {""} if "package.json" in files else set()
    for path in files:
        name = posixpath.basename(path)
        if name in LOCKS or name == _WORKSPACE:
            directory = posixpath.dirname(path)
            if posixpath.join(directory, "package.json") in files and "node_modules" not in directory.split("/"):
                found.add(directory)
    return sorted(found, key=lambda place: (place.count("/") + bool(place), place))


def _roots(snapshot: Snapshot, owned: Callable[[str], bool]) -> list[_Root]:
    manifests = [
        posixpath.dirname(path)
        for path in snapshot.files
        if posixpath.basename(path) == "package.json" and "node_modules" not in path.split("/")
    ]
    roots: list[_Root] = []
    taken: set[str] = set()
    for place in _candidates(snapshot.files):
        if owned(place) or any(item in taken for item in upwards(place)):
            continue
        root = _root(snapshot, place, manifests)
        roots.append(root)
        taken |= {member for member in root.members if root.alone or member != place}
    # A package around others, which have lock files of their own.
    return roots


def _root(snapshot: Snapshot, place: str, manifests: list[str]) -> _Root:
    manifest = _json(snapshot, posixpath.join(place, "package.json"))
    path = posixpath.join(place, _WORKSPACE)
    workspace = _yaml(snapshot, path) if path in snapshot.files else {}
    patterns = workspace.get("packages") if path in snapshot.files else manifest.get("workspaces")
    if isinstance(patterns, Mapping):
        patterns = patterns.get("packages")
    globs = [str(item).removeprefix("./") for item in patterns or () if isinstance(item, str)]
    start = f"{place}/" if place else ""
    inner = [item[len(start) :] for item in manifests if item.startswith(start) and item != place]
    members = sorted(start + name for name in matching(inner, globs))
    lock = next((name for name in LOCKS if posixpath.join(place, name) in snapshot.files), "")
    return _Root(place, manifest, workspace, (place, *members), lock)


def _json(snapshot: Snapshot, path: str) -> Mapping[str, Any]:
    try:
        found = loads(snapshot.contents[path].decode("utf-8-sig")) if path in snapshot.contents else {}
    except ValueError as error:
        raise SlipwayError(
            f"it is not valid JSON ({error})", snapshot.where(path), "Correct it and commit it"
        ) from error
    if not isinstance(found, dict):
        raise SlipwayError("it is not a package", snapshot.where(path), 'Write an object: {"name": …}')
    return found


def _yaml(snapshot: Snapshot, path: str) -> Mapping[str, Any]:
    try:
        found = load_yaml(snapshot.contents[path])
    except (ValueError, KeyError) as error:
        raise SlipwayError(f"it cannot be read: {error}", snapshot.where(path), "Correct it and commit it") from error
    return found if isinstance(found, dict) else {}


def _graph(snapshot: Snapshot, root: _Root) -> Graph:
    packages = {place: _json(snapshot, posixpath.join(place, "package.json")) for place in root.members}
    ids = {place: posixpath.join(place, "package.json") for place in packages}
    named = {str(package["name"]): ids[place] for place, package in packages.items() if package.get("name")}
    lock_path = posixpath.join(root.directory, root.lock)
    content = snapshot.contents.get(lock_path) if root.lock else None
    lock = read_lock(root.lock, content) if content is not None else None
    shared = [
        Shared(posixpath.join(root.directory, name), root.directory, "read by every workspace here") for name in _SHARED
    ]
    if root.lock and lock is None:
        shared.append(Shared(lock_path, root.directory, "this lock file is not understood"))
    about = _of_root(root, ids, named, locked=lock is not None)
    understood = {*ids.values(), posixpath.join(root.directory, _WORKSPACE)}
    return Graph(
        {ids[place]: _unit(root, place, package) for place, package in packages.items()},
        tuple(edge for place, package in packages.items() for edge in _edges(place, package, ids, named, root)),
        {ids[place]: _facts(root, place, package, about) for place, package in packages.items()},
        shared=tuple(shared),
        understood=frozenset(understood | ({lock_path} if lock is not None else set())),
        locks={lock_path: Lock(_by_unit(root, lock, ids), lock.nodes, lock.settings)} if lock is not None else {},
        systems=frozenset({(root.directory, LOCKS.get(root.lock, "npm"))}),
    )


def _by_unit(root: _Root, lock: Lock, ids: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    places = {posixpath.join(root.directory, path).rstrip("/"): names for path, names in lock.importers.items()}
    return {ids[place]: names for place, names in places.items() if place in ids}


def _unit(root: _Root, place: str, package: Mapping[str, Any]) -> Unit:
    name = str(package.get("name") or posixpath.basename(place) or "package.json")
    names = {name, name.rpartition("/")[2], place, posixpath.basename(place)}
    return Unit(
        posixpath.join(place, "package.json"),
        name,
        place,
        frozenset(names - {""}),
        root.alone or place != root.directory,
        tuple(posixpath.join(place, item) for item in _TESTS),
        test_files=_TEST_FILES,
        within=root.alone and place != "",
        handed_down=False,
    )


def _edges(
    place: str, package: Mapping[str, Any], ids: Mapping[str, str], named: Mapping[str, str], root: _Root
) -> Iterator[Edge]:
    user = ids[place]
    if place != root.directory:
        yield Edge(user, ids[root.directory], "inherits")
    for field in DEPENDENCIES:
        for name, wanted in _entries(package, field):
            kind, _colon, rest = wanted.partition(":")
            path = inside_of(place, rest) if kind in ("file", "link", "workspace") and rest.startswith(".") else None
            alias = rest.rpartition("@")[0] if kind in ("workspace", "npm") else ""
            used = ids.get(path) if path is not None else named.get(name) or named.get(alias)
            if used is not None and used != user:
                yield Edge(user, used)


def _entries(package: Mapping[str, Any], field: str) -> list[tuple[str, str]]:
    found = package.get(field)
    return [(str(name), str(wanted)) for name, wanted in found.items()] if isinstance(found, dict) else []


def _needed(package: Mapping[str, Any], field: str) -> Iterator[tuple[str, str]]:
    """The dependencies that a build or the tests need."""
    for name, wanted in _entries(package, field):
        if is_shipped(field, name) or flavour_of(field, name) == "test":
            yield name, wanted


def _facts(
    root: _Root, place: str, package: Mapping[str, Any], about: Mapping[str, Mapping[tuple[str, ...], Fact]]
) -> dict[tuple[str, ...], Fact]:
    path = posixpath.join(place, "package.json")
    found = dict(own_facts(package, path))
    for field in DEPENDENCIES:
        for name, wanted in _needed(package, field):
            fact = _wanted(root, name, wanted, path)
            found["dependency", field, name] = fact._replace(flavour=flavour_of(field, name))
    return found if place == root.directory else {**found, **about.get("", {}), **about.get(path, {})}


def _of_root(
    root: _Root, ids: Mapping[str, str], named: Mapping[str, str], *, locked: bool
) -> dict[str, dict[tuple[str, ...], Fact]]:
    """What the root package and the workspace's file say, by the workspace that it is about; ``""`` for all."""
    top = posixpath.join(root.directory, "package.json")
    found: dict[str, dict[tuple[str, ...], Fact]] = {"": {}}
    for field in DEPENDENCIES:
        for name, wanted in _needed(root.manifest, field):
            fact = _wanted(root, name, wanted, top)
            found[""]["root", field, name] = fact._replace(flavour=flavour_of(field, name))
    inner = {place.removeprefix(f"{root.directory}/"): unit for place, unit in ids.items() if unit != top}
    names = {name: unit for name, unit in named.items() if unit != top} | inner
    for key, fact, about in root_facts(root.manifest, top, names, locked=locked):
        found.setdefault(about, {})[key] = fact
    path = posixpath.join(root.directory, _WORKSPACE)
    found[""].update(workspace_facts(root.workspace, path, locked=locked))
    return found


def _wanted(root: _Root, name: str, wanted: str, path: str) -> Fact:
    if wanted.startswith("catalog:"):
        catalog = wanted.removeprefix("catalog:").strip() or "default"
        catalogs = root.workspace.get("catalogs")
        default = root.workspace.get("catalog") if catalog == "default" else None
        entries = default or (catalogs.get(catalog) if isinstance(catalogs, dict) else None)
        version = str(entries.get(name, "")) if isinstance(entries, dict) else ""
        where = posixpath.join(root.directory, _WORKSPACE)
        return Fact(f"dependency {name}", (wanted, version), ((version, where),), (), version)
    return Fact(f"dependency {name}", (wanted, wanted), ((wanted, path),), (), wanted)
