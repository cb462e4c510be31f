# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services of the fleet and a backend host in one deploy: one record, one lock, and one way back.

The tests build on one another: the last one takes out what the others did not get out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from ansible_collections.slipway.deploy.plugins.module_utils.builds.model import BuiltService
from tests.backend.balanced import CLOCK
from tests.backend.place import ROOT, Place, make_place
from tests.support.builds import COMMIT
from tests.support.deploys import NEW, OLD, SERVICES
from tests.support.host_place import check_no_change
from tests.support.pace import scaled
from tests.support.prepared import backend_image
from tests.support.umigo import BRANCH, jar, sha256, tag_of

CLUSTER = "sdt-dev-cluster"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Twelve services that run the old images, new ones being built, and a host that runs 0.1.0."""
    sandbox = {"seed": None, "environment": "dev", "speed": 8, "stale": 0.2}
    directory = tmp_path_factory.mktemp("both")
    with make_place(directory, "0.1.0", "0.1.1", "0.3.0", image=backend_image(), sandbox=sandbox) as made:
        shutil.copy(ROOT / "inventories" / "dev" / "fleet.yml", made.directory / "inventories" / "dev")
        real = yaml.safe_load((ROOT / "inventories" / "dev" / "group_vars" / "all.yml").read_text(encoding="utf-8"))
        own = yaml.safe_load((made.directory / "inventories/dev/group_vars/all.yml").read_text(encoding="utf-8"))
        dropped = ("slack", "alb_name")
        kept = {name: value for name, value in real.items() if name not in dropped}
        made.set_variables("all", **{**kept, **own, "smoke_base_url": made.aws.alb})
        made.set_variables(
            backend_migrations="none",
            backend_ready_timeout=scaled(180),
        )
        ran = made.deploy("0.1.0", "--limit", "backend")
        assert ran.code == 0, ran.text
        assert running(made) == dict.fromkeys(SERVICES, OLD)
        yield made


def running(place: Place) -> dict[str, str]:
    """The image tag that each service runs; several where it is being replaced."""
    ecs, ecr = place.aws.client("ecs"), place.aws.client("ecr")
    found: dict[str, str] = {}
    for service in SERVICES:
        described = ecs.describe_services(cluster=CLUSTER, services=[f"sdt-dev-{service}"])["services"][0]
        tags = {image_tag(ecs, ecr, deployment["taskDefinition"]) for deployment in described["deployments"]}
        found[service] = " ".join(sorted(tags))
    return found


def image_tag(ecs: Any, ecr: Any, definition: str) -> str:
    """The tag of a task definition's image."""
    image = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"][0][
        "image"
    ]
    repository, version = image.partition("/")[2].rsplit("@" if "@" in image else ":", 1)
    identity = {"imageDigest" if "@" in image else "imageTag": version}
    details = ecr.describe_images(repositoryName=repository, imageIds=[identity])["imageDetails"][0]
    return str(min(set(details.get("imageTags", [])) - {"latest"}, default=version))


def test_a_host_that_fails_puts_the_services_back_too(place: Place) -> None:
    (host,) = place.members
    count = len(place.records())
    # The old release is given no longer, on its way back.
    place.set_variables(backend_ready_timeout=scaled(45))
    ran = place.deploy("0.3.0")
    place.set_variables(backend_ready_timeout=scaled(180))
    assert ran.code != 0
    assert "Traceback" not in ran.text
    assert running(place) == dict.fromkeys(SERVICES, OLD), ran.text
    assert place.version(host) == "0.1.0"

    assert len(place.records()) == count + 1, "a deploy of both is one record"
    record = place.record()
    assert record["outcome"] == "undone", ran.text
    assert record["cause"]["target"] == place.inventory_name(host)
    assert {item["state"] for item in record["targets"]} == {"undone"}
    assert place.lock()["state"] == "free"

    services = [item for item in record["targets"] if item["kind"] == "ecs_service"]
    on_host = place.target(host)
    assert max(item["finished_at"] for item in services) <= on_host["started_at"] + CLOCK, "services go out first"
    assert min(item["undo"]["started_at"] for item in services) >= on_host["undo"]["finished_at"] - CLOCK
    waves = sorted({item["wave"] for item in services})
    began = [min(item["undo"]["started_at"] for item in services if item["wave"] == wave) for wave in waves]
    assert began == sorted(began, reverse=True), "the last wave goes back first"


def test_a_service_that_fails_leaves_the_host_untouched(place: Place) -> None:
    (host,) = place.members
    pid = place.answers(host, "/api/version")["pid"]
    behaviour = {"fail": "crash", "exit_code": 3}
    broken = {"repository": "sdt/dev/user-service", "tag": "bad0000", "latest": True}
    place.aws.control("images", {**broken, "build": True, "behaviour": behaviour})
    ran = place.deploy("0.1.1")
    assert ran.code != 0
    assert running(place) == dict.fromkeys(SERVICES, OLD), ran.text
    assert place.answers(host, "/api/version") == {"version": "0.1.0", "tag": "backend-v0.1.0", "pid": pid}
    assert place.target(host)["state"] == "planned"
    assert place.record()["outcome"] == "undone"
    assert place.record()["cause"]["target"] == "user-service"
    assert place.lock()["state"] == "free"


def built(place: Place, tags: Mapping[str, str]) -> dict[str, BuiltService]:
    """What a build's manifest says of images in the registry."""
    ecr, registry = place.aws.client("ecr"), f"{place.aws.account}.dkr.ecr.{place.aws.region}.amazonaws.com"
    found = {}
    for name, tag in tags.items():
        repository = f"sdt/dev/{name}"
        details = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"][0]
        image, reason = f"{registry}/{repository}", f"{name}/pom.xml → {name}"
        found[name] = BuiltService(COMMIT, (reason,), "built", image, details["imageDigest"], (tag,))
    return found


def test_a_build_of_both_goes_out_under_one_record(place: Place) -> None:
    (host,) = place.members
    count = len(place.records())
    place.aws.control("images", {"repository": "sdt/dev/user-service", "tag": "4a4a4a4", "latest": True})
    services = built(place, {**dict.fromkeys(SERVICES, NEW), "user-service": "4a4a4a4"})
    build = place.build("0.1.1", services)
    ran = place.run("deploy.yml", build=build)
    assert ran.code == 0, ran.text
    assert running(place) == {**dict.fromkeys(SERVICES, NEW), "user-service": "4a4a4a4"}
    assert place.version(host) == "0.1.1"
    assert len(place.records()) == count + 1
    assert place.record()["outcome"] == "succeeded"
    assert {item["state"] for item in place.record()["targets"]} == {"stable"}
    assert place.lock()["state"] == "free"
    release = place.record()["releases"]["backend"]
    assert release["digest"] == f"sha256:{sha256(jar('0.1.1'))}"
    assert release["key"] == f"{BRANCH}/{tag_of('0.1.1')}/app.jar"
    assert release["commit"] == place.umigo.commits["0.1.1"]
    assert place.record()["build"]["id"] == build
    digests = {item["name"]: item["to"]["digest"] for item in place.record()["targets"] if item["kind"] != "host"}
    assert digests == {name: item.digest for name, item in services.items()}

    again = place.run("deploy.yml", "-v", build=build)
    check_no_change(place, again)

    back = place.run("playbooks/rollback.yml")
    assert back.code == 0, back.text
    assert running(place) == dict.fromkeys(SERVICES, OLD)
    assert place.version(host) == "0.1.0"
