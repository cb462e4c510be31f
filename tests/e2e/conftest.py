# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures: one sandbox for a file's tests, as new for each of them, and a project that deploys to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Sandbox
from tests.e2e.bad_input import VARS, Place
from tests.support.deploys import Deploys, make_deploys


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox whose deployments take about half a second."""
    with Sandbox(speed=8) as running:
        yield running


@pytest.fixture
def deploys(tmp_path: Path, sandbox: Sandbox) -> Deploys:
    """A project whose fleet runs the old images; the new ones are built."""
    sandbox.control("reset", {})
    return make_deploys(tmp_path, sandbox)


@pytest.fixture
def place(tmp_path: Path, sandbox: Sandbox) -> Iterator[Place]:
    """A project whose environment local is this test's sandbox."""
    made = make_deploys(tmp_path, sandbox)
    place = Place(made.directory, made.sandbox)
    place.edit(VARS, "http://127.0.0.1:4510", sandbox.endpoint)
    place.edit(VARS, "http://127.0.0.1:4511", sandbox.alb)
    place.edit(VARS, "{{ inventory_dir }}/../../.run/state", str(place.state))
    yield place
    sandbox.control("faults", {}, "DELETE")


@pytest.fixture
def spoilt(place: Place) -> Iterator[Place]:
    """A place whose sandbox is made new afterwards."""
    yield place
    place.sandbox.control("reset", {})
