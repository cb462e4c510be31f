# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reads a clone for what is published from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ..common.errors import SlipwayError, SlipwayErrors
from ..git.pom import maven_version
from ..git.repository import Repository
from ..git.run import Credentials, Git
from ..git.version import check_directory
from .model import BACKEND
from .parts import POM, Part, check_branch, check_version, find_part
from .publisher import Commit

_SHORT = 12
#: Before this time an archive of Java's cannot be dated.
_EARLIEST = 315_619_200


class Clone(NamedTuple):
    """A clone of the source."""

    git: Git

    @classmethod
    def open(cls, path: str) -> Clone:
        """The clone in a directory.

        :raises SlipwayError: there is none.
        """
        if not path:
            raise SlipwayError("source_path is not set", "source_path", "Name a clone: -e source_path=../backend")
        place = Path(path).expanduser()
        if not place.is_dir():
            where = f"source_path ({path[:200]})"
            raise SlipwayError("there is no such directory", where, "Name a clone of the source")
        git = Git(place.absolute(), "the source", Credentials())
        git.ask("rev-parse", "--git-dir")
        return cls(git)

    def remote(self) -> str:
        """The address of its remote, or its directory."""
        code, url = self.git.ask("remote", "get-url", "--", "origin", codes=(0, 2, 128))
        return str(self.git.directory) if code else url.strip()

    def commit(self, head: str, branch: str, environ: Mapping[str, str]) -> Commit:
        """The commit of a revision.

        :param branch: that it is on; empty for the one that is checked out, or that GitHub's workflow runs for.
        :raises SlipwayError: there is no such commit, or it is not known on which branch it is.
        """
        commit = Repository(self.git, "", head).resolve()
        if not branch and environ.get("GITHUB_REF_TYPE") == "branch":
            branch = environ.get("GITHUB_REF_NAME", "")
        if not branch:
            branch = self.git.ask("symbolic-ref", "--quiet", "--short", "HEAD", codes=(0, 1))[1].strip()
        if not branch:
            raise SlipwayError("it is not known which branch this is", "-e branch", "Name it: -e branch=develop")
        seconds = int(self.git.ask("show", "--no-patch", "--format=%ct", commit)[1].split()[-1])
        time = datetime.fromtimestamp(max(seconds, _EARLIEST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Commit(commit, check_branch(branch, "-e branch"), time)

    def parts(self, commit: str, module: str | None, packages: Sequence[str]) -> tuple[tuple[Part, ...], list[str]]:
        """What a commit has of what is declared, and the names of what it has not.

        :param module: the directory of the service's module; ``None`` if no jar is published.
        :raises SlipwayErrors: a file is not valid, or nothing is there; all mistakes are named.
        """
        found: list[Part] = []
        elsewhere: list[str] = []
        errors: list[SlipwayError] = []
        for path in packages:
            try:
                part = find_part(path, lambda name: self._file(commit, name), lambda name: self._where(commit, name))
            except SlipwayError as error:
                errors.append(error)
                continue
            if part is None:
                elsewhere.append(path or ".")
            else:
                found.append(part)
        if module is not None:
            try:
                jar = self._jar(commit, module)
            except SlipwayError as error:
                errors.append(error)
            else:
                found += [jar] if jar else []
                elsewhere += [] if jar else [BACKEND]
        if errors:
            raise SlipwayErrors(errors)
        if not found:
            what = f"commit {commit[:_SHORT]} has nothing that is published: {', '.join(elsewhere)}"
            raise SlipwayError(
                what, self.git.place, "Correct backend_module or publish_packages, or name another clone"
            )
        return tuple(found), elsewhere

    def _jar(self, commit: str, module: str) -> Part | None:
        path = check_directory(module, "backend_module")
        name = f"{path}/{POM}" if path else POM
        text = self._file(commit, name)
        if text is None:
            return None
        where = self._where(commit, name)
        return Part(BACKEND, path, check_version(maven_version(text, where), where), where)

    def _file(self, commit: str, path: str) -> str | None:
        code, text = self.git.ask("cat-file", "blob", f"{commit}:{path}", codes=(0, 128))
        return None if code else text

    def _where(self, commit: str, path: str) -> str:
        return f"{path} (commit {commit[:_SHORT]})"
