# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a service failed: the culprit among containers, its log, and no secret in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.rollout.diagnose import (
    LINE_LENGTH,
    last_lines,
    log_streams,
    parse_stopped_task,
    redact,
)
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.judge import failure_of_tasks
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import StoppedTask
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.poll import Pace, interval


@pytest.mark.parametrize(
    "line",
    [
        "password=hunter2",
        "DB_PASSWORD: hunter2",
        '{"password": "hunter2"}',
        "spring.datasource.password=hunter2 url=x",
        "Authorization: Bearer hunter2",
        "jdbc url postgresql://app:hunter2@db:5432/app refused",
        "api_key => hunter2",
        "secret-token=hunter2&x=1",
        "cannot connect to redis://:hunter2@cache:6379",
        "postgres://app:p/hunter2@db:5432/app refused",
        "postgres://app:p@hunter2@db:5432/app refused",
        "Server=db;Pwd=hunter2;Database=app",
        "started with --password hunter2 --port 8080",
        "started with --db-password 'x hunter2' --port 8080",
        "password: correct hunter2",
        'password="correct hunter2 staple" url=x',
        "password='correct hunter2 staple' url=x",
        'password="correct hunter2',
        r"{\"password\":\"correct hunter2\"}",
        r'password="a\"b hunter2"',
        "password=a,hunter2",
        "Field required [type=missing, input_value={'url': 'postgre...ter2@db', 'x': 'hunter2'}, input_type=dict]",
        "token: " + "x" * 5000 + " hunter2",
    ],
)
def test_what_looks_like_a_secret_is_not_shown(line: str) -> None:
    assert "hunter2" not in redact(line)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("password: hunter two", "password: [redacted]"),
        ('password="a b c" url=x', "password=[redacted] url=x"),
        ("spring.datasource.password=hunter2 url=x", "spring.datasource.password=[redacted] url=x"),
        ("Server=db;Pwd=hunter2;Database=app", "Server=db;Pwd=[redacted];Database=app"),
        ("--password hunter2 --port 8080", "--password [redacted] --port 8080"),
        (
            "x: Field required [type=missing, input_value={'y': 'postgre...ter2@db'}, input_type=dict], and more",
            "x: Field required [type=missing, input_value=[redacted], input_type=dict], and more",
        ),
        ("redis://:s3cr3t@cache:6379 refused", "redis://:[redacted]@cache:6379 refused"),
    ],
)
def test_what_is_around_a_secret_stays(line: str, shown: str) -> None:
    assert redact(line) == shown


@pytest.mark.parametrize(
    "token",
    ["AKIAIOSFODNN7EXAMPLE", "ghp_" + "a" * 36, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "xoxb-1-2-abc"],
)
def test_known_tokens_are_not_shown(token: str) -> None:
    assert token not in redact(f"calling with {token} now")


@pytest.mark.parametrize(
    "line",
    [
        "Caused by: java.net.UnknownHostException: sdt-dev-db",
        "Tomcat started on 8080",
        'FATAL: password authentication failed for user "app"',
        "I/O error on GET request for http://config-server:8888/app: Connection refused",
    ],
)
def test_other_lines_stay(line: str) -> None:
    assert redact(line) == line


@given(st.text())
def test_a_line_never_gets_longer_than_it_may(line: str) -> None:
    assert len(redact(line)) <= LINE_LENGTH


def test_the_culprit_is_the_container_that_exited_badly() -> None:
    task = parse_stopped_task(
        {
            "taskArn": "arn:aws:ecs:eu-west-1:1:task/c/abc",
            "startedBy": "ecs-svc/1",
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "sidecar", "exitCode": 0}, {"name": "app", "exitCode": 137, "reason": "OOM"}],
        }
    )
    assert (task.id, task.exit_code, task.container_reason) == ("abc", 137, "OOM")


