# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the inventory says that images of services are built."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..module_utils.changes.detect import Detection
from ..module_utils.changes.model import Graph, Snapshot, Unit
from ..module_utils.changes.services import Service, modules_of
from ..module_utils.common.documents import loads_or_none
from ..module_utils.common.errors import SlipwayError, raise_all
from ..module_utils.common.suggest import suggest
from ..module_utils.git.version import check_directory
from ..module_utils.image.reference import ImageRef
from ..module_utils.image_builds.engines import ENGINES
from ..module_utils.image_builds.model import Recipe
from ..module_utils.image_builds.tags import tags_of
from ..module_utils.programs.run import run_command
from .changed_services import modules_named
from .context import Context

_ANSWER_SECONDS = 30
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9]+(?:/v[0-9]+)?")


def check_engine(name: str, where: str) -> str:
    """The name of an engine, or empty for any.

    :raises SlipwayError: it is unknown.
    """
    if name and name not in ENGINES:
        remedy = suggest(name, ENGINES) or f"Write one of {', '.join(ENGINES)}"
        raise SlipwayError(f"there is no engine {name[:40]!r}", where, remedy)
    return name


def find_engine(name: str, where: str) -> str:
    """The engine that builds: the one that is named, else the first that is there.

    :param name: as :func:`check_engine` returns it.
    :raises SlipwayError: it is not there.
    """
    for engine in (name,) if name else ENGINES:
        if shutil.which(engine) and (engine != "docker" or _docker_runs()):
            return engine
    what = f"{name} is not there" if name else f"none of {', '.join(ENGINES)} is there"
    raise SlipwayError(what, where, "Install podman, or start Docker")


def _docker_runs() -> bool:
    try:
        return run_command(["docker", "version"], _ANSWER_SECONDS).code == 0
    except OSError:
        return False


def cores() -> int:
    """The processors that this process may use."""
    # Only Linux knows it.
    known = getattr(os, "sched_getaffinity", None)
    return len(known(0)) if known is not None else os.cpu_count() or 1


def recipes(
    context: Context,
    found: Detection,
    head: tuple[Snapshot, Graph],
    rules: Mapping[str, Sequence[str]],
    branch: str,
    read: Callable[[str], str],
) -> list[Recipe]:
    """The recipes of the services that have to be built.

    :param head: the commit's files and builds.
    :param rules: the tags of each branch.
    :param read: returns the text of a file of the commit.
    :raises SlipwayErrors: a variable is invalid, or names a file that the commit does not have.
    """
    made: list[Recipe] = []
    errors: list[SlipwayError] = []
    wanted = [item for item in found.decisions if item.build and item.service in context.services]
    named = [item.service for item in wanted]
    units = modules_of([Service(name, modules_named(context, name, name, name)) for name in named], head)
    for item in wanted:
        reasons = (found.everything or " → ".join(item.chain),)
        try:
            made.append(_recipe(context, item.service, reasons, head, units[item.service], rules, branch, read))
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    return made


def _recipe(
    context: Context,
    name: str,
    reasons: tuple[str, ...],
    head: tuple[Snapshot, Graph],
    units: Sequence[Unit],
    rules: Mapping[str, Sequence[str]],
    branch: str,
    read: Callable[[str], str],
) -> Recipe:
    variables, snapshot = context.host(name), head[0]
    where = f"inventories/{context.environment} (host {name})"
    unit = units[0]
    dockerfile = _path(variables, "build_dockerfile", f"{unit.directory}/Dockerfile".lstrip("/"), where)
    if dockerfile not in snapshot.files:
        remedy = f"Write build_dockerfile: the path from the source's root, for {name}"
        raise SlipwayError(f"{name}: {snapshot.commit[:12]} has no {dockerfile}", where, remedy)
    directory = _path(variables, "build_context", ".", where)
    if directory and directory not in snapshot.directories:
        raise SlipwayError(f"{name}: {snapshot.commit[:12]} has no directory {directory}", where, "Write build_context")
    command = variables.get("build_command") or []
    if isinstance(command, str) or not all(isinstance(word, str) for word in command):
        raise SlipwayError("build_command is not a list of words", where, "Write build_command: [mvn, -B, package]")
    version, said = _version(head, unit, read)
    repository = str(variables.get("image_repository") or f"{variables.get('image_repository_prefix') or ''}{name}")
    return Recipe(
        name,
        ImageRef(repository, str(variables.get("ecr_registry") or "")),
        tags_of(rules, branch, snapshot.commit, version, f"{name}, {said}"),
        dockerfile,
        directory or ".",
        tuple(command),
        _path(variables, "build_sbom", "", where),
        version,
        reasons,
        where,
        _arguments(variables, where),
        _platform(variables, where),
    )


def _arguments(variables: Mapping[str, Any], where: str) -> dict[str, str]:
    value = variables.get("build_args") or {}
    if not isinstance(value, Mapping) or not all(isinstance(item, str) for pair in value.items() for item in pair):
        raise SlipwayError("build_args is not a mapping of texts", where, 'Write build_args: {MODULE: "user-service"}')
    wrong = next((name for name in value if not _ARGUMENT.fullmatch(name)), None)
    if wrong is not None:
        raise SlipwayError(f"build_args: {wrong[:40]!r} is no name of an ARG", where, "Write letters, digits and _")
    return {str(name): str(text) for name, text in value.items()}


def _platform(variables: Mapping[str, Any], where: str) -> str:
    value = variables.get("build_platform") or ""
    if not isinstance(value, str) or (value and not _PLATFORM.fullmatch(value)):
        raise SlipwayError("build_platform is no platform", where, "Write it as linux/arm64")
    return value


def _path(variables: Mapping[str, Any], name: str, default: str, where: str) -> str:
    value = variables.get(name)
    if value is None or value == "":
        return "" if default == "." else default
    if not isinstance(value, str):
        raise SlipwayError(f"{name} is not a text", where, f"Write {name}: a path from the source's root")
    return check_directory(value, f"{where}, {name}")


def _version(head: tuple[Snapshot, Graph], unit: Unit, read: Callable[[str], str]) -> tuple[str, str]:
    """A unit's version, and the file that says it."""
    snapshot, graph = head
    fact = graph.facts.get(unit.id, {}).get(("version",))
    if fact is not None:
        return fact.shown, snapshot.where(unit.id)
    path = f"{unit.directory}/package.json".lstrip("/")
    if path not in snapshot.files:
        return "", snapshot.where(unit.directory or ".")
    document = loads_or_none(read(path))
    version = document.get("version") if isinstance(document, dict) else None
    return version if isinstance(version, str) else "", snapshot.where(path)
