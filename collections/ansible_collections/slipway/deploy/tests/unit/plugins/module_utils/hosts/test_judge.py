# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a host is what it should be."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.hosts.balancer import Place
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.judge import judge_host
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.progress import After

from .builders import GONE, ON_V1, ON_V2, V1, V2

HEALTHY = Place("healthy")
NOT_IN_USE = Place("unused", "Target group is not configured to receive traffic", "Target.NotInUse")
STOPPED = Place("unused", "Target is in the stopped state", "Target.InvalidState")


@pytest.mark.parametrize(
    ("after", "wanted", "place", "balanced", "verdict", "detail"),
    [
        pytest.param(ON_V2, V2.id, HEALTHY, True, "pass", "", id="all is well"),
        pytest.param(ON_V2, V2.id, None, False, "pass", "", id="without a load balancer"),
        pytest.param(ON_V1, None, HEALTHY, True, "pass", "", id="a host that was left alone"),
        pytest.param(ON_V2, V2.id, NOT_IN_USE, True, "pass", "", id="a group that nobody asks"),
        pytest.param(GONE, V2.id, HEALTHY, True, "unknown", "the host does not answer", id="no answer"),
        pytest.param(After(False, reason="timed out"), None, None, False, "unknown", "timed out", id="why not"),
        pytest.param(After(True, V2.id), V2.id, HEALTHY, True, "fail", "does not run", id="it is down"),
        pytest.param(ON_V1, V2.id, HEALTHY, True, "fail", f"it runs {V1.id}, not {V2.id}", id="the old release"),
        pytest.param(After(True, active=True), V2.id, HEALTHY, True, "fail", "it runs no known release", id="by hand"),
        pytest.param(ON_V2, V2.id, None, True, "unknown", "could not be asked", id="a group that does not answer"),
        pytest.param(ON_V2, V2.id, Place("unused"), True, "fail", "not registered", id="not in its group"),
        pytest.param(
            ON_V2, V2.id, Place("unhealthy", "Health checks failed"), True, "fail", "unhealthy: Health", id="unhealthy"
        ),
        pytest.param(ON_V2, V2.id, STOPPED, True, "fail", "unused: Target is in the stopped state", id="stopped"),
        pytest.param(ON_V2, V2.id, Place("draining"), True, "fail", "says draining", id="left drained"),
        pytest.param(ON_V2, V2.id, Place("initial"), True, "fail", "says initial", id="not yet healthy"),
    ],
)
def test_judge(
    after: After, wanted: str | None, place: Place | None, balanced: bool, verdict: str, detail: str
) -> None:
    health = judge_host("a", after, wanted, place, balanced=balanced)
    assert health.verdict == verdict
    assert detail in health.detail
    assert (detail == "") is (health.detail == "")
    assert (health.desired, health.running) == (1, int(after.active))


def test_a_host_outside_the_limit_was_not_asked() -> None:
    health = judge_host("a", After(False), None, None, balanced=True, selected=False)
    assert (health.verdict, health.detail) == ("warn", "not selected, so it was not asked")


def test_outside_the_limit_everything_bad_is_a_warning() -> None:
    assert judge_host("a", GONE, V2.id, None, balanced=True, selected=False).verdict == "warn"
    assert judge_host("a", ON_V2, V2.id, HEALTHY, balanced=True, selected=False).verdict == "pass"
