# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a front end is built: tool, commands, variables and errors. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ..common.documents import loads
from ..common.errors import SlipwayError
from ..common.redact import redact

NPM, PNPM = "npm", "pnpm"
#: How many lines of a failed command's output are kept, and shown in its error.
LAST_LINES = 30
_SHOWN = 4
_LOOKED_AT = 200_000
_LOCK_FILES = {"pnpm-lock.yaml": PNPM, "package-lock.json": NPM, "npm-shrinkwrap.json": NPM}
#: Lock files of unsupported tools, with the tools' names.
_OTHERS = {"yarn.lock": "Yarn", "bun.lock": "Bun", "bun.lockb": "Bun"}
KNOWN_LOCK_FILES = (*_LOCK_FILES, *_OTHERS)
#: What npm and pnpm replace in a ``.npmrc``. Source: npm's documentation, npmrc.
NPMRC_VARIABLE = re.compile(r"(?<!\\)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_VARIABLE = re.compile(r"VITE_[A-Z0-9_]+")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# npm's and pnpm's own messages, and those of them that do not explain the cause.
_TOOL = re.compile(r"npm (?:ERR!|error)", re.IGNORECASE)
_NOISE = re.compile(
    r"""(?ix) ^(?: npm\ (?:ERR!|error) \s* (?: $ | A\ complete\ log | Log\ files\ were | \S*\.log$ | path\b | command\b
    | workspace\b | location\b | Lifecycle\ script | code\ \d+$ ) | npm\ (?:notice|warn) | >\  | Node\.js\ v
    | \s*at\  | \s*ELIFECYCLE )"""
)
_CAUSES = (
    (r"ENOSPC|No space left on device", "the disk is full", "Free space there, then run this again"),
    (
        r"JavaScript heap out of memory|Reached heap limit|ERR_WORKER_OUT_OF_MEMORY",
        "it needs more memory than it was allowed",
        "Allow it more, or build on the control machine",
    ),
    (
        r"ERR_PNPM_OUTDATED_LOCKFILE|can only install (?:packages when your|with an existing) package",
        "the lock file does not fit package.json",
        "Install once where the code is written, and commit the lock file",
    ),
    (
        r"ERR_PNPM_LOCKFILE_BREAKING_CHANGE",
        "the lock file is of another version of pnpm",
        "Install that version (front_end_pnpm), or name it in package.json as packageManager",
    ),
    (
        r"\bE401\b|\bE403\b|ERR_PNPM_FETCH_40[13]|Unable to authenticate|authorization (?:header|token)",
        "the registry does not accept the token, or wants one",
        "Give the token that .npmrc names by front_end_npmrc; it may be revoked or expired",
    ),
    (
        r"EAI_AGAIN|ENOTFOUND|ETIMEDOUT|ECONNRESET|ECONNREFUSED|ERR_SOCKET_TIMEOUT|ERR_PNPM_META_FETCH_FAIL",
        "the packages' registry cannot be reached",
        "Check the network from there, then run this again",
    ),
    (
        r"EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|Unsupported engine",
        "Node.js is too old or too new for it",
        "Install the version that package.json names under engines",
    ),
)


@dataclass(frozen=True)
class Build:
    """What is run.

    :ivar script: the script of package.json that builds.
    """

    tool: str
    script: str

    def commands(self) -> tuple[tuple[str, list[str]], ...]:
        """The commands, each with a noun for its purpose."""
        if self.tool == PNPM:
            install = ["pnpm", "install", "--frozen-lockfile", "--prefer-offline", "--child-concurrency=1"]
        else:
            install = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"]
        return (("the installation of its packages", install), ("the build", [self.tool, "run", self.script]))


def choose_tool(names: Collection[str], wanted: str, where: str) -> str:
    """The tool that the lock file belongs to.

    :param wanted: the tool, or ``auto``.
    :raises SlipwayError: there is no lock file, or one for each tool.
    """
    found = sorted(name for name in _LOCK_FILES if name in names)
    tools = sorted({_LOCK_FILES[name] for name in found})
    if wanted != "auto":
        if wanted not in tools:
            has = f", but {', '.join(found)}" if found else ""
            raise SlipwayError(f"there is no lock file of {wanted}{has}", where, "Commit it, or set another tool")
        return wanted
    if len(tools) > 1:
        raise SlipwayError(
            f"there are {' and '.join(found)}", where, f"Remove one, or set the tool: {' or '.join(tools)}"
        )
    if not tools:
        other = next((name for name in _OTHERS if name in names), None)
        what = f"its lock file is {other}, and {_OTHERS[other]} is not supported" if other else "there is no lock file"
        remedy = "Commit pnpm-lock.yaml or package-lock.json: without one no two builds are the same"
        raise SlipwayError(what, where, remedy)
    return tools[0]


def has_lock(names: Collection[str]) -> bool:
    """Whether a directory has a lock file, even an unsupported one."""
    return any(name in names for name in KNOWN_LOCK_FILES)


def is_workspace(names: Collection[str], package: bytes) -> bool:
    """Whether a directory with these files is the root of a workspace.

    :param package: its package.json, or nothing.
    """
    try:
        return "pnpm-workspace.yaml" in names or bool(package and loads(package).get("workspaces"))
    except (ValueError, AttributeError):
        return False


def check_package(body: bytes, script: str, where: str) -> None:
    """Refuse a package.json that cannot be built.

    :raises SlipwayError: it is not a JSON object, or lacks the script.
    """
    try:
        package = loads(body)
        scripts = package.get("scripts") or {}
        there = sorted(scripts)
    except (ValueError, AttributeError, TypeError):
        raise SlipwayError("it is not a JSON object", where, "Correct it") from None
    if script not in there:
        has = f"; it has {', '.join(there)}" if there else ""
        raise SlipwayError(f"it has no script {script}{has}", where, "Correct it, or set the script")


def check_variables(variables: Mapping[str, str], where: str) -> None:
    """Refuse variables that do not belong in a build: everything in a page is public.

    :raises SlipwayError: naming all of them.
    """
    wrong = sorted(name for name in variables if not _VARIABLE.fullmatch(name))
    if wrong:
        what = f"a front end's build gets variables VITE_… only, not {', '.join(wrong)}"
        raise SlipwayError(what, where, "Rename it, or give it to the backend")
    broken = sorted(name for name, value in variables.items() if "\0" in value)
    if broken:
        raise SlipwayError(f"{', '.join(broken)} has a NUL in it", where, "Remove it")


def environment(base: Mapping[str, str], variables: Mapping[str, str], memory_mib: int) -> dict[str, str]:
    """The environment variables of a build's programs.

    :param base: the account's own variables.
    :param memory_mib: how large the heap of Node.js may grow.
    """
    return {
        **base,
        "CI": "true",
        "NO_COLOR": "1",
        "NODE_OPTIONS": f"--max-old-space-size={memory_mib}",
        "npm_config_update_notifier": "false",
        **variables,
    }


def expand_npmrc(text: str, values: Mapping[str, str]) -> str:
    """A ``.npmrc`` with the given variables expanded; others stay unchanged."""
    return NPMRC_VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def heap(available_mib: int) -> int:
    """The heap limit on a host that also runs services."""
    return min(max(available_mib * 7 // 10, 256), 4096)


def last_lines(output: str) -> list[str]:
    """The last lines of an output, without colours, empty lines and secrets."""
    return _clean(output)[-LAST_LINES:]


def _clean(output: str) -> list[str]:
    lines = (_ESCAPES.sub("", line).rstrip() for line in output[-_LOOKED_AT:].splitlines())
    return [redact(line) for line in lines if line.strip()]


def explain(doing: str, code: int, output: str, where: str) -> SlipwayError:
    """The readable error for a failed command.

    :param doing: its purpose, as a noun.
    """
    telling = [line.strip() for line in _clean(output) if not _NOISE.match(line)]
    # A build reports the error last, before its tool's own lines. A tool reports it first, before its usage.
    own = [line for line in telling if not _TOOL.match(line)]
    said = " | ".join(own[-_SHOWN:] or telling[:_SHOWN] or last_lines(output)[-1:]) or "it printed nothing"
    if code in (-9, 137):
        remedy = "The kernel kills what uses too much memory: allow it less, or build on the control machine"
        return SlipwayError(f"{doing} was killed (signal 9): {said}", where, remedy)
    for pattern, what, remedy in _CAUSES:
        line = next((line for line in telling if re.search(pattern, line)), None)
        if line is not None:
            return SlipwayError(f"{doing} failed: {what} ({line})", where, remedy)
    ended = f"signal {-code}" if code < 0 else f"exit code {code}"
    remedy = "Correct it, and build it where the code is written"
    return SlipwayError(f"{doing} failed ({ended}): {said}", where, remedy)
