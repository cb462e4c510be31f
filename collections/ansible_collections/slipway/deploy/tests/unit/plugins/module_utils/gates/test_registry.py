# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates of one point are asked together; a gate of one's own needs the registry alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.gates.gate import Point, Request, Result
from ansible_collections.slipway.deploy.plugins.module_utils.gates.registry import GATES, pass_gates

FRIDAY = datetime(2026, 11, 27, 16, tzinfo=UTC)


def request(now: datetime = FRIDAY, facts: Any = None, **settings: Any) -> Request:
    return Request(
        environment="production",
        kind="deploy",
        release="3f9c2d1",
        where="the plan",
        now=now,
        setting=settings.get,
        truth=lambda name: bool(settings.get(name)),
        facts=facts or {},
    )


class Freeze:
    """No deploys on the weekdays that ``freeze`` names, unless somebody lifts it."""

    name = "freeze"
    point: Point = "plan"

    def check(self, request: Request) -> Result | None:
        days = request.setting("freeze")
        if days is None:
            return None
        if request.now.strftime("%A") not in days:
            return Result(self.name, "pass")
        if lifted := request.setting("freeze_lifted_by"):
            return Result(self.name, "waived", "frozen on Fridays", by=lifted)
        return Result(self.name, "fail", "frozen on Fridays")


class Metric:
    """A metric that nobody can read."""

    name = "metric"
    point: Point = "plan"

    def check(self, _request: Request) -> Result | None:
        return Result(self.name, "inconclusive", error=SlipwayError("no data", "metric", "Wait"))


def test_a_gate_that_the_environment_does_not_have_says_nothing() -> None:
    assert pass_gates("plan", request(), [Freeze()]) == []


@pytest.mark.parametrize(
    ("settings", "recorded"),
    [
        ({"freeze": ["Sunday"]}, {"gate": "freeze", "verdict": "pass"}),
        (
            {"freeze": ["Friday"], "freeze_lifted_by": "maria"},
            {"gate": "freeze", "verdict": "waived", "detail": "frozen on Fridays", "by": "maria"},
        ),
    ],
)
def test_what_passes_or_is_waived_is_recorded(settings: dict[str, Any], recorded: dict[str, str]) -> None:
    (result,) = pass_gates("plan", request(**settings), [Freeze()])
    assert result.to_record() == recorded


def test_a_gate_that_fails_refuses_the_release() -> None:
    with pytest.raises(SlipwayError, match="the plan: the gate freeze does not pass: frozen on Fridays"):
        pass_gates("plan", request(freeze=["Friday"]), [Freeze()])


def test_inconclusive_is_no_pass_and_all_refusals_are_said_at_once() -> None:
    with pytest.raises(SlipwayErrors) as caught:
        pass_gates("plan", request(freeze=["Friday"]), [Freeze(), Metric()])
    assert [error.what for error in caught.value.errors] == [
        "the gate freeze does not pass: frozen on Fridays",
        "no data",
    ]


def test_gates_of_another_point_are_not_asked() -> None:
    assert pass_gates("release", request(freeze=["Friday"]), [Freeze(), Metric()]) == []


def test_names_of_gates_are_unique() -> None:
    assert len({gate.name for gate in GATES}) == len(GATES)


@pytest.mark.parametrize(("tags", "verdict"), [(["prod-20261127"], "pass"), ([], None)])
def test_slipways_own_gates_are_asked_by_their_point(tags: list[str], verdict: str | None) -> None:
    asked = request(facts={"existing": tags, "found_as": "tag" if tags else "none", "prefix": "prod"})
    wanted = Request(**{**vars(asked), "release": tags[0] if tags else "main"})
    if verdict is None:
        with pytest.raises(SlipwayError, match="is not a tag of production"):
            pass_gates("name", wanted)
    else:
        assert [(result.gate, result.verdict) for result in pass_gates("name", wanted)] == [("tag", verdict)]
