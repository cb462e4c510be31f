# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a test says to the sandbox itself."""

from __future__ import annotations

import http.client
import json

import pytest
from botocore.config import Config

from sandbox.testing import Sandbox, SandboxError
from tests.sandbox.conftest import CLUSTER
from tests.sandbox.deploying import deploy, name_of, wait_stable


def test_a_service_can_be_made_slower(aws: Sandbox) -> None:
    shown = aws.control(f"services/{name_of('bff-service')}", {"start_seconds": 30, "log_lines": ["hello"]})
    assert shown["timings"]["start"] == 30
    aws.control(f"services/{name_of('bff-service')}", {"start_seconds": 3})


def test_default_timings_hold_for_services_that_have_others_of_their_own(aws: Sandbox) -> None:
    service = f"services/{name_of('bff-service')}"
    own = aws.control(service)["timings"]["start"]
    aws.control("timings", {"stale": 7})
    shown = aws.control(service)["timings"]
    assert (shown["stale"], shown["start"]) == (7, own)
    aws.control(service, {"stale": 2})
    aws.control("timings", {"stale": 5})
    assert aws.control(service)["timings"]["stale"] == 2
    aws.control("timings", {"stale": 0, "all": True})
    assert aws.control(service)["timings"]["stale"] == 0


def test_what_is_there_is_not_seeded_again(aws: Sandbox) -> None:
    services = {"another-service": {"port": 9000}}
    before = aws.control("seed")["services"]
    with pytest.raises(SandboxError, match="sdt-local-cluster is there already: reset first, or seed another"):
        aws.control("seed", {"services": services})
    assert aws.control("seed")["services"] == before
    other = {"services": services, "environment": "qa", "load_balancer": False}
    assert aws.control("seed", other)["services"] == before + 1


def test_raw_fields_can_be_added_to_a_definition(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[name_of("config-server")])["services"][0]
    arn = found["taskDefinition"]
    aws.control(f"task-definitions/{arn}", {"fieldOfTomorrow": {"x": 1}, "containers": {"config-server": {"y": 2}}})
    assert "fieldOfTomorrow" not in ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"))
    headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition"}
    connection.request("POST", "/", body=json.dumps({"taskDefinition": arn}), headers=headers)
    raw = json.loads(connection.getresponse().read())["taskDefinition"]
    connection.close()
    assert raw["fieldOfTomorrow"] == {"x": 1}
    assert raw["containerDefinitions"][0]["y"] == 2


def test_the_journal_counts_and_hides_values(aws: Sandbox) -> None:
    aws.control("calls", method="DELETE")
    deploy(aws, "gamification-service", "3f9c2d1", environment=[{"name": "DB_URL", "value": "hidden-value"}])
    shown = aws.control("calls")
    assert shown["mutations"] == 2
    assert shown["counts"]["ecs:UpdateService"] == 1
    assert "hidden-value" not in json.dumps(shown)
    wait_stable(aws, "gamification-service")


def test_control_says_what_is_wrong(aws: Sandbox) -> None:
    for path, body in (
        ("nope", {}),
        ("faults", {"kind": "nope"}),
        ("images", {"repository": "x", "tag": "y", "behaviour": {"fail": "nope"}}),
        ("clock", {"speed": 0}),
        ("services/sdt-local-user-service", {"strat": 3}),
        ("images", {"repository": "x", "tag": "y", "behaviour": {"fail": "crash", "exitcode": 3}}),
        ("task-definitions/nope", {"x": 1}),
    ):
        with pytest.raises(SandboxError):
            aws.control(path, body)


def test_reset_and_seed_of_another_environment() -> None:
    with Sandbox(environment="dev", account="962496666337", speed=20) as aws:
        ecs = aws.client("ecs", config=Config(retries={"max_attempts": 1}))
        assert aws.client("sts").get_caller_identity()["Account"] == "962496666337"
        ecs.update_service(cluster="sdt-dev-cluster", service="sdt-dev-user-service", desiredCount=0)
        assert aws.control("reset", {})["services"] == 12
        found = ecs.describe_services(cluster="sdt-dev-cluster", services=["sdt-dev-user-service"])["services"][0]
        assert (found["desiredCount"], found["runningCount"]) == (2, 2)
        assert aws.client("s3").list_buckets()["Buckets"][0]["Name"] == "sdt-dev-slipway"
