# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Goldens: what is wanted and AWS's raw answers give exactly this plan, or exactly these errors.

A changed plan is a change to review: ``SLIPWAY_GOLDENS=write`` writes what came out into the files.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import PlanOptions, plan

from .aws_double import AwsDouble

GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.json"))


def planned(given: dict[str, Any]) -> dict[str, Any]:
    aws = AwsDouble()
    for name, state in given["aws"].items():
        setattr(aws, name, state)
    desired = [DesiredService(**item) for item in given["desired"]]
    observation = observe(desired, aws, TaskDefinitionCache(None))
    try:
        made = plan(desired, observation, PlanOptions(**given["options"]))
    except SlipwayErrors as errors:
        return {"errors": str(errors).splitlines()}
    return {
        "targets": made.targets(),
        "unchanged": made.unchanged_records(),
        "warnings": list(made.warnings),
        "drift": {name: list(drift.differences) for name, drift in made.drift.items()},
    }


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_plan_is_the_golden_one(path: Path) -> None:
    golden = json.loads(path.read_text())
    found = json.loads(json.dumps(planned(golden["given"])))
    if os.environ.get("SLIPWAY_GOLDENS") == "write":
        path.write_text(json.dumps({**golden, "expected": found}, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(path.read_text())["expected"]


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_no_environment_value_is_in_any_plan(path: Path) -> None:
    text = json.dumps(json.loads(path.read_text())["expected"])
    assert "jdbc:x" not in text
    assert "hmac:" not in text
