# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures: a sandbox with the twelve services, and a project that deploys to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Sandbox
from tests.support.deploys import Deploys, make_deploys


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that answers a moment late, as AWS does."""
    with Sandbox(speed=4, stale=0.2) as running:
        yield running


@pytest.fixture
def deploys(tmp_path: Path, sandbox: Sandbox) -> Deploys:
    """A project whose fleet runs the old images; the new ones are built."""
    sandbox.control("reset", {})
    return make_deploys(tmp_path, sandbox)
