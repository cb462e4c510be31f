# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/quality_gates.yml``: gates of a build with real commands, and their results in its manifest."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltArtifact
from ansible_collections.slipway.deploy.plugins.module_utils.builds.store import read_build
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from tests.support.builds import BUILD, build_images, write_build
from tests.support.deploys import BIN, Deploys

PLAYBOOK = "playbooks/quality_gates.yml"
RUFF = [str(BIN / "ruff"), "check", "--isolated", "--no-cache", "--select=F", "--output-format=json"]
RUFF_GATE = {"name": "ruff", "kind": "ruff", "command": RUFF, "services": "all", "directory": "{service}"}
GATES: list[dict[str, Any]] = [
    {
        "name": "tests",
        "kind": "junit",
        "report": "junit.xml",
        "command": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=junit.xml"],
        "environment": {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    },
    RUFF_GATE,
    {"name": "trivy", "kind": "trivy", "command": ["no-trivy", "{image}"], "services": "all", "not_audited": "warn"},
    {
        "name": "types",
        "kind": "exit-code",
        "command": ["sh", "-c", "echo '::error::x {{ 7 * 7 }}'"],
        "artifact": "web",
    },
]


@pytest.fixture
def source(deploys: Deploys) -> Path:
    """A source of two services with a test; the environment's gates are about it."""
    place = deploys.directory / "source"
    for name in ("user-service", "task-service"):
        (place / name).mkdir(parents=True)
        (place / name / "app.py").write_text("A = 1\n")
    (place / "test_it.py").write_text("def test_a():\n    assert True\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "work"]):
        git(place, *words)
    deploys.variables["quality_gates"] = GATES
    return place


def git(source: Path, *words: str) -> str:
    """Run git in the source."""
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *settings, *words], cwd=source, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def manifest(deploys: Deploys, source: Path) -> str:
    """The id of a build of user-service and a package."""
    commit = git(source, "rev-parse", "HEAD")
    services = build_images(deploys, "user-service")
    package = BuiltArtifact("npm", commit, "built")
    origin = replace(BUILD.source, commit=commit)
    return write_build(deploys, BUILD, services=services, artifacts={"web": package}, source=origin)


def test_the_gates_of_a_build_are_in_its_manifest(deploys: Deploys, source: Path) -> None:
    identity = manifest(deploys, source)
    ran = deploys.run("deploy.yml", "--check", "-e", "build=latest")
    assert ran.code != 0
    assert f"build {identity} has not passed its quality gates: tests was not run; " in ran.text
    assert f"playbooks/quality_gates.yml -e env=local -e source_path=… -e build={identity}" in ran.text

    deploys.variables["source_path"] = str(source)
    outputs = deploys.directory / "outputs"
    deploys.environ |= {"GITHUB_OUTPUT": str(outputs), "GITHUB_ACTIONS": "true"}
    ran = deploys.run(PLAYBOOK, "-e", "build=latest")
    assert ran.code == 0, ran.text
    assert "1 not audited, 3 passed" in ran.out
    assert "no-trivy is not installed" in ran.out
    assert "does not fail the build (quality_not_audited: fail, or the gate's own not_audited)" in ran.out
    # Nothing was built of the other service.
    assert "task-service" not in ran.out
    assert outputs.read_text() == "gates=not audited\nblocked=false\n"
    store = LocalStore(deploys.state)
    build = read_build(store, "local", identity)
    assert [(gate.name, gate.verdict, gate.detail) for gate in build.gates] == [("tests", "pass", "1 test")]
    found = {gate.name: gate.verdict for gate in build.services["user-service"].gates}
    assert found == {"ruff": "pass", "trivy": "not audited"}
    assert [gate.name for gate in build.artifacts["web"].gates] == ["types"]
    assert build.result == "built"

    # What was not built is not judged.
    (source / "user-service" / "app.py").write_text("import os\n")
    ran = deploys.run(PLAYBOOK, "-e", f"build={identity}")
    assert "it has changes that were not built" in ran.text

    # A later run replaces the results. A build that a gate fails cannot be deployed.
    git(source, "checkout", "-q", ".")
    deploys.variables["quality_gates"] = [{**RUFF_GATE, "command": [*RUFF, "--select=D"]}]
    ran = deploys.run(PLAYBOOK, "-e", f"build={identity}")
    assert ran.code != 0
    assert "the build does not pass its gates: ruff of user-service" in ran.text
    assert "::error title=ruff of user-service%3A D100,file=user-service/app.py,line=1::" in ran.out
    build = read_build(store, "local", identity)
    gate = next(gate for gate in build.services["user-service"].gates if gate.name == "ruff")
    assert (gate.verdict, gate.detail, gate.count) == ("fail", "1 finding: D100 in app.py:1", 1)
    assert (build.result, build.usable) == ("failed", False)


def test_without_a_build_the_results_are_on_the_screen(deploys: Deploys, source: Path) -> None:
    (source / "test_it.py").unlink()
    deploys.variables["source_path"] = str(source)
    ran = deploys.run(PLAYBOOK, "--limit", "task-service")
    assert ran.code != 0
    assert "no test ran" in ran.out
    assert "the build does not pass its gates: tests" in ran.text
    assert "ruff   task-service  pass" in ran.out
    assert "::error::x" not in ran.out
