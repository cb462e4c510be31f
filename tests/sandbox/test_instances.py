# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instances behind the load balancer: real health checks of real servers, draining, and the requests they get."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.elb import model, rules
from sandbox.elb.model import Settings, Target
from sandbox.testing import Sandbox
from tests.support.deploys import wait_for
from tests.support.pace import scaled

DELAY = 20  # seconds of deregistration delay; the sandbox divides it by its speed
SPEED = 10


@dataclass
class Application:
    """An HTTP server on an address of its own; ``status`` is what its health answers."""

    address: str
    status: int = 200
    served: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        application = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/health":
                    self.answer(application.status)
                    return
                application.served.append(self.headers["X-Forwarded-For"])
                if self.path.startswith("/app/slow"):
                    application.hold.wait(10)
                self.answer(200)

            def answer(self, status: int) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(application.address.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer((self.address, 8080), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


@dataclass
class Balanced:
    """A target group, two instances, and what a person asks of them."""

    aws: Sandbox
    group: str
    instances: list[str]
    applications: list[Application]

    @property
    def elb(self) -> Any:
        return self.aws.client("elbv2")

    def register(self, *indices: int) -> None:
        self.elb.register_targets(TargetGroupArn=self.group, Targets=[{"Id": self.instances[one]} for one in indices])

    def deregister(self, *indices: int) -> None:
        self.elb.deregister_targets(TargetGroupArn=self.group, Targets=[{"Id": self.instances[one]} for one in indices])

    def health(self, *indices: int) -> list[tuple[str, str]]:
        asked = {"Targets": [{"Id": self.instances[one]} for one in indices]} if indices else {}
        found = self.elb.describe_target_health(TargetGroupArn=self.group, **asked)["TargetHealthDescriptions"]
        return [(one["TargetHealth"]["State"], one["TargetHealth"].get("Reason", "")) for one in found]

    def wait(self, *states: str) -> None:
        wait_for(f"{states}", lambda: [state for state, _ in self.health()] == list(states), 15)

    def get(self, path: str = "/app/") -> tuple[int, str]:
        connection = http.client.HTTPConnection(self.aws.alb.removeprefix("http://"), timeout=scaled(15))
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(fleet=0, speed=SPEED) as made:
        yield made


@pytest.fixture
def balanced(server: Sandbox) -> Iterator[Balanced]:
    server.control("reset", {})
    ec2, elb = server.client("ec2"), server.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="127.0.7.0/24")["Vpc"]["VpcId"]
    zones = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"127.0.7.{start}/25", AvailabilityZone=f"eu-west-1{zone}")["Subnet"]
        for start, zone in ((0, "a"), (128, "b"))
    ]
    applications = [Application("127.0.7.11"), Application("127.0.7.12")]
    instances = [
        ec2.run_instances(
            ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=zones[0]["SubnetId"], PrivateIpAddress=one.address
        )["Instances"][0]["InstanceId"]
        for one in applications
    ]
    group = elb.create_target_group(
        Name="backend",
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(DELAY)}]
    )
    balancer = elb.create_load_balancer(Name="umigo", Subnets=[one["SubnetId"] for one in zones])
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/app/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    yield Balanced(server, group, instances, applications)
    for one in applications:
        one.close()


def test_a_target_goes_from_initial_to_healthy_and_gets_its_turn(balanced: Balanced) -> None:
    balanced.register(0, 1)
    assert {state for state, _ in balanced.health()} <= {"initial", "healthy"}
    balanced.wait("healthy", "healthy")
    answers = Counter(balanced.get() for _ in range(10))
    assert answers == {(200, "127.0.7.11"): 5, (200, "127.0.7.12"): 5}
    assert balanced.applications[0].served[0] == "127.0.0.1"
    assert balanced.get("/other")[0] == 404


def test_an_unhealthy_target_gets_nothing_until_it_is_back(balanced: Balanced) -> None:
    balanced.register(0, 1)
    balanced.wait("healthy", "healthy")
    balanced.applications[0].status = 503
    balanced.wait("unhealthy", "healthy")
    assert balanced.health(0) == [("unhealthy", "Target.ResponseCodeMismatch")]
    assert {balanced.get() for _ in range(4)} == {(200, "127.0.7.12")}
    balanced.applications[0].status = 200
    balanced.wait("healthy", "healthy")


def test_with_none_healthy_all_get_requests(balanced: Balanced) -> None:
    for one in balanced.applications:
        one.status = 500
    balanced.register(0, 1)
    balanced.wait("unhealthy", "unhealthy")
    assert {balanced.get() for _ in range(4)} == {(200, "127.0.7.11"), (200, "127.0.7.12")}


def test_a_host_that_does_not_listen_fails_its_checks(balanced: Balanced) -> None:
    balanced.applications[1].close()
    balanced.register(1)
    balanced.wait("unhealthy")
    assert balanced.health(1) == [("unhealthy", "Target.FailedHealthChecks")]
    assert balanced.get()[0] == 502


def test_a_draining_target_finishes_what_it_has_begun(balanced: Balanced) -> None:
    balanced.register(0, 1)
    balanced.wait("healthy", "healthy")
    answers: list[tuple[int, str]] = []
    slow = threading.Thread(target=lambda: answers.append(balanced.get("/app/slow")))
    slow.start()
    wait_for("the slow request is being served", lambda: any(one.served for one in balanced.applications))
    busy = 0 if balanced.applications[0].served else 1
    balanced.deregister(busy)
    assert balanced.health(busy) == [("draining", "Target.DeregistrationInProgress")]
    other = balanced.applications[1 - busy].address
    assert {balanced.get() for _ in range(4)} == {(200, other)}
    balanced.applications[busy].hold.set()
    slow.join(10)
    assert answers == [(200, balanced.applications[busy].address)]
    wait_for("it is gone", lambda: balanced.health(busy) == [("unused", "Target.NotRegistered")], 15)
    assert len(balanced.health()) == 1


