# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/changes.yml``: which services a commit changes, compared with a given commit or with what runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import pom, root
from tests.support.deploys import OLD, SERVICES, Deploys
from tests.support.images import build
from tests.support.source import commit, git

FILES = {
    "pom.xml": root(["common-security", *SERVICES]),
    "common-security/pom.xml": pom("common-security"),
    "common-security/src/main/java/app/Jwt.java": "1",
    **{
        f"{name}/pom.xml": pom(name, needs=["common-security"] if name in ("api-gateway", "bff-service") else [])
        for name in SERVICES
    },
}
#: A file's name that a template engine, a shell, a terminal and a workflow's log would obey.
NAME = "{{ 7 * 7 }} $(id)\x1b[31m\n::error::no.txt"


@pytest.fixture
def source(deploys: Deploys) -> Path:
    """A clone of the backend with one commit; ``source_path`` names it."""
    place = deploys.directory / "source"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    commit(place, FILES)
    deploys.variables["source_path"] = str(place)
    return place


def test_the_changed_services_with_their_reasons(deploys: Deploys, source: Path) -> None:
    commit(source, {"common-security/src/main/java/app/Jwt.java": "2", f"user-service/{NAME}": "1", "compose.yml": "1"})
    outputs = deploys.directory / "outputs"
    deploys.environ["GITHUB_OUTPUT"] = str(outputs)
    ran = deploys.run("playbooks/changes.yml", "-e", "base=HEAD^", "-e", "changes_unclaimed=none")
    assert ran.code == 0, ran.text
    assert "common-security/…/Jwt.java → common-security → api-gateway" in ran.out
    assert "3 of 12 services to build" in ran.out
    assert "user-service/{{ 7 * 7 }} $(id) : :error::no.txt → user-service" in ran.out
    assert "unclaimed  compose.yml" in ran.out
    assert "\x1b[31m" not in ran.out
    found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert json.loads(found["services"]) == ["api-gateway", "bff-service", "user-service"]
    assert (found["changed"], found["count"], found["head"]) == ("true", "3", git(source, "rev-parse", "HEAD"))
    rows = json.loads(found["matrix"])["include"]
    assert [row["service"] for row in rows] == ["api-gateway", "bff-service", "user-service"]
    assert rows[2]["reason"] == f"user-service/{NAME} → user-service"

    ruled = json.dumps({"changes_rules": [{"paths": ["compose.yml"], "services": ["task-service"], "why": "compose"}]})
    ran = deploys.run("playbooks/changes.yml", "-e", "base=HEAD^", "-e", ruled, "--limit", "task-service")
    assert "compose.yml → task-service" in ran.out
    ran = deploys.run("playbooks/changes.yml", "-e", "base=HEAD")
    assert "no service has to be built" in ran.out


def test_the_base_of_each_service_is_what_runs(deploys: Deploys, source: Path) -> None:
    first = git(source, "rev-parse", "HEAD")
    path = deploys.variables.pop("source_path")
    # One has the commit as its tag, one a tag of its own and the label that its build wrote.
    build(deploys, "user-service", first)
    labels = {"org.opencontainers.image.revision": first}
    body = {"repository": "sdt/local/practice-service", "tag": "demo", "labels": labels}
    deploys.sandbox.control("images", body)
    tags = json.dumps({"image_tag": {"user-service": first, "practice-service": "demo"}})
    ran = deploys.run("deploy.yml", "--limit", "user-service:practice-service", "-e", tags)
    assert ran.code == 0, ran.text
    deploys.variables["source_path"] = path
    some = ("playbooks/changes.yml", "--limit", "user-service:task-service:practice-service")
    commit(source, {"user-service/x": "1"})
    document = deploys.directory / "changes.json"
    ran = deploys.run(*some, "-e", f"changes_file={document}")
    assert f"user-service {first[:12]} user-service/x → user-service" in " ".join(ran.out.split())
    # The sandbox runs an image of another commit, by its label.
    assert f"there is no commit {OLD} here: the history was rewritten, or it was not fetched → task-service" in ran.out
    assert "unchanged  practice-service" in ran.out
    found = json.loads(document.read_text())
    assert found["build"] == ["user-service", "task-service"]
    assert [item["base"] for item in found["services"]] == [first, OLD, first]
    ran = deploys.run(*some, "-e", "force_full_build=true")
    assert "asked for by force_full_build" in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-e", "base=HEAD", "-e", "head=$(id)"], "there is no commit '$(id)'"),
        (["-e", "bse=HEAD"], "bse is not a variable of changes.yml or of the environment. Did you mean base?"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(deploys: Deploys, source: Path, words: list[str], said: str) -> None:
    ran = deploys.run("playbooks/changes.yml", *words)
    assert ran.code != 0
    assert said in ran.text
    assert "Traceback" not in ran.text
