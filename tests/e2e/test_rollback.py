# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""rollback.yml: to the previous good set, to a named release, previewed, recorded as a release of its own."""

from __future__ import annotations

import shutil

from tests.support.definitions import registrable
from tests.support.deploys import NEW, OLD, SERVICES, Deploys
from tests.support.images import build, updates

THIRD = "77aa11c"


def deployed_three_times(deploys: Deploys) -> None:
    """OLD everywhere, then NEW everywhere, then a third image for two services, and a bad one that was undone."""
    assert deploys.run("deploy.yml").code == 0
    for service in ("user-service", "bff-service"):
        build(deploys, service, THIRD)
    assert deploys.run("deploy.yml").code == 0
    build(deploys, "task-service", "bad0000", fail="crash")
    assert deploys.run("deploy.yml").code == 2
    deploys.sandbox.control("calls", {"reset": True})


def test_back_to_the_previous_good_set_and_further(deploys: Deploys) -> None:
    deployed_three_times(deploys)
    preview = deploys.run("playbooks/rollback.yml", "--check", "--diff")
    assert preview.code == 0, preview.text
    assert "2 of 12 services" in preview.out
    assert deploys.mutations() == []

    back = deploys.run("playbooks/rollback.yml")
    assert back.code == 0, back.text
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)
    assert sorted(updates(deploys)) == ["bff-service", "user-service"]
    record = deploys.record()
    first = next(item for item in deploys.records() if item["label"] == NEW)
    assert (record["kind"], record["of"], record["outcome"]) == ("rollback", first["id"], "succeeded")

    # What ran before the first recorded release was never recorded as good: there is nothing further back.
    further = deploys.run("playbooks/rollback.yml")
    assert further.code == 2
    assert "oldest good release" in further.text


def test_to_a_named_release_forward_or_back(deploys: Deploys) -> None:
    deployed_three_times(deploys)
    unknown = deploys.run("playbooks/rollback.yml", "-e", "to=3f9c2d2")
    assert unknown.code == 2
    assert f"Did you mean {NEW}?" in unknown.text
    bad = deploys.run("playbooks/rollback.yml", "-e", "to=bad0000")
    assert bad.code == 2
    assert "not a good release" in bad.text

    assert deploys.run("playbooks/rollback.yml", "-e", f"to={NEW}").code == 0
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)
    forward = deploys.run("playbooks/rollback.yml", "-e", f"to={THIRD}")
    assert forward.code == 0, forward.text
    running = deploys.running()
    assert (running["user-service"], running["task-service"]) == (THIRD, NEW)


def test_the_first_release_goes_back_to_what_ran_before(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml", "--limit", "user-service,bff-service").code == 0
    back = deploys.run("playbooks/rollback.yml")
    assert back.code == 0, back.text
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)
    again = deploys.run("playbooks/rollback.yml", "-e", f"to={NEW}", "--limit", "user-service")
    assert again.code == 0, again.text
    assert deploys.running() == {**dict.fromkeys(SERVICES, OLD), "user-service": NEW}


def test_without_any_release(deploys: Deploys) -> None:
    ran = deploys.run("playbooks/rollback.yml")
    assert ran.code == 2
    assert "local has no release to go back to" in ran.text
    assert deploys.lock()["state"] == "free"


def test_without_the_records_the_running_revisions_say_what_ran_before(deploys: Deploys) -> None:
    limit = ("--limit", "user-service,bff-service")
    assert deploys.run("deploy.yml", *limit).code == 0
    shutil.rmtree(deploys.state)
    back = deploys.run("playbooks/rollback.yml")
    assert back.code == 0, back.text
    assert (
        "has no record of local: the release to roll back to is taken from the tags of the running task definitions"
        in back.out
    )
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)


def test_a_moved_tag_does_not_come_back(deploys: Deploys) -> None:
    """The old revision names its image by ``latest``, which means the new image by now."""
    ecs = deploys.sandbox.client("ecs")
    body = ecs.describe_task_definition(taskDefinition="sdt-local-user-service:1")["taskDefinition"]
    registry = body["containerDefinitions"][0]["image"].rpartition(":")[0]
    deploys.sandbox.control("images", {"repository": "sdt/local/user-service", "tag": OLD, "latest": True})
    known = deploys.sandbox.client("ecr").describe_images(
        repositoryName="sdt/local/user-service", imageIds=[{"imageTag": "latest"}]
    )["imageDetails"][0]["imageDigest"]
    body["containerDefinitions"][0]["image"] = f"{registry}:latest"
    arn = ecs.register_task_definition(**registrable(body))["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="sdt-local-cluster", service="sdt-local-user-service", taskDefinition=arn)
    ecs.get_waiter("services_stable").wait(
        cluster="sdt-local-cluster", services=["sdt-local-user-service"], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    # It gets stable and is undone afterwards: not ECS but Slipway takes it back.
    build(deploys, "user-service", "bad0000", http={"mode": "error", "status": 500})
    check = {"name": "health", "path": "/user-service/actuator/health", "retries": 1, "interval": 0.2}
    deploys.variables["smoke_checks"] = [check]
    ran = deploys.run("deploy.yml", "--limit", "user-service")
    assert ran.code == 2, ran.text
    tasks = ecs.list_tasks(cluster="sdt-local-cluster", serviceName="sdt-local-user-service")["taskArns"]
    running = ecs.describe_tasks(cluster="sdt-local-cluster", tasks=tasks)["tasks"]
    assert {task["containers"][0]["imageDigest"] for task in running} == {known}, ran.text
