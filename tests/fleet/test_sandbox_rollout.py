# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rollout's engine against a sandbox: a bad image brings everything back, whatever is wrong with it.

How a deploy says it, and what it records, is in tests/e2e/test_deploy.py.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.record.model import outcome_of
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.document import Record
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.ecs import EcsFleet
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.engine import Engine
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Rollout
from sandbox.testing import Sandbox
from tests.fleet.helpers import CLUSTER, Fleet

NAMES = ("api-gateway", "user-service", "notification-service")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose deployments take about half a second."""
    with Sandbox(speed=8) as running:
        yield running


class Journal:
    """The record of a rollout, in memory."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def write(self, record: Record) -> None:
        self.record = record


def roll_out(fleet: Fleet, *names: str, **settings: float) -> Rollout:
    """Roll the newest builds of services out, until all is done or undone."""
    targets = fleet.plan(fleet.desired(*names)).targets()
    journal = Journal({"id": "r1", "targets": targets, "cause": None, "settings": settings})
    engine = Engine(
        fleet=EcsFleet(fleet.clients, {item["name"]: item for item in targets}, "r1", False, str),
        journal=journal,
        guard=lambda: None,
        clock=time.time,
        wait=time.sleep,
        cancelled=lambda: None,
        listener=lambda _record: None,
    )
    return engine.run()


def failure_of(rollout: Rollout, name: str) -> str:
    """Why a service brought everything back."""
    assert rollout.cause is not None
    assert (outcome_of(rollout), rollout.cause.target) == ("undone", name)
    failure = next(target.failure for target in rollout.targets if target.name == name)
    assert failure is not None
    return str(failure.to_record())


def running(fleet: Fleet) -> dict[str, str]:
    """The task definition of each service."""
    services = [f"sdt-local-{name}" for name in NAMES]
    answer = fleet.sandbox.client("ecs").describe_services(cluster=CLUSTER, services=services)
    return {item["serviceName"]: item["taskDefinition"].rpartition("/")[2] for item in answer["services"]}


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param({"fail": "unhealthy"}, "health check", id="never gets healthy"),
        pytest.param({"fail": "oom"}, "OutOfMemory", id="runs out of memory"),
        pytest.param({"fail": "missing"}, "CannotPullContainerError", id="its image is gone"),
        pytest.param({"fail": "secret"}, "ResourceInitializationError", id="its secret is gone"),
    ],
)
def test_one_bad_image_brings_everything_back(sandbox: Sandbox, behaviour: dict[str, Any], said: str) -> None:
    sandbox.control("reset", {})
    fleet = Fleet(sandbox)
    bad = {"repository": "sdt/local/user-service", "tag": "bad0000", "latest": True}
    sandbox.control("images", {**bad, "build": True, "behaviour": behaviour})
    before = running(fleet)
    # The last service keeps the rollout going until the bad one has died, however early it was stable.
    sandbox.control("services/sdt-local-notification-service", {"start": 24})
    rollout = roll_out(fleet, *NAMES)
    assert said in failure_of(rollout, "user-service")
    assert running(fleet) == before


def test_a_service_that_never_gets_stable_ends_by_the_timeout(sandbox: Sandbox) -> None:
    sandbox.control("reset", {})
    # Its old revision does not get stable again, either.
    sandbox.control("services/sdt-local-user-service", {"start": 6000})
    rollout = roll_out(Fleet(sandbox), "api-gateway", "user-service", stabilise_timeout=8)
    assert rollout.cause is not None
    assert (rollout.cause.what, rollout.cause.target) == ("not stable after 8 s", "user-service")
    assert outcome_of(rollout) == "needs_person"
