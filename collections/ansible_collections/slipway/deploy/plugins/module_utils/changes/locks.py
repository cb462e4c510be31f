# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a lock file of npm or pnpm resolves for each workspace, and for which of them two lock files differ. Pure.

Sources: https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json (versions 2 and 3) and
https://github.com/pnpm/spec/blob/master/lockfile/9.0.md. Others are not understood: then all workspaces are meant.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..common.documents import loads_or_none
from .packages import is_shipped

_FIELDS = ("dependencies", "devDependencies", "optionalDependencies")
_OF_PACKAGES = (*_FIELDS, "peerDependencies")
# Of pnpm's lock file: what these change is seen in the packages that it resolves.
_SHOWN_BY_PACKAGES = frozenset(
    (
        *("importers", "packages", "snapshots", "catalogs", "overrides", "patchedDependencies", "time"),
        *("packageExtensionsChecksum", "pnpmfileChecksum", "ignoredOptionalDependencies"),
    )
)
_UNHEEDED = frozenset((*_FIELDS, "dev", "optional", "deprecated"))
_ANCHOR = re.compile(rb"(?:^|[\s\[{,])&\w", re.MULTILINE)
_KEPT = ("version", "resolved", "integrity", "hasInstallScript", "os", "cpu", "bin")


@dataclass(frozen=True)
class Lock:
    """The packages of a lock file.

    :ivar importers: what each workspace (a directory below the lock file's own, ``""`` for that) resolves: names to
        nodes.
    :ivar nodes: what a node is (name and version first), and what it resolves.
    :ivar settings: what holds for all.
    """

    importers: Mapping[str, Mapping[str, str]]
    nodes: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]]
    settings: str = ""


def read_lock(name: str, content: bytes) -> Lock | None:
    """A lock file; ``None`` when it is not understood.

    :param name: its file name.
    """
    try:
        if name in ("package-lock.json", "npm-shrinkwrap.json"):
            return _npm(loads_or_none(content))
        return _pnpm(_load_all(content)) if name == "pnpm-lock.yaml" else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def load_yaml(content: bytes) -> Any:
    """A YAML document without anchors, with which a small one could be large.

    :raises ValueError: it is none.
    """
    found = _load_all(content)
    if len(found) > 1:
        raise ValueError("it has several documents")
    return found[0] if found else None


