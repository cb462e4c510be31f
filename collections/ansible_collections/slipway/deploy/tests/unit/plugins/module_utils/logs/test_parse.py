# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tasks, log streams and records say, as tables."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Event, ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.logs.model import Recorded, Source
from ansible_collections.slipway.deploy.plugins.module_utils.logs.parse import (
    is_troubled,
    log_lines,
    ordered,
    parse_task,
    recorded_failure,
    sources,
    telling_events,
)

ARN = "arn:aws:ecs:eu-west-1:962496666337"


def task(identity: str = "a1", **fields: Any) -> dict[str, Any]:
    """A task of DescribeTasks' answer, stopped by its essential container unless told otherwise."""
    base = {
        "taskArn": f"{ARN}:task/sdt-dev-cluster/{identity}",
        "taskDefinitionArn": f"{ARN}:task-definition/sdt-dev-user-service:18",
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "startedBy": "ecs-svc/1",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "stoppedAt": 1795208651.0,
        "containers": [{"name": "user-service", "exitCode": 1}],
    }
    return {**base, **fields}


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        pytest.param({}, "failed", id="crashed"),
        pytest.param({"stopCode": "TaskFailedToStart", "containers": []}, "failed", id="never started"),
        pytest.param({"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Task failed health checks"}, "failed"),
        pytest.param(
            {
                "stopCode": "ServiceSchedulerInitiated",
                "stoppedReason": "Scaling activity initiated by (deployment ecs-svc/2)",
            },
            "replaced",
            id="replaced by a deployment",
        ),
        pytest.param({"stopCode": "UserInitiated", "stoppedReason": "by hand"}, "replaced", id="stopped by a person"),
        pytest.param({"lastStatus": "RUNNING", "desiredStatus": "RUNNING"}, "running"),
        pytest.param({"lastStatus": "PENDING", "desiredStatus": "RUNNING"}, "starting"),
        pytest.param({"lastStatus": "DEPROVISIONING"}, "failed", id="on its way out"),
    ],
)
def test_what_a_task_is(fields: dict[str, Any], state: str) -> None:
    assert parse_task(task(**fields)).state == state


def test_a_reason_has_the_containers_own_and_no_secret() -> None:
    raw = task(
        stoppedReason="Task failed to start",
        containers=[{"name": "app", "reason": "CannotPullContainerError: https://user:hunter2@registry/x"}],
    )
    assert parse_task(raw).reason == (
        "Task failed to start: CannotPullContainerError: https://user:[redacted]@registry/x"
    )


def test_failed_tasks_come_first_and_the_newest_of_them_before_the_others() -> None:
    running = task("run", lastStatus="RUNNING", desiredStatus="RUNNING", startedAt=1795208900.0)
    tasks = [running, task("old", stoppedAt=1.0), task("user", stopCode="UserInitiated"), task("new", stoppedAt=2.0)]
    assert [item.id for item in ordered(map(parse_task, tasks))] == ["new", "old", "run", "user"]


AWSLOGS = {"awslogs-group": "/ecs/x", "awslogs-stream-prefix": "ecs", "awslogs-region": "eu-west-1"}


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        pytest.param({"logDriver": "awslogs", "options": AWSLOGS}, Source("app", "/ecs/x", "ecs/app/t1"), id="awslogs"),
        pytest.param(
            None,
            Source(
                "app",
                problem="its task definition has no logConfiguration, not awslogs: look where that sends its lines",
            ),
            id="none",
        ),
        pytest.param(
            {"logDriver": "splunk", "options": {"splunk-token": "s3cret"}},
            Source("app", problem="its log driver is splunk, not awslogs: look where that sends its lines"),
            id="another driver",
        ),
        pytest.param(
            {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/x"}},
            Source(
                "app",
                "/ecs/x",
                problem="its task definition sets no awslogs-stream-prefix, so its stream has no known name",
            ),
            id="no prefix",
        ),
        pytest.param(
            {"logDriver": "awslogs", "options": {**AWSLOGS, "awslogs-region": "us-east-1"}},
            Source(
                "app",
                "/ecs/x",
                "ecs/app/t1",
                "it logs to region us-east-1, which is not this environment's (eu-west-1)",
            ),
            id="another region",
        ),
    ],
)
def test_where_a_container_logs(configuration: dict[str, Any] | None, expected: Source) -> None:
    body = {"containerDefinitions": [{"name": "app", "logConfiguration": configuration}]}
    assert sources(body, "t1", "eu-west-1") == [expected]


def test_essential_containers_come_first() -> None:
    body = {"containerDefinitions": [{"name": "side", "essential": False}, {"name": "app", "essential": True}]}
    assert [source.container for source in sources(body, "t1", "eu-west-1")] == ["app", "side"]


def test_log_lines_are_the_last_whole_redacted_and_harmless() -> None:
    events = [
        {"timestamp": 1000, "message": "first"},
        {"timestamp": 2000, "message": "boom\n\tat com.skilltracker.Main\n\n"},
        {"timestamp": 3000, "message": "pass\x1b[1mword=hunter2 \x1b[2J"},
    ]
    assert log_lines(events, 3, lambda at: f"{at:.0f}") == (
        "2 boom",
        "2     at com.skilltracker.Main",
        "3 password=[redacted]",
    )


def test_trouble_stays_among_the_events_after_an_undo() -> None:
    messages = ["steady", "completed", "a", "b", "c", "d", "(x) was unable to place a task", "e", "deployment failed"]
    events = [Event(str(number), 100.0 - number, message) for number, message in enumerate(messages)]
    told = [event.message for event in telling_events(events)]
    assert told == ["deployment failed", "(x) was unable to place a task", "c", "b", "a", "completed", "steady"]


def record(identity: str, **failures: Any) -> dict[str, Any]:
    """A record that changed the services of that name, with their failure."""
    targets = [{"name": name.replace("_", "-"), "failure": value} for name, value in failures.items()]
    return {"id": identity, "targets": targets}


FAILURE = {"reason": "exited", "exit_code": 1, "log": ["line"]}


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], None),
        ([record("r2", other=FAILURE)], None),
        ([record("r2", user_service=FAILURE)], Recorded("r2", "exited", 1, ("line",))),
        ([record("r3", other=None), record("r2", user_service=FAILURE)], Recorded("r2", "exited", 1, ("line",))),
        ([record("r3", user_service=None), record("r2", user_service=FAILURE)], None),
    ],
)
def test_the_failure_of_the_newest_record_that_changed_the_service(
    records: list[dict[str, Any]], expected: Recorded | None
) -> None:
    assert recorded_failure(records, "user-service") == expected


def test_who_is_in_trouble() -> None:
    well = ObservedService("x", "", "ACTIVE", "", 2, 2, 0)
    assert not is_troubled(well)
    assert is_troubled(None)
    assert is_troubled(ObservedService("x", "", "ACTIVE", "", 2, 1, 0))
    assert is_troubled(ObservedService("x", "", "DRAINING", "", 2, 2, 0))
