# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the source comes from, and its files in a directory of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.run import Credentials, Git
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.origin import (
    branch_of,
    source_address,
    web_address,
)
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.source import write_commit


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/backend",
        "https://github.com/acme/backend.git",
        "https://github.com/acme/backend/",
        "https://someone:secret@github.com/acme/backend.git",
        "https://x-access-token:ghs_1@github.com/acme/backend",
        "git@github.com:acme/backend.git",
        "github.com:acme/backend",
        "ssh://git@github.com:22/acme/backend.git",
        "git://github.com/acme/backend.git",
    ],
)
def test_an_address_does_not_depend_on_the_clone(url: str) -> None:
    assert web_address(url) == "https://github.com/acme/backend"


@pytest.mark.parametrize(
    "url", ["", "/srv/git/backend.git", "../backend", "file:///srv/git/x", "https://", "https://[x"]
)
def test_a_place_on_a_machine_is_no_address(url: str) -> None:
    assert web_address(url) == ""


def git(place: Path, *words: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *settings, *words], cwd=place, capture_output=True, check=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    place = tmp_path / "clone"
    place.mkdir()
    git(place, "init", "-q", "-b", "develop")
    (place / ".gitattributes").write_text("tests export-ignore\n")
    (place / "tests").mkdir()
    (place / "tests" / "äö {{ 1 }}.txt").write_text("1")
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o777)
    (place / "link").symlink_to("run.sh")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "work", "--date", "2026-11-30T12:00:00Z")
    return place


def test_the_files_are_the_commits(clone: Path, tmp_path: Path) -> None:
    head = git(clone, "rev-parse", "HEAD")
    (clone / "run.sh").write_text("changed")
    (clone / "untracked").write_text("1")
    git(clone, "add", "untracked")
    before = git(clone, "status", "--porcelain")
    place = tmp_path / "source"
    write_commit(clone, head, place)
    found = {path.relative_to(place).as_posix() for path in place.rglob("*")}
    assert found == {".gitattributes", "tests", "tests/äö {{ 1 }}.txt", "run.sh", "link"}
    assert (place / "run.sh").read_text() == "#!/bin/sh\n"
    assert (place / "run.sh").stat().st_mode & 0o100
    assert (place / "link").is_symlink()
    times = {path.lstat().st_mtime for path in (place, *place.rglob("*"))}
    assert times == {float(git(clone, "show", "-s", "--format=%ct", head))}
    assert git(clone, "status", "--porcelain") == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("index-")] == []


def test_a_commit_that_is_not_there(clone: Path, tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="the files of 1111111111.. cannot be written"):
        write_commit(clone, "1" * 40, tmp_path / "source")


def test_the_branch(clone: Path) -> None:
    here = Git(clone, "the source", Credentials())
    assert branch_of(here, "", "HEAD") == "develop"
    assert branch_of(here, "main", "HEAD") == "main"
    git(clone, "update-ref", "refs/remotes/origin/release", "HEAD")
    git(clone, "checkout", "-q", "--detach")
    assert branch_of(here, "", "develop") == "develop"
    assert branch_of(here, "", "origin/release") == "release"
    for head in ("HEAD", git(clone, "rev-parse", "HEAD"), "HEAD~0", "$(id)", "-x", "nothing"):
        with pytest.raises(SlipwayError, match="Name it: -e branch=develop"):
            branch_of(here, "", head)
    for name in ("{{ 7 * 7 }}", "a b", "-x", "a..b", "x\n"):
        with pytest.raises(SlipwayError, match="can be no branch"):
            branch_of(here, name, "HEAD")


def test_the_address_of_the_source(clone: Path) -> None:
    here = Git(clone, "the source", Credentials())
    assert source_address(here, "") == ""
    git(clone, "remote", "add", "origin", "git@github.com:acme/backend.git")
    assert source_address(here, "") == "https://github.com/acme/backend"
    assert source_address(here, "https://git.example.org/x") == "https://git.example.org/x"
