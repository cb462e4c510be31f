# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the health of a fleet means for the deploy that changed a part of it."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import Health, Verdict
from ansible_collections.slipway.deploy.plugins.plugin_utils.verdict import (
    finding_of,
    finding_of_smoke,
    weighed,
    weighed_smoke,
)

CHANGED = {"changed"}


def fleet(changed: Verdict, left: Verdict) -> list[Health]:
    return [Health("left", left, detail="1 of its tasks are missing"), Health("changed", changed, detail="it is down")]


@pytest.mark.parametrize(
    ("changed", "left", "broken_before", "verdict", "target"),
    [
        pytest.param("pass", "pass", False, None, None, id="all healthy"),
        pytest.param("fail", "pass", False, "fail", "changed", id="what was changed is broken"),
        pytest.param("unknown", "pass", False, "unknown", "changed", id="what was changed is unknown"),
        pytest.param("pass", "fail", True, None, None, id="what was left alone was broken before"),
        pytest.param("pass", "unknown", True, None, None, id="or unknown before"),
        pytest.param("pass", "fail", False, "unknown", "left", id="what was left alone broke meanwhile: held"),
        pytest.param("fail", "fail", False, "fail", "changed", id="what was changed comes first"),
        pytest.param("warn", "warn", False, None, None, id="warnings"),
    ],
)
def test_only_what_was_changed_fails_a_deploy(
    changed: Verdict, left: Verdict, broken_before: bool, verdict: str | None, target: str | None
) -> None:
    results = weighed(fleet(changed, left), CHANGED, {"left"} if broken_before else set())
    finding = finding_of(results, CHANGED)
    assert (finding and finding.verdict, finding and finding.target) == (verdict, target)


def test_what_was_broken_before_is_still_shown() -> None:
    left, changed = weighed(fleet("fail", "fail"), CHANGED, {"left", "changed"})
    assert (left.verdict, changed.verdict) == ("warn", "fail")
    assert "as before this deploy" in left.detail


@pytest.mark.parametrize(("verdict", "before", "found"), [("fail", False, "fail"), ("fail", True, "unknown")])
def test_what_was_not_healthy_before_never_undoes_though_it_was_changed(
    verdict: Verdict, before: bool, found: str
) -> None:
    finding = finding_of(fleet(verdict, "pass"), CHANGED, {"changed"} if before else ())
    assert finding is not None
    assert (finding.verdict, finding.target) == (found, "changed")
    assert ("which was not healthy before this deploy either" in finding.what) is before


def smoke(name: str, verdict: str) -> dict[str, str]:
    return {"name": name, "check": "health", "verdict": verdict, "detail": "status 500 instead of 200"}


@pytest.mark.parametrize(
    ("changed", "left", "before", "verdict", "target"),
    [
        pytest.param("pass", "pass", "", "pass", None, id="all pass"),
        pytest.param("fail", "pass", "", "fail", "changed", id="the changed one fails"),
        pytest.param("inconclusive", "pass", "", "inconclusive", "changed", id="nobody knows"),
        pytest.param("fail", "pass", "changed", "unknown", "changed", id="the changed one failed before as well"),
        pytest.param("pass", "fail", "", "unknown", "left", id="a neighbour fails meanwhile: held"),
        pytest.param("pass", "inconclusive", "", "unknown", "left", id="a neighbour does not answer: held"),
        pytest.param("pass", "fail", "left", "pass", None, id="a neighbour failed before"),
        pytest.param("pass", "inconclusive", "left", "pass", None, id="a neighbour did not answer before"),
        pytest.param("warn", "warn", "", "pass", None, id="nothing runs"),
        pytest.param("fail", "fail", "", "fail", "changed", id="the changed one goes first"),
        pytest.param("inconclusive", "fail", "", "unknown", "left", id="what is held is named by its worst"),
    ],
)
def test_only_a_smoke_check_of_what_was_changed_undoes(
    changed: str, left: str, before: str, verdict: str, target: str | None
) -> None:
    failed = {(before, "health")} if before else set()
    documents = weighed_smoke([smoke("left", left), smoke("changed", changed)], CHANGED, failed)
    finding = finding_of_smoke(documents, CHANGED, failed)
    assert (finding.verdict, finding.target) == (verdict, target)
    if before == "left":
        assert documents[0]["verdict"] == "warn"
        assert "as before this deploy" in documents[0]["detail"]
    if target is not None:
        assert ("which this deploy did not change" in finding.what) is (target == "left")
