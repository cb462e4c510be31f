# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health and smoke after a rollout: a failure is undone or held as the environment says, what is unclear is held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deploys import NEW, OLD, SERVICES, Deploys
from tests.support.images import build

CHECK: dict[str, Any] = {"name": "health", "path": "/user-service/actuator/health", "retries": 2, "interval": 0.2}
HTTP_500 = {"mode": "error", "status": 500}
LIMITED = ("deploy.yml", "--limit", "user-service,bff-service")


@pytest.mark.parametrize(
    ("http", "on_failure", "outcome", "running"),
    [
        pytest.param({"mode": "error", "status": 500}, "undo", "undone", OLD, id="a wrong answer is undone"),
        pytest.param(
            {"mode": "error", "status": 500}, "hold", "held", "bad0000", id="a wrong answer is held where that is asked"
        ),
        pytest.param(
            {"mode": "error", "status": 504}, "undo", "held", "bad0000", id="no answer is inconclusive and never undoes"
        ),
    ],
)
def test_smoke(deploys: Deploys, http: dict[str, Any], on_failure: str, outcome: str, running: str) -> None:
    build(deploys, "user-service", "bad0000", http=http)
    deploys.variables |= {"smoke_checks": [CHECK], "on_failure": on_failure}
    ran = deploys.run(*LIMITED)
    assert ran.code == 2, ran.text
    record = deploys.record()
    assert (record["outcome"], record["cause"]["phase"]) == (outcome, "checking"), ran.text
    found = deploys.running()
    assert found["user-service"] == running
    assert found["bff-service"] == (OLD if outcome == "undone" else NEW)
    assert "smoke check health" in ran.out


@pytest.fixture
def neighbours(deploys: Deploys) -> Deploys:
    """A fleet of which only user-service has a new image; one service is parked, another answers 500 already."""
    for service in SERVICES:
        deploys.sandbox.control("images", {"repository": f"sdt/local/{service}", "tag": "none", "latest": False})
    deploys.variables |= {"default_image_tag": OLD, "image_tag": f"user-service={NEW}"}
    sick = {"repository": "sdt/local/analytics-service", "tag": OLD, "behaviour": {"http": HTTP_500}}
    deploys.sandbox.control("images", sick)
    ecs = deploys.sandbox.client("ecs")
    of = {"cluster": "sdt-local-cluster"}
    ecs.update_service(**of, service="sdt-local-task-service", desiredCount=0)
    ecs.update_service(**of, service="sdt-local-analytics-service", forceNewDeployment=True)
    names = ["sdt-local-task-service", "sdt-local-analytics-service"]
    ecs.get_waiter("services_stable").wait(**of, services=names, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return deploys


def test_what_failed_before_or_runs_nothing_is_reported_and_never_undoes(neighbours: Deploys) -> None:
    ran = neighbours.run("deploy.yml")
    assert ran.code == 0, ran.text
    record = neighbours.record()
    assert record["outcome"] == "succeeded"
    smoke = {item["name"]: item for item in record["smoke"]}
    assert {name for name, item in smoke.items() if item["verdict"] != "pass"} == {"task-service", "analytics-service"}
    assert smoke["task-service"]["detail"] == "not exercised: desired count is 0"
    assert "as before this deploy, which did not change it" in smoke["analytics-service"]["detail"]
    assert neighbours.running()["user-service"] == NEW


def test_a_neighbour_that_fails_meanwhile_is_named_and_the_release_stands(neighbours: Deploys) -> None:
    # It answers what the plan asks and nothing after it.
    neighbours.sandbox.control(
        "faults", {"service": "alb", "action": "/bff-service/*", "kind": "error", "status": 500, "skip": 1}
    )
    try:
        ran = neighbours.run("deploy.yml")
    finally:
        neighbours.sandbox.control("faults", {}, "DELETE")
    assert ran.code == 2, ran.text
    record = neighbours.record()
    assert (record["outcome"], record["cause"]["target"]) == ("held", "bff-service")
    assert "bff-service, which this deploy did not change," in ran.out
    assert neighbours.running()["user-service"] == NEW


def test_a_service_that_loses_its_tasks_is_not_healthy(deploys: Deploys) -> None:
    build(deploys, "user-service", "bad0000", fail="crash", after=8)
    # It dies while the other one still rolls out: when health is looked at, it has been started again.
    deploys.sandbox.control("services/sdt-local-bff-service", {"start": 24})
    deploys.variables["smoke_checks"] = []
    ran = deploys.run(*LIMITED)
    assert ran.code == 2, ran.text
    assert deploys.running() == dict.fromkeys(SERVICES, OLD)
    assert "stopped after it was stable" in ran.out


def test_nothing_to_deploy_over_a_sick_fleet_is_not_green(deploys: Deploys) -> None:
    assert deploys.run("deploy.yml").code == 0
    deploys.sandbox.control("services/sdt-local-task-service", {"start": 6000})
    deploys.sandbox.client("ecs").update_service(
        cluster="sdt-local-cluster", service="sdt-local-task-service", desiredCount=5
    )
    ran = deploys.run("deploy.yml")
    assert ran.code == 2, ran.text
    assert "nothing to deploy, but task-service is not healthy" in ran.out
    assert deploys.record()["outcome"] == "held"


def test_nothing_to_deploy_still_asks_the_smoke_checks_and_the_target_groups(deploys: Deploys) -> None:
    assert deploys.run(*LIMITED).code == 0
    again = deploys.run(*LIMITED)
    assert (again.code, deploys.record()["outcome"]) == (0, "unchanged"), again.text
    assert {item["name"] for item in deploys.record()["smoke"]} == {"user-service", "bff-service"}

    name = "services/sdt-local-user-service"
    deploys.sandbox.control(name, {"behaviour": {"http": {"mode": "error", "status": 500}}})
    sick = deploys.run(*LIMITED)
    assert sick.code == 2, sick.text
    assert "smoke check" in sick.out
    record = deploys.record()
    assert (record["outcome"], record["cause"]["target"], record["targets"]) == ("held", "user-service", [])
