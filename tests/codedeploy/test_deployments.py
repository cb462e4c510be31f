# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployments of one host, one after the other, by the bundle's own hooks."""

from __future__ import annotations

import pytest

from tests.codedeploy.agent import Agent
from tests.codedeploy.world import World, serves
from tests.support.hosts import Host

COMPATIBLE = "-- slipway: backward-compatible\nselect 1;\n"
BREAKING = "-- slipway: not-backward-compatible\nselect 1;\n"


@pytest.fixture(scope="module")
def agent(host: Host) -> Agent:
    return Agent(host)


def test_the_first_deployment(world: World, agent: Agent) -> None:
    world.publish("backend-v0.1.0", migrations={"V1__init.sql": COMPATIBLE})
    done = agent.deploy(world.bundle("backend-v0.1.0"), "d-000000001")
    assert done.succeeded, done.last.output
    assert serves(agent.host) == "backend-v0.1.0"
