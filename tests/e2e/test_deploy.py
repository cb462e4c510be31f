# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""deploy.yml as a person runs it: what goes out, in which order, what is skipped, what comes back and what is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fleet.helpers import Fleet
from tests.support.deploys import NEW, OLD, SERVICES, Deploys
from tests.support.images import build, updates

CLUSTER = "sdt-local-cluster"


def test_twelve_services_go_out_in_order_the_second_run_changes_nothing_and_force_does_all_again(
    deploys: Deploys,
) -> None:
    first = deploys.run("deploy.yml")
    assert first.code == 0, first.text
    assert deploys.running() == dict.fromkeys(SERVICES, NEW)
    assert updates(deploys)[:3] == ["config-server", "discovery-server", "api-gateway"]
    assert sorted(updates(deploys)) == sorted(SERVICES)
    assert len(deploys.mutations()) == 24
    assert len(first.out.splitlines()) < 60
    assert deploys.record()["outcome"] == "succeeded"

    deploys.sandbox.control("calls", {"reset": True})
    second = deploys.run("deploy.yml")
    assert second.code == 0, second.text
    assert "nothing to deploy: 12 services already run the requested release" in second.out
    assert deploys.mutations() == []
    assert deploys.record()["outcome"] == "unchanged"
    assert deploys.lock()["state"] == "free"

    forced = deploys.run("deploy.yml", "-e", "force_full_build=true")
    assert forced.code == 0, forced.text
    assert sorted(updates(deploys)) == sorted(SERVICES)
    assert all(call["params"].get("forceNewDeployment") for call in deploys.mutations())


def test_check_mode_shows_the_plan_and_touches_nothing(deploys: Deploys) -> None:
    ran = deploys.run("deploy.yml", "--check", "--diff")
    assert ran.code == 0, ran.text
    assert "12 of 12 services change" in ran.out
    assert "+priority 1  config-server" in ran.out
    calls = deploys.sandbox.control("calls")
    assert calls["mutations"] == 0
    assert not (deploys.state / "local").exists()


def test_a_revision_is_cloned_whole(deploys: Deploys) -> None:
    """Everything but the image stays: container settings, roles, tags, and what is not in this botocore's examples."""
    ecs = deploys.sandbox.client("ecs")

    def newest() -> tuple[dict[str, Any], dict[str, str]]:
        answer = ecs.describe_task_definition(taskDefinition="sdt-local-user-service", include=["TAGS"])
        body = answer["taskDefinition"]
        for name in ("taskDefinitionArn", "revision", "registeredAt", "registeredBy"):
            body.pop(name, None)
        return body, {tag["key"]: tag["value"] for tag in answer["tags"]}

    before, tags_before = newest()
    assert deploys.run("deploy.yml", "--limit", "user-service").code == 0
    after, tags_after = newest()
    image = after["containerDefinitions"][0].pop("image")
    before["containerDefinitions"][0].pop("image")
    assert after == before
    assert "@sha256:" in image
    assert tags_before.items() <= tags_after.items()
    assert tags_after["slipway:release"] == deploys.record()["id"]


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param({"fail": "crash", "exit_code": 3}, "exit code 3", id="crashes at the start"),
        pytest.param({"fail": "crash", "after": 6}, "Essential container in task exited", id="dies after RUNNING"),
    ],
)
def test_one_bad_image_brings_everything_back(deploys: Deploys, behaviour: dict[str, Any], said: str) -> None:
    build(deploys, "user-service", "bad0000", **behaviour)
    # The last service keeps the deploy going until the bad one has died, however early it was stable.
    deploys.sandbox.control("services/sdt-local-notification-service", {"start": 24})
    # How many services go out makes no difference to what is found out about the bad one: all of them do once.
    limit = () if behaviour.get("exit_code") else ("--limit", "api-gateway,user-service,notification-service")
    ran = deploys.run("deploy.yml", *limit)
    assert ran.code == 2, ran.text
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)
    assert "FAILED user-service (priority 4)" in ran.out
    assert said in ran.out
    assert "local is as it was before this deploy" in ran.out
    record = deploys.record()
    assert (record["outcome"], record["cause"]["target"]) == ("undone", "user-service")
    assert deploys.lock()["state"] == "free"


def test_two_containers_of_one_image_go_and_come_back_together(deploys: Deploys) -> None:
    ecs, service = deploys.sandbox.client("ecs"), "sdt-local-user-service"

    def images() -> dict[str, str]:
        arn = ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]["taskDefinition"]
        containers = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"]
        return {item["name"]: item["image"].rpartition("/")[2] for item in containers}

    body = ecs.describe_task_definition(taskDefinition=service)["taskDefinition"]
    app = body["containerDefinitions"][0]
    kept = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    both = [app, {"name": "migrate", "image": app["image"], "essential": False}]
    made = ecs.register_task_definition(
        **{name: body[name] for name in kept if body.get(name)}, containerDefinitions=both
    )
    ecs.update_service(cluster=CLUSTER, service=service, taskDefinition=made["taskDefinition"]["taskDefinitionArn"])
    Fleet(deploys.sandbox).settle([service])
    build(deploys, "user-service", "bad0000", fail="crash")
    failed = deploys.run("deploy.yml", "--limit", "user-service", "-e", "image_tag=bad0000")
    assert failed.code == 2, failed.text
    assert deploys.record()["outcome"] == "undone"
    assert set(images().values()) == {f"user-service:{OLD}"}

    done = deploys.run("deploy.yml", "--limit", "user-service", "-e", f"image_tag={NEW}")
    assert done.code == 0, done.text
    assert "the same image in migrate" in " ".join(done.out.split())
    assert set(images()) == {"user-service", "migrate"}
    (image,) = set(images().values())
    assert image.startswith("user-service@sha256:")


