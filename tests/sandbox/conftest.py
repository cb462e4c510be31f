# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sandboxes for the tests that need a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox

CLUSTER = "sdt-local-cluster"


@pytest.fixture(scope="session")
def server() -> Iterator[Sandbox]:
    """One server for all tests, ten times as fast as life, seeded with the twelve services."""
    with Sandbox(speed=10) as made:
        yield made


@pytest.fixture
def aws(server: Sandbox) -> Iterator[Sandbox]:
    """The server without faults, marks or limits left over from another test."""
    yield server
    server.control("faults", method="DELETE")
    server.control("images", method="DELETE")
    server.control("throttle", {"scale": 0})
    server.control("timings", {"stale": 0})
