# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures of the inventory's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inventory.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of the test's own."""
    return make_project(tmp_path)
