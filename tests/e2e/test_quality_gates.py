# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/quality_gates.yml``: gates of a build with real commands, and their results in its manifest."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import (
    Build,
    BuiltArtifact,
    BuiltService,
    Source,
)
from ansible_collections.slipway.deploy.plugins.module_utils.builds.store import Manifest, read_build
from ansible_collections.slipway.deploy.plugins.module_utils.state.local import LocalStore
from tests.support.deploys import BIN, Deploys

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
DIGEST = f"sha256:{'7' * 64}"
PLAYBOOK = "playbooks/quality_gates.yml"
RUFF = [str(BIN / "ruff"), "check", "--isolated", "--no-cache", "--select=F", "--output-format=json"]
GATES: list[dict[str, Any]] = [
    {
        "name": "tests",
        "kind": "junit",
        "report": "junit.xml",
        "command": [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=junit.xml"],
        "environment": {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    },
    {"name": "ruff", "kind": "ruff", "command": RUFF, "services": "all", "directory": "{service}"},
    {"name": "trivy", "kind": "trivy", "command": ["no-trivy", "{image}"], "services": "all", "not_audited": "warn"},
    {
        "name": "types",
        "kind": "exit-code",
        "command": ["sh", "-c", "echo '::error::x {{ 7 * 7 }}'"],
        "artifact": "site",
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
    deploys.variables |= {"source_path": str(place), "quality_gates": GATES}
    return place


def manifest(deploys: Deploys) -> str:
    """The id of a build of user-service and the site."""
    service = BuiltService(COMMIT, ("a → user-service",), "built", "registry/user-service", DIGEST)
    site = BuiltArtifact("site", COMMIT, "built")
    origin = Source("https://example.org/app.git", "main", COMMIT)
    build = Build("", "local", "", origin, services={"user-service": service}, artifacts={"site": site})
    made = Manifest.create(LocalStore(deploys.state), build)
    made.finish(replace(made.build, result="built"))
    return made.build.id


def test_the_gates_of_a_build_are_in_its_manifest(deploys: Deploys, source: Path) -> None:
    identity = manifest(deploys)
    outputs = deploys.directory / "outputs"
    deploys.environ["GITHUB_OUTPUT"] = str(outputs)
    ran = deploys.run(PLAYBOOK, "-e", f"build={identity}")
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
    assert [gate.name for gate in build.artifacts["site"].gates] == ["types"]
    assert build.result == "built"

    # A later run replaces the results. A build that a gate fails cannot be deployed.
    (source / "user-service" / "app.py").write_text("import os\n")
    ran = deploys.run(PLAYBOOK, "-e", f"build={identity}")
    assert ran.code != 0
    assert "the build does not pass its gates: ruff of user-service" in ran.text
    build = read_build(store, "local", identity)
    gate = next(gate for gate in build.services["user-service"].gates if gate.name == "ruff")
    assert (gate.verdict, gate.detail, gate.count) == ("fail", "1 finding: F401 in app.py:1", 1)
    assert (build.result, build.usable) == ("failed", False)


def test_without_a_build_and_what_is_wrong(deploys: Deploys, source: Path) -> None:
    (source / "test_it.py").unlink()
    ran = deploys.run(PLAYBOOK, "--limit", "task-service")
    assert ran.code != 0
    assert "no test ran" in ran.out
    assert "the build does not pass its gates: tests" in ran.text
    assert "ruff   task-service  pass" in ran.out
    assert "::error::x" not in ran.out
    ran = deploys.run(PLAYBOOK, "-e", "build=20261130T000000Z-3f9c2d1")
    assert "local has no build '20261130T000000Z-3f9c2d1'" in ran.text
    wrong = json.dumps({"quality_gates": [{"name": "a", "kind": "ruf"}], "quality_not_audited": "fail"})
    ran = deploys.run(PLAYBOOK, "-e", wrong)
    assert "quality_gates, a: there is no kind of report 'ruf'. Did you mean ruff?" in ran.text
    assert "Traceback" not in ran.text
