# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host's place in its target group, against a simulated load balancer and clock."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.hosts import balancer
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.balancer import Place, TargetGroup

ARN = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/umigo/1"
GROUP = TargetGroup("umigo", ARN, 30.0)


class Elb:
    """A load balancer: targets drain and become healthy as time passes."""

    def __init__(self, drains: float = 10.0, healthy_after: float = 6.0, **targets: str) -> None:
        self.states: dict[str, tuple[str, float]] = {name: (state, 0.0) for name, state in targets.items()}
        self.drains, self.healthy_after, self.now = drains, healthy_after, 0.0
        self.calls: list[tuple[str, str]] = []
        self.in_use = True
        self.attributes = {"deregistration_delay.timeout_seconds": "30"}
        self.type = "instance"
        self.groups = ["umigo"]

    def __call__(self, service: str) -> Elb:
        assert service == "elbv2"
        return self

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def describe_target_groups(self, **wanted: list[str]) -> dict[str, Any]:
        (name,) = wanted.get("Names") or wanted["TargetGroupArns"]
        if name not in (*self.groups, ARN):
            error = {"Code": "TargetGroupNotFound", "Message": "One or more target groups not found"}
            raise ClientError({"Error": error}, "DescribeTargetGroups")
        found = {"TargetGroupName": "umigo", "TargetGroupArn": ARN, "Port": 8080, "TargetType": self.type}
        return {"TargetGroups": [found]}

    def describe_target_group_attributes(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        assert TargetGroupArn == ARN
        return {"Attributes": [{"Key": key, "Value": value} for key, value in self.attributes.items()]}

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        assert TargetGroupArn == ARN
        listed = []
        for name, (begun, since) in list(self.states.items()):
            state = begun
            if begun == "draining" and self.now - since >= self.drains:
                del self.states[name]
                continue
            if begun == "initial" and self.now - since >= self.healthy_after:
                state = "healthy"
                self.states[name] = (state, self.now)
            health = {"State": state} if self.in_use else {"State": "unused", "Reason": "Target.NotInUse"}
            listed.append({"Target": {"Id": name, "Port": 8080}, "TargetHealth": health})
        return {"TargetHealthDescriptions": listed}

    def deregister_targets(self, TargetGroupArn: str, Targets: list[dict[str, str]]) -> None:  # noqa: N803
        self.calls.append(("out", Targets[0]["Id"]))
        self.states[Targets[0]["Id"]] = ("draining", self.now)

    def register_targets(self, TargetGroupArn: str, Targets: list[dict[str, str]]) -> None:  # noqa: N803
        self.calls.append(("in", Targets[0]["Id"]))
        self.states[Targets[0]["Id"]] = ("initial", self.now)


@pytest.mark.parametrize("wanted", ["umigo", ARN])
def test_a_group_is_found_by_name_or_arn(wanted: str) -> None:
    assert balancer.find_group(Elb(), wanted, "here") == GROUP


def test_without_an_attribute_the_delay_is_aws_s_own() -> None:
    elb = Elb()
    elb.attributes = {}
    assert balancer.find_group(elb, "umigo", "here").delay == 300.0


def test_a_group_that_is_not_there_is_said_with_where_it_is_written() -> None:
    with pytest.raises(SlipwayError) as caught:
        balancer.find_group(Elb(), "umigoo", "inventories/dev/group_vars/backend.yml")
    assert caught.value.what == "there is no target group umigoo"
    assert caught.value.where == "inventories/dev/group_vars/backend.yml"


def test_a_group_of_addresses_is_refused() -> None:
    elb = Elb()
    elb.type = "ip"
    with pytest.raises(SlipwayError, match="of type ip"):
        balancer.find_group(elb, "umigo", "here")


@pytest.mark.parametrize(
    ("targets", "said", "calls", "seconds"),
    [
        pytest.param({"a": "healthy", "b": "healthy"}, "drained", [("out", "a")], 10.0, id="it is drained"),
        pytest.param({"a": "draining", "b": "healthy"}, "drained", [], 10.0, id="a killed run had begun"),
        pytest.param({"a": "unhealthy", "b": "healthy"}, "drained", [("out", "a")], 10.0, id="an unhealthy one too"),
        pytest.param({"b": "healthy"}, "not registered", [], 0.0, id="it is not there"),
        pytest.param({"a": "healthy"}, "the only healthy target", [], 0.0, id="it is alone"),
        pytest.param({"a": "healthy", "b": "unhealthy"}, "the only healthy target", [], 0.0, id="so to speak"),
        pytest.param({"a": "healthy", "b": "draining"}, "the only healthy target", [], 0.0, id="the other goes"),
        pytest.param({"a": "healthy", "b": "initial"}, "the only healthy target", [], 0.0, id="the other comes"),
    ],
)
def test_drain(targets: dict[str, str], said: str, calls: list[tuple[str, str]], seconds: float) -> None:
    elb = Elb(**targets)
    assert balancer.drain(elb, GROUP, "a", elb.wait).how == said
    assert (elb.calls, elb.now) == (calls, seconds)


def test_a_group_that_nobody_asks_is_not_drained() -> None:
    elb = Elb(a="healthy", b="healthy")
    elb.in_use = False
    assert balancer.drain(elb, GROUP, "a", elb.wait).how == "not registered"


def test_draining_that_never_ends_is_said_after_the_group_s_own_delay() -> None:
    elb = Elb(drains=1e9, a="healthy", b="healthy")
    with pytest.raises(SlipwayError, match="a is still draining after 92 s"):
        balancer.drain(elb, GROUP, "a", elb.wait)


@pytest.mark.parametrize(
    ("targets", "registered", "seconds"),
    [
        pytest.param({}, True, 6.0, id="it was drained"),
        pytest.param({"a": "draining"}, True, 6.0, id="it still drains"),
        pytest.param({"a": "healthy"}, False, 0.0, id="it stayed"),
        pytest.param({"a": "initial"}, False, 6.0, id="it is on its way"),
    ],
)
def test_give_back(targets: dict[str, str], registered: bool, seconds: float) -> None:
    elb = Elb(**targets)
    assert balancer.give_back(elb, GROUP, "a", 60, elb.wait) is registered
    assert elb.now == seconds
    assert elb.states["a"][0] == "healthy"


def test_a_host_that_does_not_become_healthy_is_waited_for_no_longer_than_said() -> None:
    elb = Elb(healthy_after=1e9)
    with pytest.raises(SlipwayError, match="a is initial for 62 s"):
        balancer.give_back(elb, GROUP, "a", 60, elb.wait)


def test_a_group_that_nobody_asks_makes_nobody_wait() -> None:
    elb = Elb()
    elb.in_use = False
    assert balancer.give_back(elb, GROUP, "a", 60, elb.wait) is True
    assert elb.now == 0.0


def test_of_several_ports_the_worst_counts() -> None:
    class Ports(Elb):
        def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
            listed = [("a", "unhealthy"), ("a", "healthy"), ("b", "healthy"), ("b", "draining")]
            return {
                "TargetHealthDescriptions": [
                    {"Target": {"Id": name}, "TargetHealth": {"State": state, "Description": f"{state}!"}}
                    for name, state in listed
                ]
            }

    found = balancer.places(Ports(), GROUP)
    assert found == {"a": Place("unhealthy", "unhealthy!"), "b": Place("draining", "draining!")}
