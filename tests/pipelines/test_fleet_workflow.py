# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workflows of a fleet, run by act against the sandbox: from a merged change to what runs."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pipelines.conftest import BACKEND
from tests.support.act import Actions
from tests.support.deploys import SERVICES
from tests.support.images import build


def git(source: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(
        ["git", *identity, *words], cwd=source, capture_output=True, check=True, text=True
    ).stdout.strip()


def commit(source: Path, files: Mapping[str, str]) -> str:
    for path, text in files.items():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        (source / path).write_text(text, encoding="utf-8")
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "work")
    return git(source, "rev-parse", "HEAD")


@pytest.fixture
def source(actions: Actions) -> Path:
    """The service repository, with one commit."""
    place = actions.repositories / BACKEND
    place.mkdir(parents=True)
    git(place, "init", "-q", "-b", "develop")
    commit(place, {f"{name}/main.txt": "1" for name in SERVICES})
    return place


def event(change: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": "slipway",
        "client_payload": {"change": {"repository": BACKEND, "ref": "refs/heads/develop", **change}},
    }


def test_a_change(actions: Actions, source: Path) -> None:
    head = commit(source, {"user-service/main.txt": "2"})
    for name in SERVICES:
        build(actions.deploys, name, head)
    run = actions.run("repository_dispatch", event({"commit": head}))
    print(run.text)
    print(run.results)
    assert run.code == 0
    assert set(actions.deploys.running().values()) == {head}
