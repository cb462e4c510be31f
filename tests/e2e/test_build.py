# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/build.yml``: images built by a real engine, pushed to a real registry with ECR's rules."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import pom, root
from tests.support.deploys import SERVICES, Deploys, Ran, wait_for
from tests.support.hosts import podman
from tests.support.source import commit, git

ADDRESS = "https://git.example.org/acme/backend"
BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}
TWO = ("--limit", "user-service:task-service")
#: What the command of a service makes: a bill of materials, and a file that only its own image may have.
COMMAND = ["sh", "-c", f"echo built > user-service/app; echo '{json.dumps(BOM)}' > bom.json"]


@pytest.fixture
def source(deploys: Deploys) -> Iterator[Path]:
    """A clone of the backend on branch develop; user-service has a command and a bill of materials."""
    place = deploys.directory / "source"
    place.mkdir()
    git(place, "init", "-q", "-b", "develop")
    files = {"pom.xml": root([*SERVICES])}
    for name in SERVICES:
        files[f"{name}/Dockerfile"] = f"FROM scratch\nCOPY {name}/app /app\n"
        files[f"{name}/app"] = "1"
        files[f"{name}/pom.xml"] = pom(name, version="1.2.0")
    commit(place, files)
    deploys.variables |= {"source_path": str(place), "source_repository": ADDRESS}
    place = deploys.directory / "inventories" / "local" / "host_vars" / "user-service.yml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({"build_command": COMMAND, "build_sbom": "bom.json"}))
    yield deploys.directory / "source"
    podman("image", "prune", "--force", "--filter", f"label=org.opencontainers.image.source={ADDRESS}")


def build(deploys: Deploys, *words: str) -> tuple[Ran, dict[str, Any]]:
    """Run it; with the manifest that it wrote."""
    ran = deploys.run("playbooks/build.yml", *words)
    found = sorted((deploys.state / "local" / "builds").glob("*.json"))
    return ran, json.loads(found[-1].read_text()) if found else {}


def tags(deploys: Deploys, service: str) -> dict[str, str]:
    """The tags that the registry has, with their digests."""
    ecr = deploys.sandbox.client("ecr")
    found = ecr.list_images(repositoryName=f"sdt/local/{service}", filter={"tagStatus": "TAGGED"})["imageIds"]
    return {item["imageTag"]: item["imageDigest"] for item in found}


def pushes(deploys: Deploys) -> int:
    """How often something was written to the registry since its journal was reset."""
    counts = deploys.sandbox.control("calls")["counts"]
    return sum(count for call, count in counts.items() if call.startswith(("registry:P", "ecr:Put", "ecr:Create")))


