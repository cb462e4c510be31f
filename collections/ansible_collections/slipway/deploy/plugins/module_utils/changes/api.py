# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks git what differs between two commits, and what their files say: a handful of commands for any history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..common.errors import SlipwayError
from ..git.run import Git
from .builds import Poms, read_builds
from .detect import Choices, Detection, Service, detect, everything, merged, modules_of
from .model import SUBMODULE, Change, Entry, Graph, Snapshot


class Base(NamedTuple):
    """The commit that a service runs, in git's words; without one, why there is none."""

    revision: str = ""
    why: str = "it is not known which commit runs"


class Repository:
    """A clone that has the commits.

    :param git: runs git there.
    """

    def __init__(self, git: Git) -> None:
        self._git = git
        self._poms = Poms()
        self._known: dict[str, tuple[Snapshot, Graph]] = {}

    def check(self) -> None:
        """Make sure that this is a repository.

        :raises SlipwayError: it is none, or another user's.
        """
        self._git.ask("rev-parse", "--git-dir")

    def commit(self, revision: str) -> str | None:
        """The commit of a revision in full; ``None`` when there is none here."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        lines = self._git.ask(*words, codes=(0, 1, 128))[1].split()
        return next((line for line in reversed(lines) if len(line) in (40, 64) and line.isalnum()), None)

    def built_from(self, image_tag: str) -> Base:
        """The commit of an image tag: itself, or the tag of git with this name. A branch moves, so it is none."""
        if re.fullmatch(r"[0-9a-f]{7,64}", image_tag):
            return Base(image_tag)
        if image_tag and not image_tag.startswith("-") and self.commit(f"refs/tags/{image_tag}") is not None:
            return Base(f"refs/tags/{image_tag}")
        return Base(why=f"its image tag {image_tag} names no commit") if image_tag else Base()

    def is_shallow(self) -> bool:
        """Whether the clone has only the end of the history."""
        return self._git.ask("rev-parse", "--is-shallow-repository")[1].strip() == "true"

    def in_one_line(self, first: str, second: str) -> bool:
        """Whether one of two commits comes after the other."""
        merge_base = self._git.ask("merge-base", first, second, codes=(0, 1))[1].split()
        return bool(merge_base) and merge_base[0] in (first, second)

    def changes(self, base: str, head: str) -> list[Change]:
        """The files that differ."""
        words = ("diff-tree", "-r", "-z", "--raw", "--no-commit-id", "-M100%", "--ignore-submodules=none", base, head)
        return list(parse_raw(self._git.ask(*words)[1]))

    def read(self, commit: str) -> tuple[Snapshot, Graph]:
        """A commit's files and its builds.

        :raises SlipwayError: a build tool could not read them either.
        """
        if commit not in self._known:
            files = parse_tree(self._git.ask("ls-tree", "-r", "-z", "--full-tree", commit)[1])
            self._known[commit] = read_builds(commit, files, lambda paths: self._contents(files, paths), self._poms)
        return self._known[commit]

    def _contents(self, files: Mapping[str, Entry], paths: Iterable[str]) -> dict[str, bytes]:
        wanted = list(paths)
        if not wanted:
            return {}
        asked = "".join(f"{files[path].blob}\n" for path in wanted)
        output = self._git.ask("cat-file", "--batch", "--buffer", stdin=asked)[1]
        return dict(zip(wanted, parse_batch(output.encode("utf-8", "surrogateescape")), strict=True))


def parse_raw(text: str) -> Iterator[Change]:
    """The changes that ``git diff-tree --raw -z`` prints."""
    words = iter(text.split("\0"))
    for facts in words:
        if not facts.startswith(":"):
            continue
        old_mode, new_mode, _old, _new, status = facts[1:].split(" ")
        first = next(words)
        second = next(words) if status[0] in "RC" else first
        old = None if status[0] in "AC" else first
        new = None if status[0] == "D" else second
        yield Change(status[0], old, new, SUBMODULE in (old_mode, new_mode))


def parse_tree(text: str) -> dict[str, Entry]:
    """The files that ``git ls-tree -r -z`` prints."""
    files: dict[str, Entry] = {}
    for line in text.split("\0"):
        if line:
            facts, _tab, path = line.partition("\t")
            mode, _kind, blob = facts.split(" ")
            files[path] = Entry(mode, blob)
    return files


def parse_batch(output: bytes) -> Iterator[bytes]:
    """The contents that ``git cat-file --batch`` prints."""
    position = 0
    while position < len(output):
        end = output.index(b"\n", position)
        words = output[position:end].split()
        if len(words) != 3:  # name, kind, size; else it is missing
            yield b""
            position = end + 1
            continue
        size = int(words[2])
        yield output[end + 1 : end + 1 + size]
        position = end + 2 + size


def detect_changes(
    repository: Repository,
    services: Sequence[Service],
    bases: Mapping[str, Base],
    head: str,
    choices: Choices,
    force: str = "",
) -> Detection:
    """The services that a commit changes.

    :param bases: the commit that each service runs.
    :param force: why all are meant whatever changed, if they are.
    :raises SlipwayError: the head is not there or cannot be built; a service has no module.
    """
    commit = repository.commit(head)
    if commit is None:
        raise SlipwayError(f"there is no commit {head[:60]!r}", "the repository", "Fetch it, or name another one")
    newest = repository.read(commit)
    if force:
        modules_of(services, newest)
        return replace(everything(services, force), head=commit)
    groups: dict[Base, list[Service]] = {}
    for service in services:
        groups.setdefault(bases.get(service.name, Base()), []).append(service)
    found = [_since(repository, group, base, commit, choices) for base, group in groups.items()]
    return replace(merged(services, found), head=commit)


def _since(repository: Repository, services: list[Service], base: Base, head: str, choices: Choices) -> Detection:
    old = repository.commit(base.revision) if base.revision else None
    newest = repository.read(head)
    why = _unknown(repository, base, old, head)
    if old is not None and not why:
        try:
            oldest = repository.read(old)
        except SlipwayError as error:
            why = f"the base cannot be read: {error}"
        else:
            return detect(services, oldest, newest, repository.changes(old, head), choices)
    modules_of(services, newest)
    return everything(services, why, old or base.revision)


def _unknown(repository: Repository, base: Base, old: str | None, head: str) -> str:
    """Why it cannot be told what changed since a base; empty when it can."""
    if not base.revision:
        return base.why
    if repository.is_shallow():
        return "the clone is shallow: fetch the whole history (fetch-depth: 0)"
    if old is None:
        return f"there is no commit {base.revision[:12]} here: the history was rewritten, or it was not fetched"
    if not repository.in_one_line(old, head):
        return f"{old[:12]} is not in the history of {head[:12]}: it was rewritten, or is of another branch"
    return ""
