# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a package.json says of its build, and what that of a root says of all workspaces. Pure.

Words for people and settings of tools that only look at the code are no facts. Scripts are, if a build can run them.
Sources: https://docs.npmjs.com/cli/v10/configuring-npm/package-json, …/using-npm/scripts and
https://pnpm.io/settings
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import Any

from .model import Fact, Flavour

DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
# Words for people and for the registry's page.
_SAID_ONLY = frozenset(
    (
        *("description", "keywords", "author", "contributors", "maintainers", "license", "homepage", "bugs"),
        *("repository", "funding"),
    )
)
# Settings of what looks at the code, or releases it.
_TOOLS = frozenset(
    (
        *("prettier", "eslintConfig", "eslintIgnore", "stylelint", "husky", "lint-staged", "nano-staged", "commitlint"),
        *("simple-git-hooks", "standard-version", "release", "release-it", "size-limit", "cspell", "xo", "knip"),
        *("remarkConfig", "renovate"),
    )
)
_TEST_TOOLS = frozenset(("jest", "vitest", "nyc", "c8", "ava", "mocha", "tap", "cypress", "jest-junit"))
# What a root says of itself only, and what is read as the list of workspaces.
_OF_ROOT_ONLY = frozenset(
    (
        *("name", "version", "private", "workspaces", "main", "module", "types", "typings", "exports", "bin", "files"),
        *("directories", "man", "sideEffects", "publishConfig"),
    )
)
# They say what may be resolved; what was resolved is in the lock file. Only a root's count.
_RESOLVED = frozenset(
    ("overrides", "resolutions", "patchedDependencies", "packageExtensions", "ignoredOptionalDependencies")
)
# They say what is asked of a person who adds a dependency, or audits.
_ADVICE = frozenset(
    (
        *("minimumReleaseAge", "minimumReleaseAgeExclude", "trustPolicy", "trustPolicyExclude", "updateConfig"),
        *("peerDependencyRules", "allowedDeprecatedVersions", "auditConfig", "requiredScripts", "catalogMode"),
    )
)
#: Those of which each entry means something of its own.
_PARTS = frozenset(("engines", "devEngines", "volta", "pnpm", *_RESOLVED))
_LIFECYCLE = frozenset(
    (
        "preinstall",
        "install",
        "postinstall",
        "preprepare",
        "prepare",
        "postprepare",
        "prepublish",
        "prepack",
        "postpack",
    )
)
_TESTING = re.compile(r"(?:test|tests|e2e|cypress|playwright|jest|vitest|coverage|bench|benchmark)(?:[:._-].*)?")
_LOOKING = re.compile(
    r"(?:lint|eslint|stylelint|format|fmt|prettier|typecheck|type-check|check|dev|watch|storybook|docs?|clean|release"
    r"|changeset|changelog|version|publish|prepublishOnly|commit|husky|upgrade|update|audit)(?:[:._-].*)?"
)
# Packages that no build needs, when they are devDependencies: linters, formatters, commit hooks, tools of releases.
_LOOKERS = re.compile(
    r"(?:eslint|prettier|stylelint|oxlint|markdownlint|typescript-eslint|cspell|knip|publint|size-limit|husky"
    r"|lint-staged|simple-git-hooks|commitlint|conventional-changelog|release-it|semantic-release)(?:-.*)?"
    r"|@(?:eslint|eslint-community|stylistic|typescript-eslint|commitlint|changesets|release-it|semantic-release"
    r"|size-limit)/.*"
)
_RUNNERS = re.compile(
    r"(?:vitest|jest|ts-jest|babel-jest|mocha|chai|sinon|ava|nyc|c8|cypress|supertest)(?:-.*)?"
    r"|@(?:vitest|jest|testing-library|playwright)/.*|@types/(?:jest|mocha|chai|sinon|supertest)"
)
# How npm, pnpm, Yarn, Turborepo and Lerna are restricted to a workspace.
_FILTERS = frozenset(("--filter", "-F", "-w", "--workspace", "workspace", "--scope", "--prefix", "--dir", "-C", "cd"))
_COMMANDS = re.compile(r"&&|\|\||[;|\n]")
_WORDS = re.compile(r"[^\s\"'=;&|,(){}\[\]]+")


def is_shipped(field: str, name: str) -> bool:
    """Whether what is built can depend on a package, by the list of dependencies that names it."""
    return field != "devDependencies" or not (_LOOKERS.fullmatch(name) or _RUNNERS.fullmatch(name))


