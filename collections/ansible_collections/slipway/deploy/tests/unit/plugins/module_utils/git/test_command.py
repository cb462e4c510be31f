# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The runner of git, with the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.git.command import git


@pytest.fixture(name="repository")
def repository_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of a user who has a credential helper."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[credential]\nhelper = store\n", encoding="ascii")
    assert git(tmp_path, ["init", "--quiet", "made"], neutral=False).code == 0
    return tmp_path / "made"


def test_a_setting_of_the_command_comes_after_those_of_the_user(repository: Path) -> None:
    git(repository, ["config", "credential.helper", "!false"])
    asked = ["config", "--get-all", "credential.helper"]
    assert git(repository, asked).output.splitlines()[-2:] == ["", "store"]
    assert git(repository, asked, settings={"credential.helper": ""}).output.endswith("store\n\n")


def test_it_reads_what_it_is_given_and_prints_all_of_it(repository: Path) -> None:
    long = "x" * 5_000_000
    name = git(repository, ["hash-object", "-w", "--stdin"], stdin=long).output.strip()
    assert git(repository, ["cat-file", "blob", name]).output == long


def test_one_that_does_not_finish_is_an_error(repository: Path) -> None:
    git(repository, ["config", "alias.wait", "!sleep 600"])
    with pytest.raises(SlipwayError, match=r"the backend: git wait did not finish within 0.5 s"):
        git(repository, ["wait"], where="the backend", timeout=0.5)


def test_a_machine_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SlipwayError, match="git is not installed here"):
        git(repository, ["status"])
