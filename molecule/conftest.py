# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fixtures of every scenario's tests."""

from __future__ import annotations

import json
from typing import Any

import pytest


@pytest.fixture
def results(host: Any) -> dict[str, Any]:
    """What the tasks of side_effect.yml returned, by the name of the case."""
    return json.loads(host.file("/srv/results.json").content_string)
