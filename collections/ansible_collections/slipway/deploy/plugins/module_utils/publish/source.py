# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a clone for what is published from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..common.errors import SlipwayError, SlipwayErrors
from ..git.run import Credentials, Git
from ..git.version import check_directory
from ..image_builds.origin import branch_of, source_address
from ..policy.api import Source
from ..policy.branches import Branch, read_branch
from ..policy.model import Rules
from ..policy.versions import check_version
from .model import BACKEND, MAVEN, Package
from .parts import POM, Part, check_branch, check_text, find_part, jar_tag
from .publisher import Commit

_SHORT = 12
#: Without rules of its own, a repository has these branches, and all others that it likes.
_DEVELOP = ("develop", "dev")


@dataclass
class Clone:
    """A clone of the source.

    :ivar rules: the conventions of the repository; ``None`` if none are declared.
    """

    place: Path
    rules: Rules | None = None
    git: Git = field(init=False)

    def __post_init__(self) -> None:
        self.git = Git(self.place.absolute(), "the source", Credentials())
        self._source = Source(self.git)
        self._source.check()

    def address(self, declared: str) -> str:
        """The address of its repository.

        :param declared: what the inventory says.
        """
        return source_address(self.git, declared)

    def commit(self, head: str, branch: str) -> Commit:
        """The commit of a revision.

        :param branch: that it is on; empty for the one that is checked out.
        :raises SlipwayError: there is no such commit, or it is not known on which branch it is.
        """
        name = check_branch(branch_of(self.git, branch, head), "-e branch")
        commit = self._source.resolve(head or "HEAD")
        return Commit(commit, name)

    def main(self) -> str:
        """The branch of stable versions."""
        return self.rules.main if self.rules is not None else Rules("", "services").main

    def check_tag(self, tag: str, commit: Commit, parts: Sequence[Part], group: str) -> None:
        """Refuse a release's tag that is not the one of the jar, or whose commit is not on the branch of releases.

        :param group: begins the tags of jars.
        :raises SlipwayError: with the tag to set.
        """
        jar = next((part for part in parts if part.kind == BACKEND), None)
        if jar is not None and tag != jar_tag(group, jar.version, commit.commit):
            what = f"the tag {tag[:60]} is on a commit whose version is {jar.version}"
            remedy = f"Tag the commit of that version, or release {jar_tag(group, jar.version, commit.commit)}"
            raise SlipwayError(what, jar.where, remedy)
        onto = f"refs/remotes/origin/{self.main()}"
        # 128: a clone without that branch cannot say it.
        if self.git.ask("merge-base", "--is-ancestor", commit.commit, onto, codes=(0, 1, 128))[0] == 1:
            what = f"the commit of the tag {tag[:60]} is not on {self.main()}"
            raise SlipwayError(what, self.git.place, f"Merge it into {self.main()} and tag it there")

    def parts(self, commit: Commit, module: str | None, packages: Sequence[str]) -> tuple[tuple[Part, ...], list[str]]:
        """What a commit has of what is declared, and the names of what it has not.

        :param module: the directory of the service's module; ``None`` if no jar is published.
        :raises SlipwayErrors: a file is not valid, a version is not one of the branch, or nothing is there.
        """
        found: list[Part] = []
        elsewhere: list[str] = []
        errors: list[SlipwayError] = []
        for path in packages:
            with _kept(errors):
                part = self._package(commit, path)
                found += [part] if part else []
                elsewhere += [] if part else [path or "."]
        if module is not None:
            with _kept(errors):
                jar = self._jar(commit, module)
                found += [jar] if jar else []
                elsewhere += [] if jar else [BACKEND]
        if errors:
            raise SlipwayErrors(dict.fromkeys(errors))
        if not found:
            what = f"commit {commit.commit[:_SHORT]} has nothing that is published: {', '.join(elsewhere)}"
            remedy = "Correct backend_module or publish_packages, or name another clone"
            raise SlipwayError(what, self.git.place, remedy)
        return tuple(found), elsewhere

    def _jar(self, commit: Commit, module: str) -> Part | None:
        path = check_directory(module, "backend_module")
        name = f"{path}/{POM}" if path else POM
        if self._file(commit, name) is None:
            return None
        version, where = self._version(commit, name)
        self.check(version, commit, where, library=False)
        return Part(BACKEND, path, check_text(version, where), where)

    def _package(self, commit: Commit, path: str) -> Part | None:
        part = find_part(path, lambda name: self._file(commit, name), lambda name: _where(commit, name))
        if part is None:
            return None
        if part.kind == MAVEN:
            version, where = self._version(commit, f"{path}/{POM}" if path else POM)
            part = replace(part, version=check_text(version, where))
        version = part.package.version if isinstance(part.package, Package) else part.version
        self.check(version, commit, part.where, library=True)
        return part

    def _version(self, commit: Commit, name: str) -> tuple[str, str]:
        """The version that a pom has, with what it inherits."""
        rules = replace(self.rules or Rules("", "services"), version_file=name)
        written = self._source.version(commit.commit, rules)
        if written.error is not None:
            raise written.error
        return written.text, written.where

    def check(self, version: str, commit: Commit, where: str, *, library: bool) -> None:
        """Refuse a version that the branch may not have.

        A package's snapshot on a feature branch has the task's id: otherwise two branches would replace each other's.

        :param library: whether it is a package's.
        :raises SlipwayError: with the version to write.
        """
        branch, rules = self._branch(commit)
        if branch is not None and branch.kind != "other":
            check_version(version, branch, replace(rules, strategy="library") if library else rules, where)

    def _branch(self, commit: Commit) -> tuple[Branch | None, Rules]:
        if self.rules is not None:
            return read_branch(commit.branch, self.rules, "-e branch"), self.rules
        rules = Rules("", "services", develop=_DEVELOP)
        with suppress(SlipwayError):
            return read_branch(commit.branch, rules), rules
        return None, rules

    def _file(self, commit: Commit, path: str) -> str | None:
        code, text = self.git.ask("cat-file", "blob", f"{commit.commit}:{path}", codes=(0, 128))
        return None if code else text


def _where(commit: Commit, path: str) -> str:
    return f"{path} (commit {commit.commit[:_SHORT]})"


@contextmanager
def _kept(errors: list[SlipwayError]) -> Iterator[None]:
    """All that is wrong is said at once."""
    try:
        yield
    except SlipwayErrors as error:
        errors.extend(error.errors)
    except SlipwayError as error:
        errors.append(error)
