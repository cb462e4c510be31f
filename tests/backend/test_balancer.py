# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's place in its target group, asked of a load balancer that checks real servers; no host is needed for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts import balancer
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.balancer import Place, TargetGroup
from sandbox.testing import Sandbox
from tests.support.deploys import wait_for
from tests.support.pace import scaled

SPEED = 10
DELAY = 20  # seconds of deregistration delay; the sandbox divides it, and the interval of the checks, by its speed
ADDRESSES = ("127.0.8.11", "127.0.8.12")


@dataclass
class Server:
    """A host's application; ``status`` is what its health answers."""

    address: str
    status: int = 200
    port: int = 8080

    def __post_init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(server.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer((self.address, self.port), Handler)
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.http.shutdown()
        self.http.server_close()


@dataclass
class Turns:
    """A target group of two instances; ``waited`` are the waits that were asked for, in seconds."""

    aws: Sandbox
    group: TargetGroup
    instances: list[str]
    servers: list[Server]
    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Wait as long as it takes in the sandbox."""
        self.waited.append(seconds)
        time.sleep(seconds / SPEED)

    def places(self) -> dict[str, Place]:
        """What the group says of its targets."""
        return balancer.places(self.aws.client, self.group)

    def states(self) -> list[str]:
        """The state of each instance."""
        found = self.places()
        return [found.get(one, Place("unused")).state for one in self.instances]

    def give_back(self, index: int, timeout: float = 60) -> bool:
        """Put one back."""
        return balancer.give_back(self.aws.client, self.group, self.instances[index], timeout, self.wait)

    def drain(self, index: int) -> str:
        """Take one out."""
        return balancer.drain(self.aws.client, self.group, self.instances[index], self.wait).how


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox(fleet=0, speed=SPEED) as made:
        yield made


def make_group(aws: Sandbox, vpc: str, name: str = "backend", **options: Any) -> str:
    """A target group; its ARN."""
    elb = aws.client("elbv2")
    arn: str = elb.create_target_group(
        Name=name,
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc,
        HealthCheckPath="/health",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
        **options,
    )["TargetGroups"][0]["TargetGroupArn"]
    attributes = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(DELAY)}]
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)
    return arn


@pytest.fixture
def turns(server: Sandbox) -> Iterator[Turns]:
    server.control("reset", {})
    ec2, elb = server.client("ec2"), server.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="127.0.8.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="127.0.8.0/25", AvailabilityZone="eu-west-1a")["Subnet"]["SubnetId"]
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="127.0.8.128/25", AvailabilityZone="eu-west-1b")["Subnet"]
    servers = [Server(address) for address in ADDRESSES]
    instances = [
        ec2.run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=address)[
            "Instances"
        ][0]["InstanceId"]
        for address in ADDRESSES
    ]
    arn = make_group(server, vpc)
    made = elb.create_load_balancer(Name="umigo", Subnets=[subnet, other["SubnetId"]])["LoadBalancers"][0]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    yield Turns(server, balancer.find_group(server.client, arn, "here"), instances, servers)
    for one in servers:
        one.close()


def test_a_group_is_found_by_name_or_arn_with_its_own_delay(turns: Turns) -> None:
    found = balancer.find_group(turns.aws.client, "backend", "group_vars/backend.yml")
    assert found == turns.group
    assert (found.name, found.delay) == ("backend", DELAY)


@pytest.mark.parametrize(
    "wanted", ["none-such", "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/none/0123456789abcdef"]
)
def test_a_group_that_does_not_exist(turns: Turns, wanted: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        balancer.find_group(turns.aws.client, wanted, "group_vars/backend.yml")
    assert f"there is no target group {wanted}" in str(caught.value)
    assert "group_vars/backend.yml" in str(caught.value)


def test_a_group_of_addresses_is_refused(turns: Turns) -> None:
    vpc = turns.aws.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["127.0.8.0/24"]}])["Vpcs"][0]
    make_group(turns.aws, vpc["VpcId"], "addresses", TargetType="ip")
    with pytest.raises(SlipwayError, match="of type ip, not instance"):
        balancer.find_group(turns.aws.client, "addresses", "here")


def test_a_host_is_registered_once_and_waited_for(turns: Turns) -> None:
    assert turns.give_back(0) is True
    assert turns.states() == ["healthy", "unused"]
    assert turns.give_back(0) is False
    calls = [call["action"] for call in turns.aws.control("calls")["calls"]]
    assert calls.count("RegisterTargets") == 1


def test_draining_is_waited_for(turns: Turns) -> None:
    turns.give_back(0)
    turns.give_back(1)
    turns.waited.clear()
    began = time.monotonic()
    assert turns.drain(0) == "drained"
    assert time.monotonic() - began >= DELAY / SPEED
    assert turns.states() == ["unused", "healthy"]
    assert turns.drain(0) == "not registered"


def test_a_host_that_a_run_before_was_draining_is_waited_for_not_drained_again(turns: Turns) -> None:
    turns.give_back(0)
    turns.give_back(1)
    targets = [{"Id": turns.instances[0]}]
    turns.aws.client("elbv2").deregister_targets(TargetGroupArn=turns.group.arn, Targets=targets)
    assert turns.drain(0) == "drained"
    calls = [call["action"] for call in turns.aws.control("calls")["calls"]]
    assert calls.count("DeregisterTargets") == 1


def test_a_host_with_a_port_of_its_own_returns_to_it(turns: Turns) -> None:
    elb = turns.aws.client("elbv2")
    own = Server("127.0.8.11", port=8081)
    turns.give_back(1)
    elb.register_targets(TargetGroupArn=turns.group.arn, Targets=[{"Id": turns.instances[0], "Port": 8081}])
    wait_for("it is healthy there", lambda: turns.states() == ["healthy", "healthy"], 15)
    drained = balancer.drain(turns.aws.client, turns.group, turns.instances[0], turns.wait)
    assert (drained.how, drained.ports) == ("drained", (8081,))
    assert turns.states() == ["unused", "healthy"]
    balancer.give_back(turns.aws.client, turns.group, turns.instances[0], 60, turns.wait, drained.ports)
    assert turns.places()[turns.instances[0]].ports == (8081,)
    own.close()


def test_an_instance_that_is_stopped_is_no_group_out_of_use(turns: Turns) -> None:
    turns.give_back(0)
    turns.give_back(1)
    turns.aws.client("ec2").stop_instances(InstanceIds=[turns.instances[0]])
    wait_for("it is out of use", lambda: turns.states()[0] != "healthy", 15)
    with pytest.raises(SlipwayError, match=turns.instances[0]):
        turns.give_back(0, timeout=scaled(10))


def test_the_only_healthy_target_stays(turns: Turns) -> None:
    turns.servers[1].status = 503
    turns.give_back(0)
    targets = [{"Id": turns.instances[1]}]
    turns.aws.client("elbv2").register_targets(TargetGroupArn=turns.group.arn, Targets=targets)
    wait_for("the second is unhealthy", lambda: turns.states() == ["healthy", "unhealthy"], 15)
    assert turns.drain(0) == "the only healthy target"
    assert turns.states() == ["healthy", "unhealthy"]
    assert turns.drain(1) == "drained"
    assert turns.drain(0) == "the only healthy target"


def test_one_that_stays_unhealthy_is_an_error_that_says_why(turns: Turns) -> None:
    turns.servers[0].status = 500
    with pytest.raises(SlipwayError) as caught:
        turns.give_back(0, timeout=scaled(20))
    text = str(caught.value)
    assert f"{turns.instances[0]} is unhealthy" in text
    assert "Health checks failed with these codes: [500]" in text
    assert "target group backend" in text


def test_one_that_nothing_listens_on(turns: Turns) -> None:
    turns.servers[1].close()
    with pytest.raises(SlipwayError, match="is unhealthy .*Health checks failed"):
        turns.give_back(1, timeout=scaled(20))


def test_a_group_that_no_load_balancer_uses_keeps_nobody_waiting(turns: Turns) -> None:
    vpc = turns.aws.client("ec2").describe_vpcs(Filters=[{"Name": "cidr", "Values": ["127.0.8.0/24"]}])["Vpcs"][0]
    arn = make_group(turns.aws, vpc["VpcId"], "idle")
    idle = balancer.find_group(turns.aws.client, arn, "here")
    assert balancer.give_back(turns.aws.client, idle, turns.instances[0], 60, turns.wait) is True
    assert turns.waited == []
