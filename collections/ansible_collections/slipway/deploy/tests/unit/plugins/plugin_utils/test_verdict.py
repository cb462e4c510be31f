# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the health of a fleet means for the deploy that changed a part of it."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import Health, Verdict
from ansible_collections.slipway.deploy.plugins.plugin_utils.verdict import finding_of, weighed

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
