# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Checks a branch against the conventions of its repository. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..common.errors import SlipwayError, SlipwayErrors
from ..common.text import clean, plural
from .branches import Branch, check_target, read_branch
from .commits import read_message
from .model import Rules
from .versions import Known, check_forward, check_version

SCHEMA = "slipway/conventions/1"
_SHORT = 12


class Commit(NamedTuple):
    """A commit with its message."""

    id: str
    parents: int
    message: str


class Written(NamedTuple):
    """A version as a file says it, and what is wrong with that file, if anything is."""

    text: str
    where: str
    error: SlipwayError | None = None


@dataclass(frozen=True)
class Seen:
    """What there is to check.

    :ivar branch: its name; empty to check none.
    :ivar target: the branch that its pull request goes to; empty without one.
    :ivar head: its commit; empty for a message that is being written.
    :ivar message: the message that is being written.
    :ivar merging: that is a merge's.
    :ivar commits: the new commits, newest first.
    :ivar written: the version at the head; ``None`` if that is not checked.
    :ivar before: versions that must not be undercut.
    """

    branch: str
    target: str = ""
    head: str = ""
    message: str | None = None
    merging: bool = False
    commits: tuple[Commit, ...] = ()
    written: Written | None = None
    before: tuple[Known, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A branch that was checked, with all that is wrong with it."""

    seen: Seen
    rules: Rules
    branch: Branch | None
    version: str
    errors: tuple[SlipwayError, ...]

    @property
    def line(self) -> str:
        """It in one line."""
        count = len(self.seen.commits)
        said = [self.rules.repository, self.seen.branch, self.version, plural(count, "commit") if count else ""]
        said += ["message" if self.seen.message is not None else ""]
        verdict = plural(len(self.errors), "violation") if self.errors else "passed"
        return " · ".join(clean(part) for part in (*said, verdict) if part)

    def document(self) -> dict[str, Any]:
        """It as a result."""
        return {
            "branch": self.seen.branch or None,
            "kind": self.branch.kind if self.branch else None,
            "task": (self.branch.task or None) if self.branch else None,
            "head": self.seen.head or None,
            "version": self.version or None,
            "commits": len(self.seen.commits),
        }


def check(seen: Seen, rules: Rules) -> Checked:
    """Check the name of a branch, the target of its pull request, its messages and its version."""
    errors: list[SlipwayError] = []
    branch: Branch | None = None
    if seen.branch:
        with _kept(errors):
            branch = read_branch(seen.branch, rules)
    if branch is not None and seen.target:
        with _kept(errors):
            check_target(branch, seen.target, rules)
    if seen.message is not None:
        with _kept(errors):
            read_message(seen.message, rules.types, "the message", merge=seen.merging, draft=True)
    for commit in seen.commits:
        with _kept(errors):
            merge = commit.parents > 1
            read_message(commit.message, rules.types, f"commit {commit.id[:_SHORT]}", merge=merge)
    version = ""
    if seen.written is not None and rules.versioned:
        version = seen.written.text
        with _kept(errors):
            _check_version(seen.written, seen, branch, rules)
    return Checked(seen, rules, branch, version, tuple(errors))


def _check_version(written: Written, seen: Seen, branch: Branch | None, rules: Rules) -> None:
    if written.error is not None:
        raise written.error
    if branch is not None and branch.kind != "other":
        into_main = seen.target == rules.main
        version = check_version(written.text, branch, rules, written.where, into_main=into_main)
        check_forward(version, seen.before, branch, rules, written.where)


@contextmanager
def _kept(errors: list[SlipwayError]) -> Iterator[None]:
    """All that is wrong is said at once."""
    try:
        yield
    except SlipwayErrors as error:
        errors.extend(error.errors)
    except SlipwayError as error:
        errors.append(error)
