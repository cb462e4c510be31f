# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks git what differs between two commits, and what their files say: a handful of commands for any history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..common.errors import SlipwayError, raise_all
from ..git.run import Git
from .builds import Poms, read_builds
from .detect import Choices, Decision, Detection, detect, everything, merged
from .model import SUBMODULE, Change, Entry, Graph, Snapshot
from .services import Service, modules_of


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
        self._commits: dict[str, str | None] = {}

    def check(self) -> None:
        """Make sure that this is a repository.

        :raises SlipwayError: it is none, or another user's.
        """
        self._git.ask("rev-parse", "--git-dir")

    def commit(self, revision: str) -> str | None:
        """The commit of a revision in full; ``None`` when there is none here."""
        if revision not in self._commits:
            words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            lines = self._git.ask(*words, codes=(0, 1, 128))[1].split()
            found = (line for line in reversed(lines) if len(line) in (40, 64) and line.isalnum())
            self._commits[revision] = next(found, None)
        return self._commits[revision]

    def remotes(self) -> list[str]:
        """The addresses of its remotes."""
        lines = self._git.ask("config", "--get-regexp", r"^remote\..*\.url$", codes=(0, 1))[1].splitlines()
        return [line.partition(" ")[2] for line in lines]

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

    def line(self, base: str, head: str) -> tuple[str, str]:
        """Why all is meant when a base is not in one line with the head, and what to know when it is not.

        A branch that was deployed is compared by its files, as any commit. One that no branch has any more is of a
        history that was rewritten.
        """
        found = self._git.ask("merge-base", base, head, codes=(0, 1))[1].split()
        if found and found[0] in (base, head):
            return "", ""
        if self.is_shallow():
            what = f"the clone is shallow, and its commits do not lead from {base[:12]} to {head[:12]}"
            return f"{what}: fetch the whole history (fetch-depth: 0)", ""
        if not found:
            return f"{base[:12]} and {head[:12]} have no common history: it was rewritten", ""
        if not (branches := self._branches(base)):
            what = f"{base[:12]} is not in the history of {head[:12]}, and no branch here has it"
            return f"{what}: the history was rewritten", ""
        where = f"they part at {found[0][:12]}"
        return "", f"{base[:12]} is of branch {branches[0]}, beside {head[:12]}: {where}, and their files are compared"

    def _branches(self, commit: str) -> list[str]:
        """The branches with a commit: the remote's if there is one, for a branch here may be from before a rewrite."""
        for place in ("refs/remotes", "refs/heads"):
            words = ("for-each-ref", "--format=%(refname:lstrip=2)", place)
            if self._git.ask(*words, "--count=1")[1].strip():
                return self._git.ask(*words, f"--contains={commit}")[1].splitlines()
        return []

    def had(self, head: str, path: str) -> bool:
        """Whether a commit before the head had a file or directory."""
        words = ("log", "-1", "--format=%H", head, "--", f":(literal){path.strip('/')}")
        return bool(self._git.ask(*words)[1].strip())

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
        first = next(words, "")
        second = next(words, "") if status[0] in "RC" else first
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
            what = "the clone has not all files of its commits"
            raise SlipwayError(what, "the source", "Fetch them: a partial clone needs its remote")
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
        raise SlipwayError(f"there is no commit {head[:60]!r}", "-e head", "Fetch it, or name another one")
    repository.read(commit)
    if force:
        return replace(merged(services, [_everything(repository, services, commit, force, "")]), head=commit)
    groups: dict[Base, list[Service]] = {}
    for service in services:
        groups.setdefault(bases.get(service.name, Base()), []).append(service)
    found = [
        _since(repository, group, base, commit, replace(choices, others=_without(group, services, choices)))
        for base, group in groups.items()
    ]
    return replace(merged(services, found), head=commit)


def _without(group: Sequence[Service], services: Sequence[Service], choices: Choices) -> tuple[Service, ...]:
    return tuple(item for item in (*services, *choices.others) if item not in group)


def _since(repository: Repository, services: list[Service], base: Base, head: str, choices: Choices) -> Detection:
    old = repository.commit(base.revision) if base.revision else None
    newest = repository.read(head)
    why, note = _unknown(repository, base, old), ""
    if old is not None and not why:
        why, note = repository.line(old, head)
    if old is not None and not why:
        try:
            oldest = repository.read(old)
        except SlipwayError as error:
            why = f"the base cannot be read: {error}"
        else:
            found = detect(services, oldest, newest, repository.changes(old, head), choices)
            return replace(found, notes=(*found.notes, *([note] if note else ())))
    return _everything(repository, services, head, why, old or base.revision)


def _everything(repository: Repository, services: Sequence[Service], head: str, why: str, base: str) -> Detection:
    """All services that the head still has modules of.

    :raises SlipwayErrors: a service has no module, and never had one.
    """
    kept: list[Service] = []
    gone: list[Decision] = []
    errors: list[SlipwayError] = []
    for service in services:
        try:
            modules_of([service], repository.read(head))
            kept.append(service)
        except SlipwayError as error:
            if any(repository.had(head, module) for module in service.modules):
                gone.append(Decision(service.name, False, gone=True, base=base))
            else:
                errors.append(error)
    raise_all(errors)
    found = everything(kept, why, base)
    return replace(found, decisions=(*found.decisions, *gone), notes=repository.read(head)[1].notes)


def _unknown(repository: Repository, base: Base, old: str | None) -> str:
    """Why there is no base to compare with; empty when there is one."""
    if not base.revision:
        return base.why
    if old is not None:
        return ""
    if repository.is_shallow():
        return f"the clone is shallow and has no commit {base.revision[:12]}: fetch the whole history (fetch-depth: 0)"
    return f"there is no commit {base.revision[:12]} here: the history was rewritten, or it was not fetched"
