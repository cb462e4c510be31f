# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of branches: Git Flow for services and infrastructure, trunk for libraries. Pure.

Sources: https://nvie.com/posts/a-successful-git-branching-model/ and https://trunkbaseddevelopment.com/
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

from ..common.errors import SlipwayError
from ..common.suggest import suggest
from .model import Rules

BranchKind = Literal["main", "develop", "feature", "hotfix", "release", "other"]

_DESCRIPTION = r"[A-Za-z0-9]+(?:[-._][A-Za-z0-9]+)*"
_NUMBERED = re.compile(rf"(?P<task>[0-9]{{3,}})-{_DESCRIPTION}")
_RELEASE = re.compile(r"release/(?P<version>(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2})")
#: What people write for these two.
_FAMILIES = {
    "feature": ("feat", "features", "task", "story", "chore", "docs", "refactor", "improvement"),
    "hotfix": ("fix", "hotfixes", "bugfix", "bug"),
}
#: What a pull request of each kind is merged into.
_FLOW: dict[BranchKind, tuple[BranchKind, ...]] = {
    "feature": ("develop",),
    "hotfix": ("main", "develop", "release"),
    "release": ("main", "develop"),
    "develop": ("main",),
    # What main has and develop has not: merged back after a release.
    "main": ("develop",),
}
_TRUNK: dict[BranchKind, tuple[BranchKind, ...]] = {"feature": ("main",), "hotfix": ("main",), "main": ()}


class Branch(NamedTuple):
    """A branch.

    :ivar task: the task id in a feature's or hotfix's name.
    :ivar version: the version that a release branch prepares.
    """

    name: str
    kind: BranchKind
    task: str = ""
    version: str = ""


def read_branch(name: str, rules: Rules, where: str = "branch") -> Branch:
    """A branch by its name.

    :raises SlipwayError: the repository has no branches of this name; with the name to give it.
    """
    if name == rules.main:
        return Branch(name, "main")
    if name in rules.develop:
        return Branch(name, "develop")
    if any(fnmatchcase(name, pattern) for pattern in rules.others):
        return Branch(name, "other")
    for kind in ("feature", "hotfix"):
        match = re.fullmatch(rf"{kind}/(?P<task>{rules.task})-{_DESCRIPTION}", name)
        if match:
            return Branch(name, kind, match["task"])
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        return Branch(name, "feature", numbered["task"])
    release = _RELEASE.fullmatch(name)
    if release and rules.develop:
        return Branch(name, "release", version=release["version"])
    raise SlipwayError(_what(name, rules), where, _fix(name, rules))


def _what(name: str, rules: Rules) -> str:
    if rules.strategy == "library" and (name in ("develop", "dev") or name.startswith("release/")):
        return f"{name} is a branch of Git Flow, and the library {rules.repository} is trunk-based"
    return f"{name[:80]!r} is not a branch name of {rules.repository}"


def _fix(name: str, rules: Rules) -> str:
    forms = f"{_main_branches(rules)}, feature/<TaskID>-desc, hotfix/<TaskID>-desc, ###-short-description"
    forms += ", release/X.Y.Z" if rules.develop else ""
    near = suggest(name, (rules.main, *rules.develop))
    renamed = renamed_branch(name, rules)
    if near and "/" not in name:
        return f"{near} The names are {forms}"
    if renamed:
        return f"Rename it: git branch -m {renamed}. The names are {forms}"
    return f"The names are {forms}"


def _main_branches(rules: Rules) -> str:
    return ", ".join((rules.main, *rules.develop))


def renamed_branch(name: str, rules: Rules) -> str:
    """A valid name for a branch that has none, made of its words; ``<TaskID>`` stands for what it does not say.

    It is safe to copy into a shell only without ``<``.
    """
    prefix, _slash, rest = name.rpartition("/")
    family = prefix.lower().partition("/")[0]
    if family in ("", *_FAMILIES["feature"], "feature"):
        kind = "feature"
    elif family in (*_FAMILIES["hotfix"], "hotfix"):
        kind = "hotfix"
    else:
        kind = "feature"
        rest = name
    match = re.match(rf"(?P<task>{rules.task})(?![A-Za-z0-9])", rest)
    task = match["task"] if match else "<TaskID>"
    words = re.findall(r"[A-Za-z0-9]+", rest[match.end() :] if match else rest)
    return f"{kind}/{task}-{'-'.join(words).lower()[:60] or 'desc'}" if words or match else ""


def check_target(branch: Branch, target: str, rules: Rules) -> None:
    """Whether a pull request of a branch may go into another one.

    :raises SlipwayError: it may not, or there is no branch of that name.
    """
    into = read_branch(target, rules, "the target branch")
    flow = _FLOW if rules.develop else _TRUNK
    if branch.kind == "other" or into.kind == "other":
        return
    # A feature may be based on another one, and brings its changes there.
    if into.kind in (*flow[branch.kind], "feature"):
        return
    names = {"main": rules.main, "develop": " or ".join(rules.develop), "release": "a release branch"}
    allowed = " or ".join(names[kind] for kind in flow[branch.kind] if kind in names) or "no branch"
    what = f"{branch.name} is not merged into {target}"
    raise SlipwayError(what, f"{rules.repository}, {rules.strategy}", f"Its target is {allowed}")
