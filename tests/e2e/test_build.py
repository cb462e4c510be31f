# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/build.yml``: images built by a real engine, pushed to a real registry with ECR's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.changes.builders import pom, root
from tests.support.deploys import SERVICES, Deploys, Ran
from tests.support.hosts import podman
from tests.support.source import commit, git

ADDRESS = "https://git.example.org/acme/backend"
BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}
TWO = ("--limit", "user-service:task-service")
#: What the second command of a service writes: a bill of materials, and a file that only its own image may have.
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


def test_images_with_their_tags_and_the_same_digest_again(deploys: Deploys, source: Path) -> None:
    ran, manifest = build(deploys, *TWO)
    assert ran.code == 0, ran.text
    assert "2 built" in ran.out
    head = git(source, "rev-parse", "HEAD")
    built = manifest["services"]["user-service"]
    assert (manifest["result"], built["result"], built["commit"]) == ("built", "built", head)
    assert built["tags"] == [head, "develop", "latest"]
    assert tags(deploys, "user-service") | {"8d20c11": "", "3f9c2d1": ""} == {
        **dict.fromkeys((head, "develop", "latest"), built["digest"]),
        **dict.fromkeys(("8d20c11", "3f9c2d1"), ""),
    }
    assert manifest["services"]["task-service"]["sbom"] is None
    deploys.sandbox.control("calls", {}, "DELETE")
    ran, again = build(deploys, *TWO)
    assert ran.code == 0, ran.text
    assert (again["result"], again["services"]["user-service"]["digest"]) == ("unchanged", built["digest"])
    assert again["services"]["user-service"]["sbom"] == built["sbom"] != None  # noqa: E711
    assert pushes(deploys) == 0
    assert "2 unchanged" in ran.out
