# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observe, plan and verify against a sandbox: an ECS that was not written for these tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.verify.verify import verify
from sandbox.testing import Sandbox
from tests.fleet.helpers import CLUSTER, Fleet

SERVICES: dict[str, Any] = {
    name: {"port": port, "priority": 4, "start": 0.1, "desired": 1}
    for port, name in enumerate(("user-service", "task-service", "bff-service"), 8080)
}
SEED: dict[str, Any] = {
    "environment": "local",
    "project": "sdt",
    "running_tag": "old",
    "latest_tag": "new",
    "platforms": ["linux/amd64"],
    "services": SERVICES,
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One process for the tests of this module."""
    with Sandbox(fleet=SEED, speed=20) as running:
        yield running


def anew(sandbox: Sandbox) -> Fleet:
    """The fleet as it was seeded: the sandbox forgets all else, as after a new start."""
    sandbox.control("reset", {})
    return Fleet(sandbox)


@pytest.fixture
def fleet(sandbox: Sandbox) -> Fleet:
    """Three services that run the tag old; new is built."""
    return anew(sandbox)


def definition(fleet: Fleet, service: str) -> dict[str, Any]:
    """What the service runs now."""
    ecs = fleet.sandbox.client("ecs")
    arn = ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]["taskDefinition"]
    body: dict[str, Any] = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return body


READ_ONLY = {
    *(
        "taskDefinitionArn",
        "revision",
        "status",
        "requiresAttributes",
        "compatibilities",
        "registeredAt",
        "registeredBy",
    ),
}


def test_a_deploy_pins_changes_one_image_and_the_second_plan_is_empty(fleet: Fleet) -> None:
    desired = fleet.desired(*SERVICES)
    before = definition(fleet, "sdt-local-user-service")
    planned = fleet.plan(desired)
    assert [change.why for change in planned.changes] == [("image",)] * 3
    verified = verify(planned, fleet.clients, fleet.settings)
    verified.require("fail")
    assert verified.checked["images"] == 3
    assert verified.platforms == ("linux/amd64",)
    fleet.apply(planned)
    after = definition(fleet, "sdt-local-user-service")
    assert re.search(r"@sha256:[0-9a-f]{64}$", after["containerDefinitions"][0].pop("image"))
    before["containerDefinitions"][0].pop("image")
    assert {key: value for key, value in after.items() if key not in READ_ONLY} == {
        key: value for key, value in before.items() if key not in READ_ONLY
    }
    again = fleet.plan(desired)
    assert again.changes == ()
    assert {item.why for item in again.unchanged} == {"same digest"}


def test_drift_is_reported_after_a_deploy_until_it_is_shipped(fleet: Fleet) -> None:
    desired = fleet.desired("user-service")
    terraform = definition(fleet, "sdt-local-user-service")
    fleet.apply(fleet.plan(desired))
    body = {key: value for key, value in terraform.items() if key not in READ_ONLY}
    fleet.sandbox.client("ecs").register_task_definition(**{**body, "memory": "4096", "cpu": "1024"})
    fleet.apply(fleet.plan(fleet.desired("user-service", tag="old")), "r2")
    reported = fleet.plan(fleet.desired("user-service", tag="old"))
    assert reported.changes == ()
    assert any("4096" in phrase for phrase in reported.drift["user-service"].differences)
    fleet.apply(fleet.plan(desired, ship_drift=True), "r3")
    assert definition(fleet, "sdt-local-user-service")["memory"] == "4096"
    assert fleet.plan(desired).drift == {}


def test_images_for_several_platforms() -> None:
    with Sandbox(fleet={**SEED, "platforms": ["linux/amd64", "linux/arm64"]}, speed=20) as sandbox:
        fleet = Fleet(sandbox)
        desired = fleet.desired("user-service")
        unchanged = fleet.plan(fleet.desired("user-service", tag="old"))
        assert unchanged.changes == (), "the platform's digest that runs is the list's"
        planned = fleet.plan(desired)
        verify(planned, fleet.clients, fleet.settings).require("fail")
        fleet.apply(planned)
        assert fleet.plan(desired).changes == ()


def test_an_image_for_another_platform_is_refused(fleet: Fleet) -> None:
    image = {"repository": "sdt/local/user-service", "tag": "arm", "platforms": ["linux/arm64"]}
    fleet.sandbox.control("images", image)
    planned = fleet.plan(fleet.desired("user-service", tag="arm"))
    found = verify(planned, fleet.clients, fleet.settings)
    assert "is for linux/arm64, but its tasks run on linux/amd64" in str(found.errors[0])


def test_a_sandbox_made_anew_is_not_answered_for_by_the_old_one_s_cache(sandbox: Sandbox, tmp_path: Path) -> None:
    first = replace(anew(sandbox), cache=TaskDefinitionCache(tmp_path))
    first.apply(first.plan(first.desired("user-service", tag="new")))
    assert first.plan(first.desired("user-service", tag="new")).changes == ()
    was = definition(first, "sdt-local-user-service")
    second = replace(anew(sandbox), cache=TaskDefinitionCache(tmp_path))
    sandbox.control("images", {"repository": "sdt/local/user-service", "tag": "third", "labels": {"n": "3"}})
    second.apply(second.plan(second.desired("user-service", tag="third")))
    now = definition(second, "sdt-local-user-service")
    assert now["taskDefinitionArn"] == was["taskDefinitionArn"]
    assert now["containerDefinitions"][0]["image"] != was["containerDefinitions"][0]["image"]
    assert second.plan(second.desired("user-service", tag="third")).changes == ()
    assert len(second.plan(second.desired("user-service", tag="new")).changes) == 1


def test_the_cache_saves_all_reads_of_definitions(fleet: Fleet, tmp_path: Path) -> None:
    cache = TaskDefinitionCache(tmp_path)
    desired = fleet.desired(*SERVICES, tag="old")
    observe(desired, fleet.clients, cache)
    fleet.sandbox.control("calls", method="DELETE")
    observe(desired, fleet.clients, cache)
    text = str(fleet.sandbox.control("calls"))
    assert "DescribeServices" in text
    assert "DescribeTaskDefinition" not in text


def test_an_inactive_running_revision_can_be_undone_to(fleet: Fleet) -> None:
    running = definition(fleet, "sdt-local-user-service")["taskDefinitionArn"]
    fleet.sandbox.client("ecs").deregister_task_definition(taskDefinition=running)
    planned = fleet.plan(fleet.desired("user-service"))
    assert "running :1 is INACTIVE: an undo registers it again" in planned.changes[0].notes
    verify(planned, fleet.clients, fleet.settings).require("fail")


def test_a_field_unknown_to_botocore_stops_the_plan(fleet: Fleet) -> None:
    fleet.sandbox.control("task-definitions/sdt-local-user-service:1", {"futureField": {"mode": "new"}})
    with pytest.raises(SlipwayError, match=r"user-service:1: .*does not know futureField.*Upgrade botocore"):
        fleet.plan(fleet.desired("user-service"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tag": "no-such-tag"}, "image .*sdt/local/user-service:no-such-tag does not exist"),
        ({"repository": "sdt/local/nothing"}, "image .*sdt/local/nothing:latest does not exist"),
        ({"service": "sdt-local-nothing"}, "service sdt-local-nothing is not in cluster"),
        ({"container": "main"}, r"no container 'main' \(there are: user-service"),
        ({"cluster": "sdt-lcoal-cluster"}, "cluster does not exist in this region"),
    ],
)
def test_each_wrong_word_is_said_before_anything_changes(fleet: Fleet, changes: dict[str, str], says: str) -> None:
    with pytest.raises(SlipwayError, match=says):
        fleet.plan(fleet.desired("user-service", **changes))


def test_what_is_missing_is_said_for_all_services_at_once(fleet: Fleet) -> None:
    planned = fleet.plan(fleet.desired(*SERVICES))
    logs = fleet.sandbox.client("logs")
    for name in SERVICES:
        logs.delete_log_group(logGroupName=f"/ecs/sdt/local/{name}")
    errors = [str(error) for error in verify(planned, fleet.clients, fleet.settings).errors]
    assert len([line for line in errors if "log group" in line]) == 3


def test_an_image_of_another_region_is_asked_there_and_moves_in_all_containers(fleet: Fleet) -> None:
    """Our own ECR has an image of the same name and tag, and another digest."""
    sandbox, name = fleet.sandbox, "sdt/local/user-service"
    registry = f"{sandbox.account}.dkr.ecr.us-east-1.amazonaws.com"
    ecs, far = sandbox.client("ecs"), sandbox.client("ecr", region="us-east-1")
    assert [item.after.digest for item in fleet.plan(fleet.desired("user-service")).changes]
    with pytest.raises(SlipwayError, match=f"repository {name} does not exist in ECR of account .* in us-east-1"):
        fleet.plan(fleet.desired("user-service", registry=registry))
    far.create_repository(repositoryName=name)
    manifest = '{"schemaVersion": 2, "config": {"digest": "sha256:' + "c" * 64 + '"}}'
    pushed = far.put_image(repositoryName=name, imageManifest=manifest, imageTag="latest")["image"]
    body = {key: value for key, value in definition(fleet, "sdt-local-user-service").items() if key not in READ_ONLY}
    (app,) = body["containerDefinitions"]
    migrate = {"name": "migrate", "image": app["image"], "essential": False, "memory": 64}
    arn = ecs.register_task_definition(**{**body, "containerDefinitions": [app, migrate]})["taskDefinition"]
    ecs.update_service(cluster=CLUSTER, service="sdt-local-user-service", taskDefinition=arn["taskDefinitionArn"])
    fleet.settle(["sdt-local-user-service"])
    desired = fleet.desired("user-service", registry=registry)
    planned = fleet.plan(desired)
    fleet.apply(planned)
    wanted = f"{registry}/{name}@{pushed['imageId']['imageDigest']}"
    made = {item["name"]: item["image"] for item in definition(fleet, "sdt-local-user-service")["containerDefinitions"]}
    assert made == dict.fromkeys(("user-service", "migrate"), wanted)
    assert fleet.plan(desired).changes == ()
