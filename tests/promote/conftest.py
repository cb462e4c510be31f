# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two repositories with bare remotes, an artifact in the bucket, and a project that promotes."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.support.deploys import Deploys, Ran, make_deploys

BUCKET = "umigo-artifacts"
TAG = "backend-v0.2.0"
POM = "<project><version>{version}</version></project>\n"
_SETTINGS = ("-c", "user.name=Anna", "-c", "user.email=anna@example.com", "-c", "commit.gpgsign=false")


def git(directory: Path, *arguments: str) -> str:
    """Run git as a person would."""
    command = ["git", "-C", str(directory), *_SETTINGS, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@dataclass
class Promotions:
    """What a promotion needs, and the command."""

    deploys: Deploys
    backend: Path
    infra: Path

    def run(self, *arguments: str, tag: str = TAG) -> Ran:
        """Run the playbook."""
        own = (f"backend_tag={tag}", f"backend_path={self.backend}", f"infra_path={self.infra}")
        return self.deploys.run("playbooks/promote.yml", *(part for item in own for part in ("-e", item)), *arguments)

    def release(self, version: str, content: bytes | None = None) -> str:
        """Commit a version of the backend, push it and upload its artifact; the commit."""
        (self.backend / "umigoCrmBackend" / "pom.xml").write_text(POM.format(version=version), encoding="utf-8")
        git(self.backend, "commit", "--quiet", "--all", "--message", f"Version {version}")
        git(self.backend, "push", "--quiet", "origin", "HEAD:main")
        self.upload(f"backend-v{version}", content if content is not None else version.encode())
        return git(self.backend, "rev-parse", "HEAD")

    def upload(self, tag: str, content: bytes) -> None:
        """Put an artifact into the bucket."""
        s3 = self.deploys.sandbox.client("s3")
        s3.put_object(Bucket=BUCKET, Key=f"main/{tag}/app.jar", Body=content, ChecksumAlgorithm="SHA256")

    def versions(self) -> dict[str, Any]:
        """What versions.json says of the backend; empty when there is none."""
        import json

        file = self.deploys.state / "local" / "versions.json"
        return dict(json.loads(file.read_text(encoding="utf-8"))["backend"]) if file.exists() else {}

    def remote_tag(self, repository: Path, tag: str = TAG) -> str | None:
        """The commit that the tag names on a repository's remote."""
        text = git(repository, "ls-remote", "origin", f"refs/tags/{tag}^{{}}")
        return text.split()[0] if text else None


def digest(content: bytes) -> str:
    """As Slipway writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def repository(directory: Path, files: dict[str, str]) -> Path:
    """A checkout with one commit, pushed to a bare remote beside it."""
    remote = directory.with_suffix(".git")
    git(directory.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    git(directory.parent, "clone", "--quiet", str(remote), str(directory))
    git(directory, "config", "user.name", "Anna")
    git(directory, "config", "user.email", "anna@example.com")
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--message", "First")
    git(directory, "push", "--quiet", "origin", "HEAD:main")
    return directory


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with the bucket of the artifacts."""
    with Sandbox(speed=8) as running:
        running.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": running.region}
        )
        yield running


@pytest.fixture
def promotions(tmp_path: Path, sandbox: Sandbox) -> Promotions:
    """Version 0.2.0 is committed, pushed and built."""
    directory = tmp_path / "project"
    directory.mkdir()
    deploys = make_deploys(directory, sandbox)
    deploys.variables |= {"artifact_bucket": BUCKET, "backend_module": "umigoCrmBackend", "backend_branch": "main"}
    backend = repository(tmp_path / "Umigo", {"umigoCrmBackend/pom.xml": POM.format(version="0.1.0")})
    made = Promotions(deploys, backend, repository(tmp_path / "AWSSmokeTest", {"README.md": "infra\n"}))
    made.release("0.2.0")
    return made