def flavour_of(field: str, name: str) -> Flavour:
    """Whether a dependency is about the tests only."""
    return "test" if field == "devDependencies" and _RUNNERS.fullmatch(name) else "main"


def own_facts(package: Mapping[str, Any], path: str) -> Iterator[tuple[tuple[str, ...], Fact]]:
    """What a workspace's package.json says of its own build, but for dependencies.

    :param path: its file.
    """
    for field, value in package.items():
        if field not in _SAID_ONLY and field not in DEPENDENCIES and field not in _RESOLVED:
            yield from _facts("field", field, value, path)


def root_facts(
    package: Mapping[str, Any], path: str, workspaces: Mapping[str, str], *, locked: bool
) -> Iterator[tuple[tuple[str, ...], Fact, str]]:
    """What a root's package.json says of the workspaces, each with the workspace that it is about; ``""`` for all.

    :param workspaces: names and directories, to the workspace's identity.
    :param locked: whether a lock file that is understood says what was resolved.
    """
    skipped = {*DEPENDENCIES, *_SAID_ONLY, *_OF_ROOT_ONLY, *(_RESOLVED if locked else ())}
    for field, value in package.items():
        if field == "scripts":
            for key, fact in _facts("root", field, value, path):
                for about in _about(str(fact.value), workspaces) if key[2] not in _LIFECYCLE else ("",):
                    yield key, fact, about
        elif field not in skipped:
            for key, fact in _facts("root", field, value, path):
                if not (locked and field == "pnpm" and key[2] in _RESOLVED):
                    yield key, fact, ""


def workspace_facts(settings: Mapping[str, Any], path: str, *, locked: bool) -> Iterator[tuple[tuple[str, ...], Fact]]:
    """What pnpm-workspace.yaml says of all workspaces, but for the list and the catalogs."""
    for field, value in settings.items():
        if field not in ("packages", "catalog", "catalogs", *_ADVICE, *(_RESOLVED if locked else ())):
            yield from _facts("workspace", field, value, path)


def _facts(kind: str, field: str, value: Any, path: str) -> Iterator[tuple[tuple[str, ...], Fact]]:
    if field in _TOOLS:
        return
    if field == "scripts" and isinstance(value, Mapping):
        scripts = {str(name): str(text) for name, text in value.items()}
        run = _run(scripts)
        for name, text in scripts.items():
            if name in run or _is(_TESTING, name):
                yield (kind, field, name), _fact(f"script {name}", text, path, "main" if name in run else "test")
    elif field in _PARTS and isinstance(value, Mapping):
        for name, part in value.items():
            if name not in _ADVICE:
                yield (kind, field, str(name)), _fact(f"{field}.{name}", part, path)
    else:
        yield (kind, field), _fact(field, value, path, "test" if field in _TEST_TOOLS else "main")


def _fact(what: str, value: Any, path: str, flavour: Flavour = "main") -> Fact:
    shown = value if isinstance(value, str) and len(value) < 40 else ""
    return Fact(what, value, ((repr(value), path),), (), shown, flavour)


def _run(scripts: Mapping[str, str]) -> set[str]:
    """The scripts that an install or a build may run: all but those of other names, and what these call."""
    todo = [name for name in scripts if not _is(_TESTING, name) and not _is(_LOOKING, name)]
    todo += [name for name in scripts if name in _LIFECYCLE]
    found = set(todo)
    while todo:
        words = set(_WORDS.findall(scripts[todo.pop()]))
        called = {name for name in scripts if name in words or name.removeprefix("pre").removeprefix("post") in words}
        todo += called - found
        found |= called
    return found


def _is(names: re.Pattern[str], script: str) -> bool:
    """Whether a script has one of these names, or runs before or after one that has."""
    return any(names.fullmatch(name) for name in (script, script.removeprefix("pre"), script.removeprefix("post")))


def _about(script: str, workspaces: Mapping[str, str]) -> Collection[str]:
    """The workspaces that each command of a root's script is restricted to (``--filter web``); else all."""
    found: set[str] = set()
    for command in _COMMANDS.split(script):
        words = _WORDS.findall(command)
        chosen = [value for word, value in pairwise(words) if word in _FILTERS]
        named = {workspaces[name] for value in chosen if (name := value.strip("./^")) in workspaces}
        if not chosen or len(named) < len(set(chosen)):
            return ("",)
        found |= named
    return sorted(found)