def _load_all(content: bytes) -> list[Any]:
    import yaml  # Of the control node, where ansible-core needs it.

    if _ANCHOR.search(content):
        raise ValueError("it has anchors")
    try:
        return list(yaml.load_all(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("it is not valid YAML") from error


def _npm(document: Any) -> Lock | None:
    if not isinstance(document, dict) or document.get("lockfileVersion") not in (2, 3):
        return None
    packages: Mapping[str, Mapping[str, Any]] = document["packages"]
    importers: dict[str, Mapping[str, str]] = {}
    nodes: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {}
    for place, entry in packages.items():
        resolved = {name: found for name in _asked(entry) if (found := _installed(packages, place, name)) is not None}
        if "node_modules/" not in f"/{place}":
            importers[place] = resolved
        elif not entry.get("link"):
            name = entry.get("name") or place.rpartition("node_modules/")[2]
            label = (str(name), *(str(entry.get(key)) for key in _KEPT))
            nodes[place] = (label, resolved)
    own = {name: {item: node for item, node in deps.items() if node in nodes} for name, deps in importers.items()}
    inner = {
        place: (label, {item: node for item, node in deps.items() if node in nodes})
        for place, (label, deps) in nodes.items()
    }
    return Lock(own, inner, str(document["lockfileVersion"]))


def _asked(entry: Mapping[str, Any]) -> Iterator[str]:
    for field in _OF_PACKAGES:
        yield from (name for name in entry.get(field) or () if is_shipped(field, name))


def _installed(packages: Mapping[str, Any], place: str, name: str) -> str | None:
    """Where node finds a package: beside the one that asks, then further up."""
    while True:
        if posixpath.basename(place) != "node_modules":
            found = posixpath.join(place, "node_modules", name)
            if found in packages:
                return found
        if not place:
            return None
        place = posixpath.dirname(place)


def _pnpm(documents: list[Any]) -> Lock | None:
    # Since pnpm 11 a document about pnpm itself may come first; package.json says which pnpm is used.
    if len(documents) not in (1, 2):
        return None
    document, tools = documents[-1], documents[:-1]
    version = str(document.get("lockfileVersion", ""))
    if version.partition(".")[0] not in ("6", "9"):
        return None
    packages = document.get("packages") or {}
    snapshots = document.get("snapshots") or {} if version.startswith("9") else packages
    prefix = "" if version.startswith("9") else "/"

    def node(name: str, value: Any) -> str | None:
        text = str(value["version"] if isinstance(value, dict) else value)
        return (
            None
            if text.startswith("link:")
            else next((key for key in (f"{prefix}{name}@{text}", text) if key in snapshots), f"{name}@{text}")
        )

    def resolved(entry: Mapping[str, Any]) -> dict[str, str]:
        asked = ((field, name, value) for field in _FIELDS for name, value in (entry.get(field) or {}).items())
        shipped = ((name, value) for field, name, value in asked if is_shipped(field, name))
        return {name: key for name, value in shipped if (key := node(name, value)) is not None}

    importers = document.get("importers") or {".": document}
    own = {("" if path == "." else path): resolved(entry or {}) for path, entry in importers.items()}
    nodes: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {}
    for key, entry in snapshots.items():
        base = key if key in packages else key.partition("(")[0]
        content = {name: value for name, value in packages.get(base, {}).items() if name not in _UNHEEDED}
        nodes[key] = ((key.removeprefix("/"), repr(sorted(content.items(), key=str))), resolved(entry or {}))
    for deps in (*own.values(), *(deps for _label, deps in list(nodes.values()))):
        for key in deps.values():
            nodes.setdefault(key, ((key,), {}))
    rest = sorted((name, value) for name, value in document.items() if name not in (*_FIELDS, *_SHOWN_BY_PACKAGES))
    plugins = [item["importers"]["."].get("configDependencies") for item in tools]
    return Lock(own, nodes, repr((rest, [item for item in plugins if item])))


_Pair = tuple[str, str]


def differing(base: Lock, head: Lock) -> dict[str, str]:
    """The workspaces of the head that get other packages than at the base, each with one that differs.

    Linear: pairs of nodes are compared once, and what differs is followed back to the workspaces.
    """
    found: dict[str, str] = {}
    users: dict[_Pair, list[str]] = {}
    for path, names in head.importers.items():
        old = base.importers.get(path)
        if old is not None and (odd := _odd(old, names)) is not None:
            found[path] = odd
        for pair in _pairs(old or {}, names):
            users.setdefault(pair, []).append(path)
    above, todo = _compared(base, head, users)
    changed = dict(todo)
    while todo:
        pair, detail = todo.popleft()
        for path in users.get(pair, ()):
            found.setdefault(path, detail)
        for user in above.get(pair, ()):
            if user not in changed:
                changed[user] = detail
                todo.append((user, detail))
    return found


def _compared(
    base: Lock, head: Lock, start: Iterable[_Pair]
) -> tuple[dict[_Pair, list[_Pair]], deque[tuple[_Pair, str]]]:
    """The pairs of nodes that use each pair, and those that differ by themselves, with how."""
    above: dict[_Pair, list[_Pair]] = {}
    changed: deque[tuple[_Pair, str]] = deque()
    todo = list(start)
    seen = set(todo)
    while todo:
        pair = todo.pop()
        (old, old_deps), (new, new_deps) = base.nodes[pair[0]], head.nodes[pair[1]]
        step = _step(old, new) if old != new else _odd(old_deps, new_deps)
        if step is not None:
            changed.append((pair, step))
            continue
        for inner in _pairs(old_deps, new_deps):
            above.setdefault(inner, []).append(pair)
            if inner not in seen:
                seen.add(inner)
                todo.append(inner)
    return above, changed


def _pairs(old: Mapping[str, str], new: Mapping[str, str]) -> list[_Pair]:
    return [(old[name], node) for name, node in new.items() if name in old]


def _odd(old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    added, gone = sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys())
    if added:
        return f"{added[0]} added"
    return f"{gone[0]} removed" if gone else None


def _step(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    (name_a, version_a), (name_b, version_b) = _named(old), _named(new)
    if name_a != name_b:
        return f"{name_a} → {name_b}"
    return f"{name_a} {version_a} → {version_b}" if version_a != version_b else f"{name_a} {version_a}, other content"


def _named(label: tuple[str, ...]) -> tuple[str, str]:
    first = label[0].partition("(")[0]
    name, _at, version = first.rpartition("@")
    return (name, version) if name else (first, label[1] if len(label) > 1 else "")
