# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Health and smoke after a rollout: a failure is undone or held as the environment says, what is unclear is held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.deploys import NEW, OLD, SERVICES, Deploys
from tests.support.images import build

CHECK: dict[str, Any] = {"name": "health", "path": "/user-service/actuator/health", "retries": 2, "interval": 0.2}
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
    deploys.sandbox.control("services/sdt-local-task-service", {"start": 600})
    deploys.sandbox.client("ecs").update_service(
        cluster="sdt-local-cluster", service="sdt-local-task-service", desiredCount=5
    )
    ran = deploys.run("deploy.yml")
    assert ran.code == 2, ran.text
    assert "nothing to deploy, but task-service is not healthy" in ran.out
    assert deploys.record()["outcome"] == "held"