def test_limit_changes_the_limited_services_only_and_the_others_only_warn(deploys: Deploys) -> None:
    deploys.sandbox.control("services/sdt-local-task-service", {"start": 6000})
    deploys.sandbox.client("ecs").update_service(cluster=CLUSTER, service="sdt-local-task-service", desiredCount=5)
    deploys.sandbox.control("calls", {"reset": True})
    ran = deploys.run("deploy.yml", "--limit", "user-service")
    assert ran.code == 0, ran.text
    assert updates(deploys) == ["user-service"]
    # What never gets its five tasks is not settled; that is no change.
    assert {**deploys.running(), "task-service": OLD} == {**dict.fromkeys(SERVICES, OLD), "user-service": NEW}
    record = deploys.record()
    assert [item["name"] for item in record["targets"]] == ["user-service"]
    assert len(record["unchanged"]) == 11
    verdicts = {item["name"]: item["verdict"] for item in record["health"]}
    assert len(verdicts) == 12
    assert (verdicts["user-service"], verdicts["task-service"]) == ("pass", "warn")


@pytest.mark.parametrize("said", ["user-service={new}", '{{"user-service": "{new}"}}'])
def test_a_tag_for_one_service(deploys: Deploys, said: str) -> None:
    for service in SERVICES:
        deploys.sandbox.control("images", {"repository": f"sdt/local/{service}", "tag": "none", "latest": False})
    deploys.variables["default_image_tag"] = OLD
    deploys.variables["image_tag"] = said.format(new=NEW)
    ran = deploys.run("deploy.yml")
    assert ran.code == 0, ran.text
    assert deploys.running() == {**dict.fromkeys(SERVICES, OLD), "user-service": NEW}


def test_a_refused_deploy_says_who_holds_the_lock(deploys: Deploys) -> None:
    taken = deploys.run("playbooks/lock.yml", "-e", "state=taken", "-e", '{"reason": "database upgrade"}')
    assert taken.code == 0, taken.text
    ran = deploys.run("deploy.yml")
    assert ran.code == 2
    assert "local is locked by" in ran.text
    assert "database upgrade" in ran.text
    assert deploys.mutations() == []
    broken = deploys.run("playbooks/lock.yml", "-e", "state=broken", "-e", '{"reason": "it is done"}')
    assert broken.code == 0, broken.text
    assert deploys.run("deploy.yml", "--limit", "user-service").code == 0


def test_a_deployment_in_flight_is_seen_before_anything_is_changed(deploys: Deploys) -> None:
    deploys.sandbox.control("services/sdt-local-user-service", {"start": 6000})
    deploys.sandbox.client("ecs").update_service(
        cluster=CLUSTER, service="sdt-local-user-service", forceNewDeployment=True
    )
    deploys.sandbox.control("calls", {"reset": True})
    ran = deploys.run("deploy.yml")
    assert ran.code == 2
    assert "sdt-local-user-service has a deployment in progress" in ran.text
    assert deploys.mutations() == []


def test_an_old_revision_that_terraform_deregistered_is_registered_again(deploys: Deploys) -> None:
    build(deploys, "user-service", "bad0000", fail="crash")
    ecs = deploys.sandbox.client("ecs")
    ecs.deregister_task_definition(taskDefinition="sdt-local-config-server:1")
    ran = deploys.run("deploy.yml")
    assert ran.code == 2
    assert deploys.running() == dict.fromkeys(SERVICES, OLD), ran.text
    undo = next(item["undo"] for item in deploys.record()["targets"] if item["name"] == "config-server")
    assert undo["equivalent_of"].endswith("sdt-local-config-server:1")
    assert undo["task_definition"] != undo["equivalent_of"]


def test_the_deploy_goes_through_throttling_errors_and_resets(deploys: Deploys) -> None:
    for kind in ("throttle", "server_error", "reset"):
        deploys.sandbox.control("faults", {"kind": kind, "service": "ecs", "probability": 0.1})
    ran = deploys.run("deploy.yml")
    deploys.sandbox.control("faults", {}, "DELETE")
    # An answer that is lost for good may end the deploy; then everything is back.
    want = NEW if ran.code == 0 else OLD
    assert deploys.running() == dict.fromkeys(SERVICES, want), ran.text


def test_a_field_that_botocore_does_not_know_stops_the_plan(deploys: Deploys) -> None:
    deploys.sandbox.control("task-definitions/sdt-local-user-service:1", {"quantumMode": {"enabled": True}})
    ran = deploys.run("deploy.yml")
    assert ran.code == 2
    assert "quantumMode" in ran.text
    assert "sdt-local-user-service:1" in ran.text
    assert deploys.mutations() == []


def test_everything_that_is_wrong_is_said_at_once(deploys: Deploys) -> None:
    deploys.sandbox.client("logs").delete_log_group(logGroupName="/ecs/sdt/local/bff-service")
    secrets = deploys.sandbox.client("secretsmanager")
    secret = secrets.list_secrets()["SecretList"][0]
    secrets.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)
    deploys.variables["image_tag"] = {"api-gateway": NEW}
    ran = deploys.run("deploy.yml")
    assert ran.code == 2
    assert "/ecs/sdt/local/bff-service" in ran.text
    assert secret["Name"] in ran.text
    assert deploys.mutations() == []
    assert deploys.lock()["state"] == "free"
