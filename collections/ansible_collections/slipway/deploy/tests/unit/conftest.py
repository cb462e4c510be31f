# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all unit tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.aws import errors
from ansible_collections.slipway.deploy.tests.unit import hypothesis_profile

hypothesis_profile.load()


@pytest.fixture(autouse=True)
def _a_process_of_its_own() -> Iterator[None]:
    """Forget what was refused: each task of a run is a process of its own, and tests share one."""
    yield
    errors._refused.clear()
