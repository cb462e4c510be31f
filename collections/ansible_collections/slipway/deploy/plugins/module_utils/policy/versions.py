# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which version a branch may have, and that versions go forward. Pure.

Sources: https://semver.org/spec/v2.0.0.html; a snapshot is what Maven takes for one,
https://maven.apache.org/ref/3.9.9/maven-artifact/apidocs/org/apache/maven/artifact/ArtifactUtils.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..versions.tag import Semver, parse_semver
from .branches import Branch
from .model import Rules

_LOOSE = re.compile(r"[vV=\s]*(?P<core>[0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?![0-9])")
_SUFFIX = "-SNAPSHOT"
_SHOWN = 60
Core = tuple[int, int, int]


class Known(NamedTuple):
    """A version that was before, and what says so: ``v1.1.0``, ``its parent 3f9c2d1``."""

    version: Semver
    said_by: str


def check_version(text: str, branch: Branch, rules: Rules, where: str, *, into_main: bool = False) -> Semver:
    """A version, if the branch may have it.

    :param into_main: its pull request goes into main: in a library, which has no develop, it brings the next version.
    :param where: the file and its commit.
    :raises SlipwayError: it may not; with the version to write.
    """
    version = parse_semver(text)
    ready = into_main and branch.kind in ("feature", "hotfix") and not rules.develop
    if version is None or not (_fits(version, branch, rules) or (ready and _is_stable(version))):
        core = version.core if version is not None else guessed_core(text)
        if branch.version:
            core = _core_of(branch.version)
        example = expected(branch, rules, core or (0, 1, 0))
        needed = f"{shape(branch, rules)} or X.Y.Z" if ready else shape(branch, rules)
        what = f"the version {text[:_SHOWN]!r} is not {needed}, as {branch.name} needs"
        raise SlipwayError(what, where, f"Set it to {example}" if core else f"Set one such as {example}")
    return version


def _is_stable(version: Semver) -> bool:
    return version.text == dotted(version.core)


def _fits(version: Semver, branch: Branch, rules: Rules) -> bool:
    stable = _is_stable(version)
    core = dotted(version.core)
    plain = version.text == f"{core}{_SUFFIX}"
    of_task = bool(branch.task) and version.text.lower() == f"{core}-{branch.task}{_SUFFIX}".lower()
    match branch.kind:
        case "main":
            return stable
        case "develop":
            return plain
        case "release":
            return core == branch.version and (stable or plain)
        case "hotfix" if rules.strategy != "library":
            return stable or plain or of_task
        case "feature" | "hotfix":
            return of_task or (plain and rules.strategy != "library")
        case _:
            return True


def shape(branch: Branch, rules: Rules) -> str:
    """How the versions of a branch are written."""
    match branch.kind:
        case "main":
            return "X.Y.Z"
        case "release":
            return f"{branch.version} or {branch.version}{_SUFFIX}"
        case "hotfix" if rules.strategy != "library":
            return f"X.Y.Z or X.Y.Z{_SUFFIX}"
        case "feature" | "hotfix" if rules.strategy == "library":
            return f"X.Y.Z-{branch.task}{_SUFFIX}"
        case _:
            return f"X.Y.Z{_SUFFIX}"


def expected(branch: Branch, rules: Rules, core: Core) -> str:
    """The version of a branch with these numbers."""
    text = dotted(core)
    if branch.kind in ("main", "release") or (branch.kind == "hotfix" and rules.strategy != "library"):
        return text
    return snapshot(text, branch.task if rules.strategy == "library" else "")


def snapshot(core: str, task: str = "") -> str:
    """The version of a snapshot: ``1.2.0-SNAPSHOT``, of a task ``1.2.0-UM-142-SNAPSHOT``."""
    return f"{core}-{task}{_SUFFIX}" if task else f"{core}{_SUFFIX}"


def check_forward(version: Semver, before: Iterable[Known], branch: Branch, rules: Rules, where: str) -> None:
    """Whether a version is not before any of those that were there. All snapshots of a version are equal.

    :raises SlipwayError: it is; with the next one.
    """
    newest = max(before, key=lambda known: rank(known.version), default=None)
    if newest is None or rank(version) >= rank(newest.version):
        return
    major, minor, patch = newest.version.core
    # What is released is not built again.
    fitting = expected(branch, rules, (major, minor, patch if newest.version.pre else patch + 1))
    what = f"the version goes backwards: {version.text} comes before {newest.version.text}, of {newest.said_by}"
    raise SlipwayError(what, where, f"Set it to {fitting} or a later one")


def rank(version: Semver) -> tuple[Core, bool]:
    """What orders versions here: the numbers, and a release after its snapshots."""
    return version.core, not version.pre


def dotted(core: Core) -> str:
    """``1.2.0``."""
    return ".".join(map(str, core))


def guessed_core(text: str) -> Core | None:
    """The numbers that a text with another form means: ``v1.2`` is 1.2.0."""
    match = _LOOSE.match(text)
    return _core_of(match["core"]) if match else None


def _core_of(text: str) -> Core:
    numbers = [int(part) for part in text.split(".")[:3]]
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch
