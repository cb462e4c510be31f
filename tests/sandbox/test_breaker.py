# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ways to fail, and the circuit breaker, on the engine."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ecs import rollout
from tests.sandbox.simulated import Simulation


@pytest.fixture
def ecs() -> Simulation:
    return Simulation()


def test_a_crash_trips_the_breaker_and_rolls_back(ecs: Simulation) -> None:
    good = ecs.define("app:1")
    ecs.create(good)
    first = ecs.primary()["id"]
    ecs.break_image("app:2", fail="crash", exit_code=3)
    bad = ecs.update(taskDefinition=ecs.define("app:2"))["deployments"][0]["id"]
    seen: dict[str, set[str]] = {}
    for _ in range(200):
        ecs.run(0.1)
        for one in ecs.service()["deployments"]:
            seen.setdefault(one["id"], set()).add(f"{one['status']} {one['rolloutState']}")
    assert seen[bad] == {"PRIMARY IN_PROGRESS", "ACTIVE FAILED"}
    found = ecs.service()
    assert found["taskDefinition"] == good
    assert found["deployments"][0]["rolloutState"] == "COMPLETED"
    assert found["deployments"][0]["id"] not in (first, bad)
    assert f"(service s) (deployment {bad}) deployment failed: tasks failed to start." in ecs.events()
    assert f"(service s) rolling back to deployment {found['deployments'][0]['id']}." in ecs.events()
    made = ecs.service_deployments()[0]
    assert made["status"] == "ROLLBACK_SUCCESSFUL"
    assert made["statusReason"] == "Service deployment rolled back because the circuit breaker threshold was exceeded."
    assert made["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
    stopped = [one for one in ecs.tasks("STOPPED") if one["startedBy"] == bad]
    assert len(stopped) == 4
    assert {one["stopCode"] for one in stopped} == {"EssentialContainerExited"}
    assert {one["stoppedReason"] for one in stopped} == {"Essential container in task exited"}
    assert {one["containers"][0]["exitCode"] for one in stopped} == {3}


@pytest.mark.parametrize(
    ("behaviour", "code", "reason", "exit_code"),
    [
        ({"fail": "missing"}, "TaskFailedToStart", "CannotPullContainerError: ", None),
        ({"fail": "secret"}, "TaskFailedToStart", "ResourceInitializationError: unable to pull secrets", None),
        ({"fail": "oom"}, "EssentialContainerExited", "OutOfMemoryError: ", 137),
        ({"fail": "unhealthy"}, "ServiceSchedulerInitiated", "Task failed container health checks", 143),
        ({"fail": "crash", "exit_code": 7, "after": 0.1}, "EssentialContainerExited", "Essential container in", 7),
    ],
)
def test_every_way_to_fail(
    ecs: Simulation, behaviour: dict[str, Any], code: str, reason: str, exit_code: int | None
) -> None:
    ecs.create(desired=1)
    ecs.break_image("app:2", **behaviour)
    bad = ecs.update(taskDefinition=ecs.define("app:2"))["deployments"][0]["id"]
    ecs.run(60)
    stopped = [one for one in ecs.tasks("STOPPED") if one["startedBy"] == bad]
    assert len(stopped) == 3
    assert {one["stopCode"] for one in stopped} == {code}
    assert stopped[0]["stoppedReason"].startswith(reason)
    assert stopped[0]["containers"][0].get("exitCode") == exit_code
    assert ecs.service_deployments()[0]["status"] == "ROLLBACK_SUCCESSFUL"


def test_a_crash_after_running_without_a_health_check_is_no_failure_of_the_deployment(ecs: Simulation) -> None:
    ecs.create(desired=1)
    ecs.break_image("app:2", fail="crash", after=5)
    ecs.update(taskDefinition=ecs.define("app:2", checked=False))
    ecs.run(40)
    assert ecs.primary()["rolloutState"] == "COMPLETED"
    assert len([one for one in ecs.tasks("STOPPED") if one["stopCode"] == "EssentialContainerExited"]) >= 3


def test_without_rollback_the_deployment_fails_and_starts_nothing_more(ecs: Simulation) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": False}}
    ecs.create(deploymentConfiguration=breaker)
    ecs.break_image("app:2", fail="crash")
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(60)
    count = len(ecs.tasks("STOPPED"))
    assert ecs.primary()["rolloutState"] == "FAILED"
    assert ecs.primary()["rolloutStateReason"] == "ECS deployment circuit breaker: tasks failed to start."
    assert ecs.service()["runningCount"] == 2
    assert ecs.service_deployments()[0]["status"] == "STOPPED"
    ecs.run(60)
    assert len(ecs.tasks("STOPPED")) == count


def test_without_a_breaker_it_tries_for_ever_and_says_so(ecs: Simulation) -> None:
    ecs.create(deploymentConfiguration={})
    ecs.break_image("app:2", fail="crash")
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(300)
    assert ecs.primary()["rolloutState"] == "IN_PROGRESS"
    assert ecs.primary()["failedTasks"] > 5
    assert "(service s) is unable to consistently start tasks successfully." in ecs.events()


def test_a_first_deployment_has_nothing_to_roll_back_to(ecs: Simulation) -> None:
    ecs.break_image("app:1", fail="crash")
    ecs.create()
    ecs.run(60)
    assert ecs.primary()["rolloutState"] == "FAILED"
    made = ecs.service_deployments()[0]
    assert made["status"] == "ROLLBACK_FAILED"
    assert made["statusReason"] == "No rollback candidate was found to run the rollback."


def test_a_healthy_task_resets_the_count_unless_told_not_to(ecs: Simulation) -> None:
    ecs.create(desired=1)
    ecs.break_image("app:2", fail="crash")
    ecs.update(taskDefinition=ecs.define("app:2"))
    ecs.run(5)
    assert ecs.primary()["failedTasks"] > 0
    del ecs.world.behaviours["app:2"]
    ecs.settle()
    assert ecs.primary()["failedTasks"] == 0
    assert ecs.primary()["rolloutState"] == "COMPLETED"


@pytest.mark.parametrize(
    ("wanted", "chosen", "expected"),
    [
        (1, None, 3),
        (6, None, 3),
        (7, None, 4),
        (25, None, 13),
        (1000, None, 200),
        (10, {"type": "COUNT", "value": 1}, 1),
        (10, {"type": "BOUNDED_PERCENT", "value": 100}, 10),
        (1, {"type": "UNBOUNDED_PERCENT", "value": 50}, 1),
        (1000, {"type": "UNBOUNDED_PERCENT", "value": 50}, 500),
    ],
)
def test_the_breakers_threshold(wanted: int, chosen: dict[str, Any] | None, expected: int) -> None:
    breaker: dict[str, Any] = {"enable": True, "rollback": True}
    if chosen:
        breaker["thresholdConfiguration"] = chosen
    assert rollout.threshold({"deploymentCircuitBreaker": breaker}, wanted) == expected
