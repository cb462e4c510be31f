# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the screens must never say, whatever the record holds."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.text import display_width
from ansible_collections.slipway.deploy.plugins.module_utils.render.card import card
from ansible_collections.slipway.deploy.plugins.module_utils.render.facts import time_left
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import events, frame
from ansible_collections.slipway.deploy.plugins.module_utils.render.recap import recap
from ansible_collections.slipway.deploy.plugins.module_utils.render.resume import resume
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import State

from . import samples

STATES = get_args(State)
OUTCOMES = [None, "succeeded", "unchanged", "undone", "held", "needs_person", "abandoned"]
NOW = samples.STARTED + 300


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record in any state, with text from outside in every place that takes it."""
    text = st.text(st.characters(codec="utf-8"), max_size=40)
    record = copy.deepcopy(draw(st.sampled_from([samples.planned(), samples.rolling(), samples.undone()])))
    for item in record["targets"]:
        item["state"] = draw(st.sampled_from(STATES))
        item["expected_seconds"] = draw(st.none() | st.floats(0, 1000))
        reason, log = draw(text), draw(st.lists(text, max_size=3))
        stopped = draw(st.integers(0, 5))
        item["failure"] = {"reason": reason, "exit_code": 1, "stopped": stopped, "log": log, "events": log}
        item["why"], item["notes"] = [draw(text)], [draw(text)]
    record |= {"title": draw(text), "reason": draw(text), "label": draw(text), "warnings": [draw(text)]}
    record["outcome"] = draw(st.sampled_from(OUTCOMES))
    record["phase"] = draw(st.sampled_from(["planned", "rolling_out", "checking", "undoing", "closed"]))
    target = draw(st.sampled_from([None, "user-service", "api-gateway"]))
    record["cause"] = {"what": draw(text), "target": target, "phase": record["phase"], "wave": 4}
    return record


@settings(max_examples=80)
@given(records())
def test_as_before_is_said_only_when_everything_is_back(record: dict[str, Any]) -> None:
    says = any("is as it was before" in line for line in card(record))
    back = all(item["state"] in ("planned", "registering", "undone") for item in record["targets"])
    assert says == (record["outcome"] == "undone" and back)


@settings(max_examples=80)
@given(records(), st.sampled_from([40, 80, 100]))
def test_no_screen_is_wider_than_the_terminal_or_holds_control_characters(record: dict[str, Any], width: int) -> None:
    fitting = [*plan(record, NOW, width), *frame(record, NOW, width, 20), *recap(record, width)]
    assert all(display_width(line) <= max(width, 80) for line in fitting)
    others = [*card(record, width), *resume(record, NOW, width), *events(None, record, NOW)]
    assert not any(char < " " or "\x7f" <= char < "\xa0" for line in (*fitting, *others) for char in line)


@settings(max_examples=50)
@given(records(), st.integers(2, 30))
def test_a_frame_keeps_to_its_height(record: dict[str, Any], height: int) -> None:
    assert len(frame(record, NOW, 100, height)) <= height


@settings(max_examples=50)
@given(records())
def test_nothing_is_said_twice(record: dict[str, Any]) -> None:
    assert events(record, record, NOW) == []


@pytest.mark.parametrize("outcome", [None, "held", "needs_person", "abandoned"])
def test_what_is_not_known_is_not_called_good(outcome: str | None) -> None:
    record = {**samples.undone(), "outcome": outcome}
    assert not any("as it was before" in line for line in card(record))


@pytest.mark.parametrize(
    ("expected", "parallel", "seconds"),
    [
        ([(1, 10.0), (2, 20.0)], 4, 30.0),
        ([(4, 10.0), (4, 20.0)], 4, 20.0),
        ([(4, 10.0), (4, 20.0), (4, 5.0)], 2, 20.0),
        ([(4, 10.0), (4, 20.0)], 1, 30.0),
        ([(4, 10.0), (4, None)], 4, None),
        ([], 4, 0.0),
    ],
)
def test_expected_time_is_that_of_a_sliding_window(
    expected: list[tuple[int, float | None]], parallel: int, seconds: float | None
) -> None:
    targets = [{"name": str(i), "wave": wave, "expected_seconds": each} for i, (wave, each) in enumerate(expected)]
    assert time_left(targets, parallel) == seconds


def test_time_left_counts_what_has_passed() -> None:
    targets = samples.rolling()["targets"]
    assert time_left(targets, 4, samples.STARTED + 72) == 48.0
    assert time_left(targets, 4, samples.STARTED + 500) == 0.0


def test_where_nothing_was_begun_nothing_is_undone() -> None:
    record = samples.planned()
    said = events(record, {**record, "phase": "undoing", "cause": {"reason": "the disk is full"}}, NOW)
    assert len(said) == 1
    assert "↺ nothing to undo" in said[0]
