# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backend's environment needs, from its lock file and its pyproject.toml. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..common.errors import SlipwayError
from ..common.suggest import suggest
from ..python.lock import read_lock
from .model import PythonNeeds, Reader

_UV_LOCK = "uv.lock"
_PROJECT = "pyproject.toml"


def read_python_needs(read: Reader, lock: str, extras: Sequence[str], groups: Sequence[str]) -> PythonNeeds:
    """What an environment needs.

    :param extras: optional dependencies to install in addition to the required ones.
    :raises SlipwayError: it cannot be built on any host.
    """
    text = read(lock)
    if text is None:
        raise SlipwayError("the release has no such file", lock, "Commit it, or correct site_lock")
    directory = lock.rpartition("/")[0]
    project_file = f"{directory}/{_PROJECT}" if directory else _PROJECT
    project = _toml(read(project_file), project_file)
    if lock.rpartition("/")[2] != _UV_LOCK:
        read_lock(text.encode(), lock)
        if extras or groups:
            what = "extras and groups apply only to a uv.lock; this lock file contains what it was compiled with"
            raise SlipwayError(what, lock, f"Compile it with {' '.join(_chosen(extras, groups))}")
        return PythonNeeds(lock, _requires(project, project_file))
    if not project:
        raise SlipwayError(f"uv reads it only with its {_PROJECT}", lock, f"Commit {project_file} as well")
    _check_chosen(project, project_file, extras, groups)
    locked = _toml(text, lock)
    requires = locked.get("requires-python")
    own = ((lock, requires),) if isinstance(requires, str) else _requires(project, project_file)
    return PythonNeeds(lock, own, True, tuple(_private_indexes(project)))


def _toml(text: str | None, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text or "")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SlipwayError(f"it is not TOML ({error})", where, "Correct it") from None


def _requires(project: Mapping[str, Any], where: str) -> tuple[tuple[str, str], ...]:
    table = project.get("project")
    requires = table.get("requires-python") if isinstance(table, Mapping) else None
    return ((where, requires),) if isinstance(requires, str) else ()


def _chosen(extras: Sequence[str], groups: Sequence[str]) -> Iterator[str]:
    yield from (f"--extra {name}" for name in extras)
    yield from (f"--group {name}" for name in groups)


def _check_chosen(project: Mapping[str, Any], where: str, extras: Sequence[str], groups: Sequence[str]) -> None:
    table = project.get("project")
    optional = table.get("optional-dependencies") if isinstance(table, Mapping) else None
    for kind, wanted, there in (
        ("optional dependencies", extras, optional),
        ("dependency group", groups, project.get("dependency-groups")),
    ):
        known = {_normal(str(name)) for name in there} if isinstance(there, Mapping) else set()
        for name in wanted:
            if _normal(name) not in known:
                has = f"it has {', '.join(sorted(known))}" if known else "it has none"
                remedy = suggest(name, sorted(known)) or "Correct the name, or add it there and lock again"
                raise SlipwayError(f"there is no {kind} {name} ({has})", where, remedy)


def _normal(name: str) -> str:
    """Source: PEP 503 and PEP 735, normalized names."""
    return name.lower().replace("_", "-").replace(".", "-")


def _private_indexes(project: Mapping[str, Any]) -> Iterator[str]:
    """The URLs of the indexes that uv only accesses with credentials. Source: uv's documentation, Package indexes."""
    tool = project.get("tool")
    uv = tool.get("uv") if isinstance(tool, Mapping) else None
    indexes = uv.get("index") if isinstance(uv, Mapping) else None
    for index in indexes if isinstance(indexes, list) else ():
        if isinstance(index, Mapping) and isinstance(index.get("url"), str) and index.get("authenticate") == "always":
            yield index["url"]
