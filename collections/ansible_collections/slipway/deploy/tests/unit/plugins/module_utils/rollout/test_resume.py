# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be taken up, and where from its time counts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Rollout, State, Target, Undo
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.resume import (
    require_covered,
    require_same_place,
    resume_rollout,
)

PLACE = {"account_id": "1", "region": "eu-west-1", "cluster": "c"}


def target(state: State, **changes: Any) -> Target:
    return Target("a", 1, "c", "a", "a:1", "d1", "a:2", state=state, started_at=10.0, finished_at=20.0, **changes)


@pytest.mark.parametrize(
    ("state", "counted"),
    [("registering", 99.0), ("updating", 99.0), ("in_flight", 99.0), ("stable", 10.0), ("planned", 10.0)],
)
def test_what_was_under_way_counts_from_now(state: State, counted: float) -> None:
    assert resume_rollout(Rollout((target(state),)), "finish", {}, 99.0).target("a").started_at == counted


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        ("stopping", 99.0),
        ("undo_registering", 99.0),
        ("undo_updating", 99.0),
        ("undoing", 99.0),
        ("undone", 15.0),
        ("undo_failed", 15.0),
    ],
)
def test_what_was_on_its_way_back_counts_from_now(state: State, counted: float) -> None:
    going_back = target(state, undo=Undo("a:1", started_at=15.0))
    undo = resume_rollout(Rollout((going_back,)), "undo", {}, 99.0).target("a").undo
    assert undo is not None
    assert undo.started_at == counted


@pytest.mark.parametrize("name", PLACE)
def test_a_record_of_another_place_is_not_taken_up(name: str) -> None:
    record = {"id": "r1", **PLACE}
    require_same_place(record, PLACE)
    with pytest.raises(SlipwayError, match=f"r1 was begun in {name} {PLACE[name]}, the environment now says other"):
        require_same_place(record, {**PLACE, name: "other"})


def test_a_record_is_taken_up_whole() -> None:
    record = {"id": "r1", "targets": [{"name": "a"}, {"name": "b"}]}
    require_covered(record, {"a", "b", "c"}, "finish")
    with pytest.raises(SlipwayError, match=r"--limit with resume=finish: the unfinished deploy r1 is also of b"):
        require_covered(record, {"a"}, "finish")
