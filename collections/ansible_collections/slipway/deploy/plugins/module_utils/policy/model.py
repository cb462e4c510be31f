# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The conventions of one repository, read from the inventory. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..common.errors import SlipwayError
from ..common.suggest import suggest

Strategy = Literal["services", "infrastructure", "library"]
STRATEGIES: tuple[Strategy, ...] = ("services", "infrastructure", "library")
SETTING = "repository_rules"
#: https://github.com/conventional-changelog/commitlint/tree/master/@commitlint/config-conventional
TYPES = ("feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert")
#: Those of Jira, Linear, GitHub and most boards: UM-142, T42, 142.
TASK = r"[A-Za-z][A-Za-z0-9]*-[0-9]+|[A-Za-z]+[0-9]+|[0-9]+"
_DEVELOP: Mapping[Strategy, tuple[str, ...]] = {
    "services": ("develop",),
    "infrastructure": ("dev", "develop"),
    "library": (),
}
_KEYS = (
    *("strategy", "main", "develop", "versioned", "version_file", "component"),
    *("task_id", "commit_types", "other_branches"),
)
_COMPONENT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Rules:
    """The conventions of a repository.

    :ivar repository: its name in the inventory.
    :ivar strategy: services and infrastructure follow Git Flow, a library is trunk-based.
    :ivar main: the branch of stable versions.
    :ivar develop: the branches of snapshots.
    :ivar version_file: the ``pom.xml`` or ``package.json`` with the version; empty for the one at the root.
    :ivar component: what a release is named after: its tags are ``<component>-vX.Y.Z``, in the infrastructure's
        repository as well; empty for ``vX.Y.Z``.
    :ivar task: the regular expression of a task id.
    :ivar types: the types of commits.
    :ivar others: patterns of other branches that are allowed.
    :ivar versioned: whether it has versions; infrastructure has none by default.
    :ivar more_files: others that must have the same version.
    """

    repository: str
    strategy: Strategy
    main: str = "main"
    develop: tuple[str, ...] = ()
    version_file: str = ""
    component: str = ""
    task: str = TASK
    types: tuple[str, ...] = TYPES
    others: tuple[str, ...] = ()
    versioned: bool = True
    more_files: tuple[str, ...] = ()

    @property
    def tag_prefix(self) -> str:
        """What its release tags begin with."""
        return f"{self.component}-v" if self.component else "v"


def find_rules(value: object, repository: str, where: str) -> Rules:
    """The rules of a repository.

    :param value: the setting: repository → its rules.
    :param repository: its name, or ``owner/name``; empty if there is only one.
    :raises SlipwayError: there are none for it, or they are invalid.
    """
    if not isinstance(value, Mapping) or not all(isinstance(name, str) and name for name in value):
        remedy = f"Write {SETTING}: {{backend: {{strategy: services}}}}"
        raise SlipwayError(f"{SETTING} does not map repositories to their rules", where, remedy)
    if not value:
        raise SlipwayError(f"{SETTING} is not set", where, f"Write {SETTING}: {{backend: {{strategy: services}}}}")
    names = ", ".join(sorted(value))
    if not repository:
        if len(value) > 1:
            raise SlipwayError("it is not said which repository this is", "-e repository", f"Name one of {names}")
        repository = str(next(iter(value)))
    if repository not in value:
        repository = repository.rpartition("/")[2]
    if repository not in value:
        remedy = suggest(repository, sorted(value)) or f"Name one of {names}"
        raise SlipwayError(f"{SETTING} has no repository {repository[:60]!r}", "-e repository", remedy)
    return _rules(repository, value[repository], f"{where}: {SETTING}, {repository}")


def _rules(name: str, value: Any, where: str) -> Rules:
    if not isinstance(value, Mapping):
        raise SlipwayError("its rules are not a mapping", where, "Write {strategy: services}")
    unknown = next((key for key in value if key not in _KEYS), None)
    if unknown is not None:
        remedy = suggest(str(unknown), _KEYS) or f"There are {', '.join(_KEYS)}"
        raise SlipwayError(f"there is no rule {str(unknown)[:60]!r}", where, remedy)
    strategy = next((item for item in STRATEGIES if item == value.get("strategy")), None)
    if strategy is None:
        what = f"strategy is {str(value['strategy'])[:40]!r}" if "strategy" in value else "it has no strategy"
        raise SlipwayError(what, where, f"Write one of {', '.join(STRATEGIES)}")
    texts = {key: _text(value, key, where) for key in ("main", "component", "task_id")}
    files = tuple(item.strip("/") for item in _names(value, "version_file", where, ()))
    develop = _names(value, "develop", where, _DEVELOP[strategy])
    main = texts["main"] or "main"
    if strategy == "library" and develop:
        raise SlipwayError("a library is trunk-based and has no develop", where, "Leave develop out")
    if main in develop:
        raise SlipwayError(f"{main} is both main and develop", where, "Write different branches")
    versioned = value.get("versioned", strategy != "infrastructure")
    if not isinstance(versioned, bool):
        raise SlipwayError("versioned is neither true nor false", where, "Write true or false")
    if texts["component"] and not _COMPONENT.fullmatch(texts["component"]):
        what = f"component {texts['component'][:40]!r} cannot be the beginning of a tag"
        raise SlipwayError(what, where, "Lower-case letters, digits and -, as in backend")
    return Rules(
        name,
        strategy,
        main,
        develop,
        files[0] if files else "",
        texts["component"],
        _pattern(texts["task_id"] or TASK, where),
        tuple(item.lower() for item in _names(value, "commit_types", where, TYPES)),
        _names(value, "other_branches", where, ()),
        versioned,
        files[1:],
    )


def _text(value: Mapping[str, Any], key: str, where: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise SlipwayError(f"{key} is not a text", where, f'Quote it: {key}: "…"')
    return str(found)


def _names(value: Mapping[str, Any], key: str, where: str, default: tuple[str, ...]) -> tuple[str, ...]:
    found = value.get(key, default)
    items = [found] if isinstance(found, str) else found
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) and item for item in items):
        raise SlipwayError(f"{key} is not a list of texts", where, f"Write {key}: [one, another]")
    return tuple(str(item) for item in items)


def _pattern(text: str, where: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise SlipwayError(f"task_id is not a regular expression ({error})", where, 'As in "UM-[0-9]+"') from error
    return text