@pytest.mark.parametrize(
    ("containers", "culprit"),
    [
        pytest.param([("proxy", 137), ("app", 1)], "app", id="a sidecar that ECS killed"),
        pytest.param([("proxy", 143), ("app", 137)], "app", id="all by a signal: the deployed one"),
        pytest.param([("proxy", 137), ("app", 0)], "app", id="the application ended well, which it should not"),
        pytest.param([("proxy", 2), ("app", 1)], "app", id="both with an error: the deployed one"),
        pytest.param([("proxy", 1), ("app", 143)], "proxy", id="the sidecar took the application down"),
        pytest.param([("log", 1), ("proxy", 1), ("app", 143)], "proxy", id="the essential one"),
        pytest.param([("proxy", 143), ("app", 137, "OutOfMemoryError")], "app", id="out of memory"),
        pytest.param([("proxy", 0), ("app", None, "CannotPullContainerError")], "app", id="it never started"),
        pytest.param([("migrate", 3), ("app", None)], "migrate", id="the one that it waited for"),
        pytest.param([("proxy", None), ("app", None)], "app", id="nothing is known"),
    ],
)
def test_which_container_ended_the_task(containers: list[tuple[object, ...]], culprit: str) -> None:
    names = ("name", "exitCode", "reason")
    documents = [
        {key: value for key, value in zip(names, item, strict=False) if value is not None} for item in containers
    ]
    task = {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
    found = parse_stopped_task({**task, "containers": documents}, "app", {"log"})
    assert found.container == culprit
    assert found.exit_code == next(item.get("exitCode") for item in documents if item["name"] == culprit)
    assert ("container proxy" in found.container_reason) is (culprit == "proxy")


def test_after_a_failed_health_check_the_unhealthy_container_is_the_culprit() -> None:
    containers = [
        {"name": "proxy", "exitCode": 1, "healthStatus": "HEALTHY"},
        {"name": "app", "exitCode": 143, "healthStatus": "UNHEALTHY"},
    ]
    task = {"stopCode": "ServiceSchedulerInitiated", "stoppedReason": "Task failed container health checks"}
    assert parse_stopped_task({**task, "containers": containers}, "app").exit_code == 143
    assert parse_stopped_task({**task, "containers": containers}, "proxy").container == "app"


def test_the_log_shown_is_the_culprits() -> None:
    options = {"awslogs-group": "/ecs/x", "awslogs-stream-prefix": "ecs"}
    log = {"logDriver": "awslogs", "options": options}
    names = ("proxy", "app")
    body = {"containerDefinitions": [{"name": name, "logConfiguration": log} for name in names]}
    assert log_streams(body, "t", "app") == [("/ecs/x", "ecs/app/t")]
    assert log_streams(body, "t", "gone") == [("/ecs/x", "ecs/proxy/t"), ("/ecs/x", "ecs/app/t")]
    body["containerDefinitions"][1].pop("logConfiguration")
    assert log_streams(body, "t", "app") == []


def test_a_task_without_containers_or_reason_is_still_a_task() -> None:
    assert parse_stopped_task({"stopCode": "TaskFailedToStart"}).reason == "TaskFailedToStart"


def test_the_commonest_reason_stands_for_all() -> None:
    tasks = [StoppedTask(str(number), "d", "", "a", 1) for number in range(2)] + [StoppedTask("x", "d", "", "b", 2)]
    failure = failure_of_tasks(tasks)
    assert (failure.reason, failure.exit_code, failure.stopped) == ("a", 1, 3)


def test_a_reason_is_not_said_twice() -> None:
    task = StoppedTask("1", "d", "", "OutOfMemoryError: Container killed", 137, "outofmemoryerror: container killed")
    assert failure_of_tasks([task]).reason == "OutOfMemoryError: Container killed"


def test_only_awslogs_streams_with_a_prefix_can_be_named() -> None:
    options = {"awslogs-group": "/ecs/x", "awslogs-stream-prefix": "ecs"}
    body = {
        "containerDefinitions": [
            {"name": "side", "essential": False, "logConfiguration": {"logDriver": "awslogs", "options": options}},
            {"name": "app", "logConfiguration": {"logDriver": "awslogs", "options": options}},
            {"name": "fluent", "logConfiguration": {"logDriver": "awsfirelens", "options": options}},
            {"name": "none"},
            {"name": "ec2", "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/y"}}},
        ]
    }
    assert log_streams(body, "t") == [("/ecs/x", "ecs/app/t"), ("/ecs/x", "ecs/side/t")]


def test_the_frames_of_a_stack_trace_give_way_to_what_happened() -> None:
    events = [
        {"timestamp": 1000, "message": "Application run failed"},
        {"timestamp": 1000, "message": "Caused by: boom\n\tat a.b.C(C.java:1)\n\t... 12 more"},
    ]
    lines = last_lines(events, lambda at: f"{at:.0f}")
    assert lines == ("1 Application run failed", "1 Caused by: boom")


@given(
    ages=st.lists(st.floats(0, 5000), max_size=1200),
    random=st.floats(0, 1, exclude_max=True),
    bad=st.integers(0, 20),
)
def test_the_poller_is_never_hectic_and_never_asleep(ages: list[float], random: float, bad: int) -> None:
    pace = Pace()
    for _time in range(bad):
        pace = pace.slower()
    wait = interval(ages, pace, random)
    assert 0.4 <= wait <= 5.0 * 16 * 1.2
    for _time in range(bad):
        pace = pace.faster()
    assert pace == Pace()
