# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a clone for its conventions: git's answers, and the files that tools hand over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ..changes.api import Repository, parse_batch, parse_tree
from ..changes.model import Snapshot
from ..common.errors import SlipwayError
from ..git.run import Git
from ..versions.tag import parse_semver
from .branches import Branch, read_branch
from .check import Commit, Seen, Written
from .commits import strip_comments
from .model import Rules
from .project import needed, read_version, version_file
from .tags import releases
from .versions import Known

_NONE = re.compile(r"0{40}|0{64}")
_LOG = ("-z", "--no-show-signature", "--no-color", "--encoding=UTF-8", "--format=tformat:%H%x00%P%x00%B")
_SHORT = 12


class Pushed(NamedTuple):
    """A branch that is pushed or merged.

    :ivar base: the commit before; empty if that is not known.
    :ivar head: a revision.
    :ivar hook: git is pushing it, and the base may be a commit that was never fetched.
    """

    branch: str
    base: str
    head: str
    target: str = ""
    hook: bool = False


class Source:
    """A clone.

    :param git: runs git there.
    :param remote: the name of its remote.
    """

    def __init__(self, git: Git, remote: str = "origin") -> None:
        self._git = git
        self._repository = Repository(git)
        self._remote = remote

    def check(self) -> None:
        """Make sure that this is a repository.

        :raises SlipwayError: it is none, or another user's.
        """
        self._repository.check()

    def branch(self) -> str:
        """The branch that is checked out; empty for none."""
        return self._git.ask("symbolic-ref", "--quiet", "--short", "HEAD", codes=(0, 1))[1].strip()

    def resolve(self, revision: str) -> str:
        """The commit of a revision.

        :raises SlipwayError: there is none.
        """
        found = self._repository.commit(revision)
        if found is None:
            remedy = "Fetch it (with the whole history: fetch-depth: 0), or name another one"
            raise SlipwayError(f"there is no commit {revision[:60]!r}", self._git.place, remedy)
        return found

    def refuse_shallow(self) -> None:
        """Make sure that the history is there.

        :raises SlipwayError: the clone is shallow.
        """
        if self._repository.is_shallow():
            remedy = "Fetch the whole history: git fetch --unshallow, or fetch-depth: 0"
            raise SlipwayError("the clone is shallow, so the releases before are not known", self._git.place, remedy)

    def history(self, commit: str) -> frozenset[str]:
        """A commit and all before it."""
        return frozenset(self._git.ask("rev-list", commit)[1].split())

    def tags(self) -> dict[str, str]:
        """The tags here, name → commit; those of other objects are left out."""
        form = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        found: dict[str, str] = {}
        for line in self._git.ask("for-each-ref", form, "refs/tags")[1].splitlines():
            name, kind, commit, inner, tagged = line.split("\0")
            if "commit" in (kind, inner):
                found[name] = commit if kind == "commit" else tagged
        return found

    def version(self, commit: str, rules: Rules) -> Written:
        """The version that a commit has."""
        where = f"commit {commit[:_SHORT]}"
        try:
            files = parse_tree(self._git.ask("ls-tree", "-r", "-z", "--full-tree", commit)[1])
            path = version_file(files, rules.version_file, where)
            wanted = needed(files, path)
            asked = "".join(f"{files[name].blob}\n" for name in wanted)
            output = self._git.ask("cat-file", "--batch", "--buffer", stdin=asked)[1]
            contents = parse_batch(output.encode("utf-8", "surrogateescape"))
            snapshot = Snapshot(commit, files, dict(zip(wanted, contents, strict=True)))
            return Written(read_version(snapshot, path), snapshot.where(path))
        except SlipwayError as error:
            return Written("", where, error)

    def agreed_version(self, commit: str, rules: Rules) -> Written:
        """The version that all files of the rules have."""
        written = self.version(commit, rules)
        for name in rules.more_files if written.error is None else ():
            other = self.version(commit, replace(rules, version_file=name))
            if other.error is not None:
                return other
            if other.text != written.text:
                what = f"its version is {other.text}, and {written.text} in {written.where.partition(' ')[0]}"
                return Written("", other.where, SlipwayError(what, other.where, "Set them to the same version"))
        return written

    def parent_version(self, commit: str, rules: Rules) -> list[Known]:
        """The version of the commit before, if there is one that has a valid one."""
        parents = self._git.ask("rev-list", "--parents", "--max-count=1", commit)[1].split()[1:]
        return list(self._known(parents[0], rules)) if parents else []

    def _known(self, commit: str, rules: Rules) -> Iterator[Known]:
        written = self.version(commit, rules)
        version = parse_semver(written.text) if written.error is None else None
        if version is not None:
            yield Known(version, f"commit {commit[:_SHORT]}")

    def see(self, pushed: Pushed, rules: Rules) -> Seen:
        """What there is to check of a branch.

        :raises SlipwayError: a commit is not there.
        """
        head = self.resolve(pushed.head)
        try:
            branch = read_branch(pushed.branch, rules)
        except SlipwayError:
            branch = Branch(pushed.branch, "feature")
        base, excluded = self._bases(pushed, branch, head, rules)
        commits = tuple(self._commits(head, excluded)) if base != head else ()
        if not rules.versioned:
            return Seen(pushed.branch, pushed.target, head, commits=commits)
        return Seen(
            pushed.branch,
            pushed.target,
            head,
            commits=commits,
            written=self.agreed_version(head, rules),
            before=tuple(self._before(head, base, rules)),
        )

    def _bases(self, pushed: Pushed, branch: Branch, head: str, rules: Rules) -> tuple[str, list[str]]:
        """The commit to compare the version with, and the commits whose history is not new."""
        new = _NONE.fullmatch(pushed.base)
        if pushed.base and not new and not (pushed.hook and self._repository.commit(pushed.base) is None):
            base = self.resolve(pushed.base)
            return self._merge_base(head, base), [base]
        names = [pushed.target] if pushed.target else []
        if branch.kind == "develop" and new:
            names.append(rules.main)
        if branch.kind not in ("main", "develop", "other"):
            names += (rules.main, *rules.develop) if branch.kind == "hotfix" else (*rules.develop, rules.main)
        found = [commit for name in names if name and (commit := self._tip(name)) is not None]
        if found:
            return self._merge_base(head, found[0]), found
        parents = self._git.ask("rev-list", "--parents", "--max-count=1", head)[1].split()[1:]
        return (parents[0], parents[:1]) if parents else ("", [])

    def _tip(self, name: str) -> str | None:
        for reference in (f"refs/remotes/{self._remote}/{name}", f"refs/heads/{name}"):
            commit = self._repository.commit(reference)
            if commit is not None:
                return commit
        return None

    def _merge_base(self, first: str, second: str) -> str:
        return next(iter(self._git.ask("merge-base", first, second, codes=(0, 1))[1].split()), "")

    def _commits(self, head: str, excluded: Sequence[str]) -> Iterator[Commit]:
        words = self._git.ask("log", *_LOG, head, *(f"^{commit}" for commit in excluded))[1].split("\0")
        for index in range(0, len(words) - 2, 3):
            commit, parents, message = words[index : index + 3]
            yield Commit(commit.strip(), len(parents.split()), message)

    def _before(self, head: str, base: str, rules: Rules) -> Iterator[Known]:
        tags = self.tags()
        known = releases(rules, tags)
        if known:
            history = self.history(head)
            yield from (Known(version, name) for name, version in known.items() if tags[name] in history)
        if base:
            yield from self._known(base, rules)

    def draft(self, path: Path) -> Seen:
        """The message that is being written.

        :raises SlipwayError: the file cannot be read.
        """
        comment = self._git.ask("config", "--get", "core.commentChar", codes=(0, 1))[1].strip()
        text = _read(path, "the message")
        message = strip_comments(text, comment if len(comment) == 1 else "#")
        return Seen(self.branch(), message=message, merging=self._repository.commit("MERGE_HEAD") is not None)


def read_pushed(path: Path) -> list[Pushed]:
    """The branches that git hands to a pre-push hook: https://git-scm.com/docs/githooks#_pre_push.

    :raises SlipwayError: the file cannot be read, or is not what git hands over.
    """
    found: list[Pushed] = []
    for line in _read(path, "what is pushed").splitlines():
        words = line.split(" ")
        if len(words) != 4:
            raise SlipwayError("it is not what git hands to a pre-push hook", str(path), "Start it as a hook of git")
        _local, head, remote, base = words
        if remote.startswith("refs/heads/") and not _NONE.fullmatch(head):
            found.append(Pushed(remote.removeprefix("refs/heads/"), base, head, hook=True))
    return found


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise SlipwayError(f"{what} cannot be read: {(error.strerror or '').lower()}", str(path)) from error
