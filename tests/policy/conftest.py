# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Repositories with bare remotes, and a project that has the rules for them. Nothing here needs AWS."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploys import BIN, LIMIT_SECONDS, ROOT, Ran

RULES = {
    "backend": {"strategy": "services", "version_file": "app/pom.xml", "component": "backend"},
    "gateway": {"strategy": "services"},
    "common": {"strategy": "library"},
    "infra": {"strategy": "infrastructure"},
}


@dataclass
class Clone:
    """A clone of a bare remote."""

    place: Path
    environ: dict[str, str] = field(default_factory=dict)

    def try_git(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run git as a person would; it may fail."""
        dropped = ("GIT_", "ANSIBLE_", "GITHUB_", "SLIPWAY_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        kept |= {"PATH": f"{BIN}:{os.environ['PATH']}", **self.environ}
        command = ["git", "-C", str(self.place), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=kept)

    def git(self, *words: str) -> str:
        """Run git; its output."""
        done = self.try_git(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """Commit some files; the commit."""
        for name, text in (files or {}).items():
            (self.place / name).parent.mkdir(parents=True, exist_ok=True)
            (self.place / name).write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push(self, *refs: str) -> None:
        """Push, without hooks."""
        self.git("push", "--quiet", "--no-verify", "origin", *(refs or ("HEAD",)))

    def remote_tags(self) -> dict[str, str]:
        """The tags of the remote, name → commit."""
        lines = [line.split("\t") for line in self.git("ls-remote", "--tags", "origin").splitlines()]
        found = {name: commit for commit, name in lines}
        return {
            name.removeprefix("refs/tags/"): found.get(f"{name}^{{}}", commit)
            for name, commit in found.items()
            if not name.endswith("^{}")
        }


@dataclass
class Project:
    """The project, with the rules in its environment local."""

    place: Path
    environ: dict[str, str]

    def run(self, playbook: str, source: Clone, repository: str, *words: str, **variables: Any) -> Ran:
        """Run a playbook on a clone."""
        said = {"env": "local", "source_path": str(source.place), "repository": repository, **variables}
        extra = [part for name, value in said.items() for part in ("-e", json.dumps({name: value}))]
        done = subprocess.run(
            [str(BIN / "ansible-playbook"), f"playbooks/{playbook}.yml", *extra, *words],
            cwd=self.place,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A copy of this project."""
    place = tmp_path / "project"
    place.mkdir()
    shutil.copy(ROOT / "ansible.cfg", place)
    for name in ("inventories", "playbooks", "pipelines/git"):
        shutil.copytree(ROOT / name, place / name, symlinks=True)
    (place / "collections").symlink_to(ROOT / "collections")
    variables = place / "inventories/local/group_vars/all.yml"
    with variables.open("a", encoding="utf-8") as file:
        file.write(f"repository_rules: {json.dumps(RULES)}\n")
    dropped = ("ANSIBLE_", "AWS_", "GIT_", "GITHUB_", "SLIPWAY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return Project(place, {**kept, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(tmp_path / "home")})


def make_clone(directory: Path, project: Project) -> Clone:
    """An empty repository with a bare remote beside it."""
    remote = directory.with_suffix(".git")
    directory.parent.mkdir(parents=True, exist_ok=True)
    clone = Clone(directory, {"ANSIBLE_HOME": project.environ["ANSIBLE_HOME"]})
    settings = ["-c", "init.defaultBranch=main"]
    subprocess.run(["git", *settings, "init", "--quiet", "--bare", str(remote)], check=True)
    subprocess.run(["git", *settings, "clone", "--quiet", str(remote), str(directory)], check=True, capture_output=True)
    clone.git("config", "user.name", "Anna")
    clone.git("config", "user.email", "anna@example.com")
    clone.git("symbolic-ref", "HEAD", "refs/heads/main")
    return clone
