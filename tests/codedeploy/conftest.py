# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One host, one account, one project for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox
from tests.codedeploy.world import JAVA, World
from tests.support.hosts import Host, Hosts


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    with Hosts() as running:
        yield running


@pytest.fixture(scope="module")
def host(hosts: Hosts) -> Host:
    started = hosts.start("codedeploy")
    started.write("/usr/local/bin/java", JAVA, "0755")
    return started


@pytest.fixture(scope="module")
def world(hosts: Hosts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Sandbox(seed="none", address=hosts.gateway) as aws:
        yield World(tmp_path_factory.mktemp("project"), aws)
