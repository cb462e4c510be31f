# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory says of hooks, read and refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.environment.hooks import (
    PHASES,
    POINTS,
    is_due,
    read_hooks,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, {}),
        ({}, {}),
        ({"before_switch": "hooks/a.yml"}, {"before_switch": ("hooks/a.yml",)}),
        ({"after_check": ["b.yml", " a.yml "]}, {"after_check": ("b.yml", "a.yml")}),
        ({"before_undo": []}, {"before_undo": ()}),
    ],
)
def test_hooks_are_read_in_their_order(value: Any, expected: dict[str, tuple[str, ...]]) -> None:
    assert read_hooks(value, "here") == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("hooks/a.yml", "here: deploy_hooks must be a mapping"),
        (["hooks/a.yml"], "here: deploy_hooks must be a mapping"),
        ({"before_swich": ["a.yml"]}, "no hooks run at 'before_swich'. Did you mean before_switch?"),
        ({"later": ["a.yml"]}, "The points are before_stage, after_stage, before_migrate"),
        ({1: ["a.yml"]}, "no hooks run at '1'"),
        ({"after_switch": [{"file": "a.yml"}]}, "here: deploy_hooks.after_switch: this is not a list of files"),
        ({"after_switch": [""]}, "this is not a list of files"),
        ({"after_switch": None}, "this is not a list of files"),
        ({"after_switch": 3}, "this is not a list of files"),
    ],
)
def test_what_is_not_a_hook_is_refused(value: Any, said: str) -> None:
    with pytest.raises(SlipwayErrors) as caught:
        read_hooks(value, "here")
    assert said in str(caught.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(SlipwayErrors) as caught:
        read_hooks({"sometime": ["a.yml"], "after_switch": 3}, "here")
    assert len(caught.value.errors) == 2


def test_a_phase_has_a_point_before_and_one_after() -> None:
    assert len(POINTS) == 2 * len(PHASES)
    assert POINTS[:2] == ("before_stage", "after_stage")


@pytest.mark.parametrize(
    ("point", "changes", "failed", "expected"),
    [
        ("before_switch", True, False, True),
        ("before_switch", False, False, False),
        ("before_switch", True, True, False),
        ("before_undo", True, False, False),
        ("after_undo", True, True, True),
        ("after_finish", True, False, True),
        ("before_finish", True, True, True),
        ("before_finish", False, False, False),
    ],
)
def test_when_hooks_are_due(point: str, changes: bool, failed: bool, expected: bool) -> None:
    assert is_due(point, changes, failed) is expected
