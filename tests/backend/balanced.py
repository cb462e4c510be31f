# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A place's hosts behind a load balancer, and requests that reach them through it without a pause."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.backend.place import ROOT, Place
from tests.support.deploys import wait_for
from tests.support.hosts import subnet_of
from tests.support.load import Answers

GROUP = "umigo-dev-backend"
READY = "/actuator/health/readiness"
DRAIN_SECONDS = 2
#: Seconds by which times of different tasks may differ: each takes the store's clock, which tells whole seconds.
CLOCK = 2.0
HEALTHY_SECONDS = 120.0


def look_for(what: str, condition: Callable[[], bool], seconds: float) -> None:
    """As ``wait_for``, for conditions that take a machine's time to look at: three times a second."""

    def look() -> bool:
        time.sleep(0.3)
        return condition()

    wait_for(what, look, seconds)


@dataclass
class Balancer:
    """The target group of a place's hosts."""

    place: Place
    arn: str

    @property
    def elb(self) -> Any:
        """A client."""
        return self.place.aws.client("elbv2")

    def states(self) -> dict[str, str]:
        """The state of each registered host, by the host's name."""
        names = {instance: name for name, instance in self.place.instances.items()}
        found = self.elb.describe_target_health(TargetGroupArn=self.arn)["TargetHealthDescriptions"]
        return {names[item["Target"]["Id"]]: item["TargetHealth"]["State"] for item in found}

    def register(self) -> None:
        """Put every host into the group."""
        targets = [{"Id": instance} for instance in self.place.instances.values()]
        self.elb.register_targets(TargetGroupArn=self.arn, Targets=targets)

    def wait_healthy(self) -> None:
        """Wait until the load balancer finds all hosts healthy."""
        everyone = dict.fromkeys(self.place.instances, "healthy")
        look_for("all hosts are healthy in the target group", lambda: self.states() == everyone, HEALTHY_SECONDS)

    @contextmanager
    def load(self) -> Iterator[Answers]:
        """Requests through the load balancer from another process, until the block ends."""
        with tempfile.TemporaryDirectory(prefix="load-") as directory:
            file = Path(directory) / "answers"
            command = [sys.executable, "-m", "tests.support.load", self.place.aws.alb + "/api/version", str(file)]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
            answers = Answers()
            try:
                wait_for("the load has begun", lambda: file.exists() and file.stat().st_size > 0)
                yield answers
            finally:
                process.terminate()
                process.wait(30)
                answers.read(file)


def balance(place: Place, *, register: bool = True) -> Balancer:
    """Make the load balancer and the target group of a place, and say it in the inventory."""
    ec2, elb = place.aws.client("ec2"), place.aws.client("elbv2")
    subnet = subnet_of(ec2, place.members[0].address)
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    arn = elb.create_target_group(
        Name=GROUP,
        Protocol="HTTP",
        Port=8080,
        VpcId=vpc,
        HealthCheckPath=READY,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group_attributes(
        TargetGroupArn=arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": str(DRAIN_SECONDS)}]
    )
    made = elb.create_load_balancer(Name="umigo-dev", Subnets=[subnet])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.create_listener(
        LoadBalancerArn=made,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    place.set_variables(backend_target_group=GROUP)
    balancer = Balancer(place, arn)
    if register:
        balancer.register()
    return balancer
