# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the command of a service gets, and what is shown of it when it fails; in a real clone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import Login
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.build import Work, build
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.engines import Push
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import Planned, Recipe
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import Tags

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")


def git(place: Path, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True, text=True).stdout.strip()


def test_a_command_gets_no_secret_and_shows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone, place = tmp_path / "clone", tmp_path / "place"
    clone.mkdir()
    place.mkdir()
    (clone / "Dockerfile").write_text("FROM scratch\n")
    for words in (["init", "-q"], ["add", "."], [*IDENTITY, "commit", "-q", "-m", "feat: begin"]):
        git(clone, *words)
    head = git(clone, "rev-parse", "HEAD")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("MY_TOKEN", "hunter2")
    monkeypatch.setenv("MAVEN_OPTS", "-Durl=https://ci:hunter2@example.org/")
    monkeypatch.setenv("JAVA_HOME", "/java")
    said = r"printf '\033[31mpassword=hunter2\ncloning https://ci:hunter2@example.org/\n'"
    script = f"env > {tmp_path}/env; {said}; exit 3"
    tags = Tags((head,), ("latest",))
    recipe = Recipe("user-service", ImageRef("user-service", "r"), tags, "Dockerfile", command=("sh", "-c", script))
    push = Push("r", insecure=False, directory=str(place))
    work = Work("podman", push, Login(""), clone, head, "", place, tmp_path, 60.0, lambda: False)
    outcome = build(work, Planned(recipe, "build", tags.all, ""))
    assert outcome.error == "password=[redacted]\ncloning https://ci:[redacted]@example.org/"
    seen = (tmp_path / "env").read_text()
    assert "hunter2" not in seen
    assert "JAVA_HOME=/java\n" in seen
    assert "MAVEN_OPTS=-Dproject.build.outputTimestamp=" in seen
