# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``playbooks/promote.yml -e from=…``: the digests that run in one environment, deployed to the next."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.builds.api import EcrRepository, copy_image
from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import Sbom
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef, parse_image
from ansible_collections.slipway.deploy.plugins.module_utils.image.registry import Content, Login, attach
from tests.support.builds import BUILD, COMMIT, build_images, write_build
from tests.support.deploys import NEW, Deploys

HOST = "000000000000.dkr.ecr.eu-west-1.amazonaws.com"
FLEET = """\
fleet:
  children:
    priority_1:
      hosts:
        api-gateway: {service_port: 8080}
    priority_2:
      hosts:
        user-service: {service_port: 8082}
"""


@pytest.fixture
def two(deploys: Deploys) -> Deploys:
    """The project has a second environment ``next`` with two of the services, which runs in the same account."""
    inventories = deploys.directory / "inventories"
    shutil.copytree(inventories / "local", inventories / "next")
    file = inventories / "next" / "group_vars" / "all.yml"
    file.write_text(re.sub(r"sdt([-/])local", r"sdt\1next", file.read_text(encoding="utf-8")), encoding="utf-8")
    (inventories / "next" / "fleet.yml").write_text(FLEET, encoding="utf-8")
    services = {name: {"start": 0.5} for name in ("api-gateway", "user-service")}
    deploys.sandbox.control("seed", {"environment": "next", "load_balancer": False, "services": services})
    return deploys


def image(deploys: Deploys, environment: str, name: str) -> str:
    """What a service's task definition names."""
    ecs = deploys.sandbox.client("ecs")
    service = ecs.describe_services(cluster=f"sdt-{environment}-cluster", services=[f"sdt-{environment}-{name}"])
    arn = service["services"][0]["taskDefinition"]
    found: str = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"][0]["image"]
    return found


def attached(deploys: Deploys, digest: str) -> str:
    """Attach an SBOM to the gateway's image; its digest."""
    answer = deploys.sandbox.client("ecr").get_authorization_token()["authorizationData"][0]
    repository = parse_image(f"{deploys.sandbox.endpoint.removeprefix('http://')}/sdt/local/api-gateway")
    content = Content("application/vnd.cyclonedx+json", b'{"bomFormat": "CycloneDX"}')
    return attach(repository, digest, content, Login(answer["authorizationToken"], insecure=True))


def manifests(deploys: Deploys) -> list[dict[str, Any]]:
    """The builds of ``next``, oldest first."""
    files = sorted((deploys.state / "next" / "builds").glob("*.json"))
    return [json.loads(Path(file).read_text(encoding="utf-8")) for file in files]


def test_what_runs_is_promoted_and_deployed(two: Deploys) -> None:
    refused = two.run("playbooks/promote.yml", "-e", "env=next", "-e", "from=local")
    assert refused.code != 0
    assert "local: api-gateway cannot be promoted: it is in no release of Slipway" in refused.text

    refused = two.run("playbooks/promote.yml", "-e", "env=next", "-e", "from=local", "-e", "site_release=x")
    assert "-e site_release: next has no host of site. Leave it out" in refused.text

    services = build_images(two, "api-gateway", "user-service")
    # The next environment has the gateway's image already, but not its SBOM.
    origin, place = (
        EcrRepository(two.sandbox.client, ImageRef(f"sdt/{name}/api-gateway", HOST)) for name in ("local", "next")
    )
    digest = services["api-gateway"].digest or ""
    sbom = attached(two, digest)
    copy_image(origin, place, digest, [COMMIT])
    services["api-gateway"] = replace(services["api-gateway"], sbom=Sbom("CycloneDX", sbom))
    newest = two.sandbox.client("ecr").describe_images(
        repositoryName="sdt/local/user-service", imageIds=[{"imageTag": NEW}]
    )
    taken = replace(services["user-service"], digest=newest["imageDetails"][0]["imageDigest"], tags=(NEW,))
    build = write_build(two, BUILD, services={**services, "user-service": taken})
    deployed = two.run("deploy.yml", "-e", f"build={build}")
    assert deployed.code == 0, deployed.text
    two.variables["env"] = "next"
    would = two.run("playbooks/promote.yml", "-e", "from=local", "--check", "--diff")
    assert would.code == 0, would.text
    assert "local → next · 2 of 2 releases would change next" in would.out
    assert "+api-gateway  sha256:" in would.out
    assert "only local has config-server, discovery-server" in would.out
    assert f"sdt/next/user-service:{NEW} is another image and stays it" in would.out
    assert "sdt/next/api-gateway has the image, but not its SBOM" in " ".join(would.out.split())
    assert (manifests(two), place.has(sbom)) == ([], False)

    done = two.run("playbooks/promote.yml", "-e", "from=local")
    assert done.code == 0, done.text
    (manifest,) = manifests(two)
    assert manifest["result"] == "built"
    assert manifest["promoted_from"]["environment"] == "local"
    assert f"-e build={manifest['id']}" in done.out
    assert place.has(sbom)
    for name, service in manifest["services"].items():
        assert image(two, "local", name).partition("@")[2] == service["digest"]
        assert service["image"].endswith(f"/sdt/next/{name}")
        assert service["commit"] == COMMIT
    gateway, user = (manifest["services"][name] for name in ("api-gateway", "user-service"))
    assert gateway["tags"] == [COMMIT]
    # The next environment has an image of its own under that tag.
    assert user["tags"] == [f"local-{user['digest'][7:19]}"]

    again = two.run("playbooks/promote.yml", "-e", "from=local")
    assert f"promoted already · build {manifest['id']}" in again.out
    assert len(manifests(two)) == 1

    ran = two.run("deploy.yml", "-e", "build=latest")
    assert ran.code == 0, ran.text
    for name in manifest["services"]:
        assert image(two, "next", name).partition("@")[2] == image(two, "local", name).partition("@")[2]
    after = two.run("playbooks/promote.yml", "-e", "from=local")
    assert after.code == 0, after.text
    assert "nothing to promote: next runs the same 2 digests" in after.out