def test_changed_services_get_images_and_a_second_run_pushes_nothing(deploys: Deploys, source: Path) -> None:
    (source / "task-service" / "app").write_text("not committed")
    outputs = deploys.directory / "outputs"
    deploys.environ["GITHUB_OUTPUT"] = str(outputs)
    ran, manifest = build(deploys, *TWO)
    assert ran.code == 0, ran.text
    assert "2 built" in ran.out
    head = git(source, "rev-parse", "HEAD")
    assert (manifest["result"], manifest["source"]["branch"]) == ("built", "develop")
    for name, built in manifest["services"].items():
        assert (built["result"], built["commit"], built["tags"]) == ("built", head, [head, "develop", "latest"])
        assert built["image"] == f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/sdt/local/{name}"
        found = tags(deploys, name)
        assert {found[tag] for tag in built["tags"]} == {built["digest"]}
    both = manifest["services"]
    assert both["user-service"]["sbom"]["format"] == "CycloneDX"
    assert both["task-service"]["sbom"] is None
    # What is not committed is in no image, and what a command makes only in that of its service.
    assert both["user-service"]["digest"] != both["task-service"]["digest"]
    assert f"build={manifest['id']}\nresult=built\nbuilt=true\n" == outputs.read_text()
    rule = deploys.sandbox.client("ecr").describe_repositories(repositoryNames=["sdt/local/user-service"])
    assert rule["repositories"][0]["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"

    deploys.sandbox.control("calls", {}, "DELETE")
    ran, again = build(deploys, *TWO)
    assert ran.code == 0, ran.text
    assert again["result"] == "unchanged"
    assert "2 unchanged" in ran.out
    for name, service in again["services"].items():
        assert (service["digest"], service["sbom"]) == (both[name]["digest"], both[name]["sbom"])
    assert pushes(deploys) == 0


def test_a_version_that_the_registry_has_with_other_content_ends_everything(deploys: Deploys, source: Path) -> None:
    git(source, "checkout", "-q", "-b", "main")
    ran, manifest = build(deploys, *TWO)
    assert ran.code == 0, ran.text
    head = git(source, "rev-parse", "HEAD")
    assert manifest["services"]["task-service"]["tags"] == [head, "v1.2.0", "latest"]
    before = tags(deploys, "task-service")
    commit(source, {"task-service/app": "2", "user-service/pom.xml": pom("user-service", version="1.3.0")})
    deploys.sandbox.control("calls", {}, "DELETE")
    ran, after = build(deploys, *TWO)
    assert ran.code != 0
    refused = "task-service: the registry has v1.2.0 with other content (sha256:"
    assert refused in ran.text
    assert "raise the version in the service's pom.xml or package.json" in ran.text
    assert ran.text.count("\n") < 5
    assert after["id"] == manifest["id"]
    assert (pushes(deploys), tags(deploys, "task-service")) == (0, before)


def test_one_build_that_fails(deploys: Deploys, source: Path) -> None:
    there = deploys.directory / "there"
    words = ["sh", "-c", f"echo 'needs <x> ::error::'; test -e {there}"]
    (deploys.directory / "inventories" / "local" / "host_vars" / "bff-service.yml").write_text(
        json.dumps({"build_command": words})
    )
    three = ("--limit", "user-service:task-service:bff-service")
    before = tags(deploys, "user-service")["latest"]
    ran, manifest = build(deploys, *three)
    assert ran.code != 0
    assert "FAILED     bff-service" in ran.out
    assert "needs <x> : :error::" in ran.out
    assert "no tag of the branch was set; nothing was deployed" in ran.out
    results = {name: item["result"] for name, item in manifest["services"].items()}
    assert results == {"bff-service": "failed", "task-service": "built", "user-service": "built"}
    assert manifest["result"] == "failed"
    assert manifest["services"]["bff-service"]["error"] == "needs <x> : :error::"
    found = tags(deploys, "user-service")
    assert (found["latest"], "develop" in found) == (before, False)
    assert manifest["services"]["user-service"]["digest"] in found.values()

    there.touch()
    ran, manifest = build(deploys, *three)
    assert ran.code == 0, ran.text
    assert "1 built, 2 unchanged" in ran.out
    assert tags(deploys, "user-service")["develop"] == manifest["services"]["user-service"]["digest"]


def test_a_build_that_is_interrupted(deploys: Deploys, source: Path) -> None:
    began = source.parent / "began"
    words = ["sh", "-c", f"touch {began}; exec sleep 600"]
    host = deploys.directory / "inventories" / "local" / "host_vars" / "user-service.yml"
    host.write_text(json.dumps({"build_command": words}))
    with deploys.started("playbooks/build.yml", "--limit", "user-service") as process:
        wait_for("the build's command", began.exists, 120)
        process.send_signal(signal.SIGINT)
        out = process.communicate(timeout=120)[0]
    assert "interrupted: no tag of the branch was set unless all images were pushed; run it again to go on" in out
    [path] = (deploys.state / "local" / "builds").glob("*.json")
    manifest = json.loads(path.read_text())
    assert (manifest["result"], manifest["error"]) == ("failed", "it was interrupted")
