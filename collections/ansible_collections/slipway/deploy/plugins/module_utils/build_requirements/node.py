# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the build of a front end needs, from its package.json, its lock file and its .npmrc. Pure.

A lock file lists under engines what each package asks of Node.js. Most of it is advice that npm only warns of; what
counts are the requirements of package.json itself and of the programs that its build starts, such as Vite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..node.commands import KNOWN_LOCK_FILES, NPMRC_VARIABLE, check_package, choose_tool, has_lock, is_workspace
from .model import NodeNeeds, Reader

#: Programs whose package has a different name.
_PACKAGES = {
    "ng": "@angular/cli",
    "react-router": "@react-router/dev",
    "remix": "@remix-run/dev",
    "svelte-kit": "@sveltejs/kit",
    "tsc": "typescript",
    "vue-cli-service": "@vue/cli-service",
}
_RUN = re.compile(r"(?:npm|pnpm)\s+(?:run|run-script)\s+([\w:.-]+)|run-[sp]\s+([\w:.* -]+)")
_WORD = re.compile(r"[@\w./-]+")


def read_node_needs(read: Reader, directory: str, script: str, wanted: str) -> NodeNeeds:
    """What a build needs.

    :param directory: the front end in the release; ``""`` for its root.
    :param script: the script of package.json that builds.
    :param wanted: ``npm``, ``pnpm`` or ``auto``.
    :raises SlipwayError: it cannot be built on any host.
    """
    where = _join(directory, "package.json")
    text = read(where)
    if text is None:
        raise SlipwayError("there is no package.json", directory or "the release", "Set the directory of the front end")
    check_package(text.encode(), script, where)
    package: dict[str, Any] = loads(text)
    place, names = _lock_place(read, directory)
    tool = choose_tool(names, wanted, directory or "the release")
    programs = set(_programs(package, script))
    return NodeNeeds(
        where,
        tool,
        (*_own_engines(package, where), *_engines(read, place, names, directory, programs)),
        tuple(sorted({name for path in dict.fromkeys((place, directory)) for name in _variables(read, path)})),
    )


def _lock_place(read: Reader, directory: str) -> tuple[str, list[str]]:
    """The directory of the lock file (the workspace's, if the front end is in one), and its files."""
    names = _names(read, directory)
    if has_lock(names):
        return directory, names
    parts = directory.split("/") if directory else []
    for count in range(len(parts) - 1, -1, -1):
        above = "/".join(parts[:count])
        there = _names(read, above)
        if is_workspace(there, (read(_join(above, "package.json")) or "").encode()):
            return above, there
    return directory, names


def _names(read: Reader, directory: str) -> list[str]:
    looked_for = (*KNOWN_LOCK_FILES, "package.json", "pnpm-workspace.yaml")
    return [name for name in looked_for if read(_join(directory, name)) is not None]


def _own_engines(package: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    engines = package.get("engines")
    wanted = engines.get("node") if isinstance(engines, Mapping) else None
    if isinstance(wanted, str):
        yield where, wanted


def _programs(package: Mapping[str, Any], script: str) -> Iterator[str]:
    """The words of a script, and of the scripts that it runs, that may be programs of packages."""
    scripts = package.get("scripts")
    scripts = scripts if isinstance(scripts, Mapping) else {}
    seen: set[str] = set()
    queue = [f"pre{script}", script, f"post{script}"]
    while queue:
        name = queue.pop()
        text = scripts.get(name)
        if name in seen or not isinstance(text, str):
            continue
        seen.add(name)
        for found in _RUN.finditer(text):
            queue += (found[1] or found[2]).split()
        yield from _WORD.findall(text)


def _engines(
    read: Reader, place: str, names: list[str], directory: str, programs: set[str]
) -> Iterator[tuple[str, str]]:
    """The versions of Node.js that the build's programs require."""
    for name in ("package-lock.json", "npm-shrinkwrap.json"):
        if name in names:
            yield from _npm_engines(read(_join(place, name)) or "", directory.removeprefix(place).strip("/"), programs)
            return
    if "pnpm-lock.yaml" in names:
        yield from _pnpm_engines(read(_join(place, "pnpm-lock.yaml")) or "", programs)


def _npm_engines(text: str, workspace: str, programs: set[str]) -> Iterator[tuple[str, str]]:
    try:
        packages = loads(text).get("packages")
    except (ValueError, AttributeError):
        return
    for path, entry in packages.items() if isinstance(packages, Mapping) else ():
        name = _top_level(str(path), workspace)
        if not name or not isinstance(entry, Mapping):
            continue
        starts = entry.get("bin")
        started = programs & set(starts if isinstance(starts, Mapping) else ())
        wanted = entry.get("engines")
        if started and isinstance(wanted, Mapping) and isinstance(wanted.get("node"), str):
            yield f"{name} {entry.get('version', '')}".strip(), wanted["node"]


def _top_level(path: str, workspace: str) -> str:
    """The name of a package that the front end itself has in its node_modules."""
    for prefix in (f"{workspace}/node_modules/" if workspace else "", "node_modules/"):
        if prefix and path.startswith(prefix) and "/node_modules/" not in path.removeprefix(prefix):
            return path.removeprefix(prefix)
    return ""


def _pnpm_engines(text: str, programs: set[str]) -> Iterator[tuple[str, str]]:
    import yaml  # Of the control node, where ansible-core needs it.

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        packages = yaml.load(text, Loader=loader).get("packages")  # noqa: S506 - both loaders are safe ones
    except (yaml.YAMLError, AttributeError, RecursionError):
        return
    wanted_names = programs | {_PACKAGES[word] for word in programs if word in _PACKAGES}
    for key, entry in packages.items() if isinstance(packages, Mapping) else ():
        name, _at, version = str(key).partition("(")[0].lstrip("/").rpartition("@")
        if name not in wanted_names or not isinstance(entry, Mapping) or not entry.get("hasBin"):
            continue
        engines = entry.get("engines")
        if isinstance(engines, Mapping) and isinstance(engines.get("node"), str):
            yield f"{name} {version}", engines["node"]


def _variables(read: Reader, directory: str) -> Iterator[str]:
    for line in (read(_join(directory, ".npmrc")) or "").splitlines():
        if not line.lstrip().startswith(("#", ";")):
            yield from NPMRC_VARIABLE.findall(line)


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