def test_boto3s_waiters_and_a_second_registration(balanced: Balanced) -> None:
    balanced.register(0)
    target = {"TargetGroupArn": balanced.group, "Targets": [{"Id": balanced.instances[0]}]}
    quick = {"Delay": 1, "MaxAttempts": 15}
    balanced.elb.get_waiter("target_in_service").wait(**target, WaiterConfig=quick)
    balanced.deregister(0)
    balanced.register(0)
    assert balanced.health(0)[0][0] in ("initial", "healthy")
    balanced.deregister(0)
    balanced.deregister(0)
    balanced.elb.get_waiter("target_deregistered").wait(**target, WaiterConfig=quick)


def test_what_the_group_and_the_instances_are(balanced: Balanced) -> None:
    balanced.register(0, 1)
    balanced.wait("healthy", "healthy")
    ec2 = balanced.aws.client("ec2")
    ec2.stop_instances(InstanceIds=balanced.instances[:1])
    assert balanced.health(0) == [("unused", "Target.InvalidState")]
    with pytest.raises(ClientError) as refused:
        balanced.register(0)
    assert refused.value.response["Error"]["Code"] == "InvalidTarget"
    ec2.terminate_instances(InstanceIds=balanced.instances[1:])
    assert balanced.health(1) == [("draining", "Target.DeregistrationInProgress")]
    assert balanced.get()[0] == 503
    with pytest.raises(ClientError) as unknown:
        balanced.elb.describe_target_health(TargetGroupArn=balanced.group.replace("backend", "frontend"))
    assert unknown.value.response["Error"]["Code"] == "TargetGroupNotFound"


def test_a_group_that_no_listener_uses(balanced: Balanced) -> None:
    balanced.register(0)
    rules_of = balanced.elb.describe_listeners(
        LoadBalancerArn=balanced.elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    )["Listeners"]
    found = balanced.elb.describe_rules(ListenerArn=rules_of[0]["ListenerArn"])["Rules"]
    balanced.elb.delete_rule(RuleArn=next(one["RuleArn"] for one in found if not one["IsDefault"]))
    assert balanced.health(0) == [("unused", "Target.NotInUse")]
    assert balanced.get()[0] == 404


def settled(*results: model.Health, rise: int = 3, fall: int = 2) -> list[str]:
    """The states of a new target after each of these check results."""
    target = Target("i-1", 80, 0.0)
    states = []
    for one in results:
        target.observe(one, Settings(rise=rise, fall=fall))
        states.append(target.health[0])
    return states


@pytest.mark.parametrize(
    ("results", "states"),
    [
        ([model.HEALTHY], ["healthy"]),
        ([model.FAILED, model.HEALTHY], ["initial", "healthy"]),
        ([model.FAILED, model.FAILED, model.HEALTHY], ["initial", "unhealthy", "unhealthy"]),
        ([model.FAILED, model.FAILED, *[model.HEALTHY] * 3], ["initial", *["unhealthy"] * 3, "healthy"]),
        ([model.HEALTHY, model.TIMEOUT, model.HEALTHY, model.TIMEOUT], ["healthy"] * 4),
        ([model.HEALTHY, model.TIMEOUT, model.TIMEOUT], ["healthy", "healthy", "unhealthy"]),
    ],
)
def test_thresholds(results: list[model.Health], states: list[str]) -> None:
    assert settled(*results) == states


def test_matchers_and_patterns() -> None:
    assert [Settings(codes="200,301-303").takes(one) for one in (200, 201, 302, 304)] == [True, False, True, False]
    assert rules.matches("/api/*", "/api/a/b")
    assert not rules.matches("/api/[a]", "/api/a")
    assert rules.matches("/v?/x", "/v1/x")


def download(aws: Sandbox, expires: int = 60) -> Callable[[], tuple[int, bytes | Exception]]:
    from botocore.config import Config

    s3 = aws.client("s3", config=Config(signature_version="s3v4"))
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": "artifacts", "Key": "b/t/app.jar"}, ExpiresIn=expires
    )

    def get() -> tuple[int, bytes | Exception]:
        connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"), timeout=scaled(10))
        connection.request("GET", url.removeprefix(aws.endpoint))
        answer = connection.getresponse()
        try:
            return answer.status, answer.read()
        except http.client.IncompleteRead as error:
            return answer.status, error

    return get


def test_a_download_that_ends_early_is_refused_or_too_late(server: Sandbox) -> None:
    server.control("reset", {})
    content = bytes(100_000)
    s3 = server.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="artifacts", Key="b/t/app.jar", Body=content)
    get = download(server)
    assert get() == (200, content)
    server.control(
        "faults", {"kind": "truncate", "service": "s3", "action": "GetObject", "path": "app.jar", "count": 1}
    )
    status, found = get()
    assert status == 200
    assert isinstance(found, http.client.IncompleteRead)
    assert (len(found.partial), found.expected) == (50_000, 50_000)
    server.control("faults", {"kind": "unavailable", "service": "s3", "path": "/artifacts/b/t/", "count": 1})
    assert get()[0] == 503
    assert get() == (200, content)
    late = download(server, expires=1)
    time.sleep(2.1)
    assert late()[0] == 403
