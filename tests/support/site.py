# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site to deploy: its repository, with a commit and tags for each release.

    site = Site.make(tmp_path / "SaliteMiHret")     # a git repository, branch deploy/stmary-staging
    site.commits["staging-20261101"]                # also by the production tag of the same commit

``python -m tests.support.site DIRECTORY`` makes the repository there.
See tests/fixtures/site/README.md for what the releases are, tests/support/site_builds.py for what is built of them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support import fixtures

SOURCE = fixtures.ROOT / "tests" / "fixtures" / "site"
BRANCH = "deploy/stmary-staging"
NOTES = "docs/releases"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "dist", ".venv")


@dataclass(frozen=True)
class Release:
    """A commit: the files that are laid over the base, and its tags."""

    staging: str
    layers: tuple[str, ...] = ()
    production: str = ""
    notes: bool = True
    """Whether there are release notes for production."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Its tags."""
        return (self.staging, self.production) if self.production else (self.staging,)


FIRST = "staging-20261101"
SAME = "staging-20261101.2"
SECOND = "staging-20261108"
NEVER_HEALTHY = "staging-20261115"
HALF_MIGRATED = "staging-20261116"
TWO_HEADS = "staging-20261117"
NO_BUILD = "staging-20261118"
INCOMPATIBLE = "staging-20261119"
NO_LOGIN = "staging-20261120"
THIRD = "staging-20261122"

RELEASES = {
    release.staging: release
    for release in (
        Release(FIRST, (), "prod-20261102"),
        Release(SAME, (), "prod-20261102.2", notes=False),
        Release(SECOND, ("20261108",), "prod-20261109"),
        Release(NEVER_HEALTHY, ("20261108", "20261115"), "prod-20261116"),
        Release(HALF_MIGRATED, ("20261108", "20261116")),
        Release(TWO_HEADS, ("20261108", "20261117")),
        Release(NO_BUILD, ("20261108", "20261118")),
        Release(INCOMPATIBLE, ("20261108", "20261119"), "prod-20261119"),
        Release(NO_LOGIN, ("20261108", "20261120"), "prod-20261120"),
        Release(THIRD, ("20261108", "20261122"), "prod-20261123"),
    )
}


def release_of(tag: str) -> Release:
    """The release that has the tag. Raises KeyError."""
    return next((one for one in RELEASES.values() if tag in one.tags), None) or RELEASES[tag]


def write_source(tag: str, directory: Path) -> None:
    """The files of the commit that has the tag, laid into a directory."""
    release = release_of(tag)
    for layer in ("base", *release.layers):
        shutil.copytree(SOURCE / layer, directory, ignore=LEFT_OUT, dirs_exist_ok=True)
    (directory / "RELEASE").write_text(f"{release.staging}\n", encoding="utf-8")
    notes = directory / NOTES
    notes.mkdir(parents=True)
    for earlier in RELEASES.values():
        if earlier.production and earlier.notes:
            text = f"# {earlier.production}\n\n- As tested on staging as {earlier.staging}.\n"
            (notes / f"{earlier.production}.md").write_text(text, encoding="utf-8")
        if earlier == release:
            break


@dataclass
class Site:
    """The repository in ``directory``; ``commits`` by tag."""

    directory: Path
    commits: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, directory: Path, tags: Iterable[str] = tuple(RELEASES)) -> Self:
        """Make the repository: the releases of these staging tags, in order, with annotated tags.

        Same source, same commits: dates and names are fixed. Raises FixtureError.
        """
        directory.mkdir(parents=True)
        made = cls(directory)
        made.git("init", "-q", "-b", BRANCH)
        for number, staging in enumerate(tags):
            made.commit(staging, number)
        return made

    def commit(self, staging: str, number: int) -> None:
        """Add a release to the branch."""
        for path in self.directory.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_source(staging, self.directory)
        self.git("add", "-A", when=number)
        self.git("commit", "-q", "-m", f"chore(release): {staging}", when=number)
        for tag in RELEASES[staging].tags:
            self.tag(tag, when=number)

    def tag(self, name: str, commit: str = "HEAD", when: int = 0) -> None:
        """Give a commit an annotated tag."""
        self.git("tag", "-a", "-m", name, name, commit, when=when)
        self.commits[name] = self.git("rev-parse", f"{name}^{{commit}}")

    def git(self, *arguments: str, when: int = 0) -> str:
        """Run git in the repository; what it printed. Raises FixtureError."""
        return fixtures.git(self.directory, *arguments, name="Salite", when=f"2026-11-{when + 1:02d}T12:00:00Z")


def main(arguments: list[str]) -> int:
    """The command line; returns the exit code."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    made = Site.make(Path(arguments[0]))
    for tag, commit in made.commits.items():
        print(tag, commit)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
