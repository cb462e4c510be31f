# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on demand and the throttle, seen through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.exceptions import ConnectionError as BotoConnectionError

from sandbox.protocol import Call
from sandbox.testing import Sandbox
from sandbox.throttle import Throttle
from tests.sandbox.conftest import CLUSTER
from tests.support.deploys import wait_for
from tests.support.pace import scaled

ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=scaled(20))
SERVICE = "sdt-local-discovery-server"


def describe(client: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    return found


def exhaust(client: Any) -> None:
    for _ in range(30):
        describe(client)


@pytest.mark.parametrize(
    ("service", "kind", "code"),
    [
        ("ecs", "throttle", "ThrottlingException"),
        ("ecs", "server_error", "ServerException"),
        ("ecs", "expired_token", "ExpiredTokenException"),
        ("ecs", "access_denied", "AccessDeniedException"),
        ("ecs", "clock_skew", "InvalidSignatureException"),
        ("s3", "throttle", "SlowDown"),
        ("s3", "expired_token", "ExpiredToken"),
        ("sts", "expired_token", "ExpiredToken"),
        ("ecr", "access_denied", "AccessDeniedException"),
        ("iam", "access_denied", "AccessDenied"),
    ],
)
def test_error_answers_in_every_protocol(aws: Sandbox, service: str, kind: str, code: str) -> None:
    aws.control("faults", {"kind": kind, "service": service, "count": 1})
    client = aws.client(service, config=ONCE)
    call = {
        "ecs": client.list_clusters if service == "ecs" else None,
        "s3": client.list_buckets if service == "s3" else None,
        "sts": client.get_caller_identity if service == "sts" else None,
        "ecr": client.describe_repositories if service == "ecr" else None,
        "iam": client.list_roles if service == "iam" else None,
    }[service]
    assert call is not None
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == code
    call()
    assert aws.control("faults")["faults"] == []


def test_a_reset_before_and_after_the_call_took_effect(aws: Sandbox) -> None:
    client = aws.client("ecs", config=ONCE)
    before = describe(client)["deployments"][0]["id"]
    for when, changed in (("before", False), ("after", True)):
        aws.control("faults", {"kind": "reset", "action": "UpdateService", "when": when, "count": 1})
        with pytest.raises((ConnectionClosedError, BotoConnectionError)):
            client.update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
        assert (describe(client)["deployments"][0]["id"] != before) is changed


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_on_either_side_of_the_effect(aws: Sandbox, when: str) -> None:
    other = aws.client("ecs", config=Config(retries={"total_max_attempts": 1}, read_timeout=0.3))
    client = aws.client("ecs", config=ONCE)
    before = describe(client)["deployments"][0]["id"]
    aws.control("faults", {"kind": "latency", "action": "UpdateService", "seconds": 1.5, "when": when, "count": 1})
    with pytest.raises(ReadTimeoutError):
        other.update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)
    assert (describe(client)["deployments"][0]["id"] != before) is (when == "after")
    # Late is not never: the effect must not come in the middle of the next test.
    wait_for("the effect", lambda: describe(client)["deployments"][0]["id"] != before, 60)


def test_faults_by_match_and_skip(aws: Sandbox) -> None:
    client = aws.client("ecs", config=ONCE)
    aws.control("faults", {"kind": "error", "code": "X", "status": 400, "match": SERVICE, "skip": 1, "count": 1})
    client.describe_services(cluster=CLUSTER, services=["sdt-local-config-server"])
    describe(client)
    with pytest.raises(ClientError, match="X"):
        describe(client)
    describe(client)


def test_stale_reads_and_the_date(aws: Sandbox) -> None:
    client = aws.client("ecs", config=ONCE)
    before = describe(client)["deployments"][0]["id"]
    made = client.update_service(cluster=CLUSTER, service=SERVICE, forceNewDeployment=True)["service"]["deployments"][0]
    aws.control("faults", {"kind": "stale", "action": "DescribeServices", "count": 1})
    assert describe(client)["deployments"][0]["id"] == before
    assert describe(client)["deployments"][0]["id"] == made["id"]
    aws.control("faults", {"kind": "date", "service": "s3", "seconds": -3600, "count": 1})
    s3 = aws.client("s3")
    shifted, honest = (s3.list_buckets()["ResponseMetadata"]["HTTPHeaders"]["date"] for _ in range(2))
    assert shifted != honest


def test_throttling_and_boto3s_adaptive_retries(aws: Sandbox) -> None:
    aws.control("throttle", {"scale": 1, "groups": {"service-read": [3, 50]}})
    client = aws.client("ecs", config=ONCE)
    with pytest.raises(ClientError) as caught:
        exhaust(client)
    assert caught.value.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    patient = aws.client("ecs", config=Config(retries={"total_max_attempts": 10, "mode": "adaptive"}))
    for _ in range(5):
        describe(patient)
    aws.control("throttle", {"scale": 1, "groups": {"service-read": [100, 20]}})


def test_buckets_hold_a_burst_and_fill_at_their_rate() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.allow("RegisterTaskDefinition") for _ in range(21)] == [True] * 20 + [False]
    assert throttle.allow("UpdateService"), "another group has its own bucket"
    now[0] = 1.0
    assert [throttle.allow("DeregisterTaskDefinition") for _ in range(2)] == [True, False]
    throttle.reset(0)
    assert all(throttle.allow("RegisterTaskDefinition") for _ in range(100))


def test_a_probability_is_one() -> None:
    from sandbox.faults import Faults

    faults = Faults(seed=1)
    faults.add({"kind": "throttle", "probability": 0.5})
    call = Call("ecs", "ListTasks", "eu-west-1", "", b"", True)
    assert 60 < sum(bool(faults.strike(call)) for _ in range(200)) < 140
