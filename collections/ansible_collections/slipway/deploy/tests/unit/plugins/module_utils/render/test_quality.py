# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of a build's gates."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.gates.gate import Result
from ansible_collections.slipway.deploy.plugins.module_utils.quality.judge import Outcome
from ansible_collections.slipway.deploy.plugins.module_utils.render.quality import quality

CHOICE = "(quality_not_audited: fail, or the gate's own not_audited)"
OUTCOMES = [
    Outcome(Result("tests", "pass", "118 tests; 3 skipped")),
    Outcome(Result("trivy", "inconclusive", "trivy is not installed"), service="user-service"),
    Outcome(
        Result("ruff", "fail", "1 finding: F401 in a.py:1\n\x1b[31m::error::x"), artifact="web", blocks=True, count=1
    ),
    Outcome(Result("pip-audit", "inconclusive", "1 of 2 packages not audited (ours: skipped)"), blocks=True),
]


def test_the_table() -> None:
    assert quality(OUTCOMES, "dev", strict=True, build="20261130T191500Z-3f9c2d1") == [
        "dev · 20261130T191500Z-3f9c2d1 · gates: 1 failed, 2 not audited, 1 passed",
        "  ✔  tests                    pass         118 tests; 3 skipped",
        "  !  trivy      user-service  not audited  trivy is not installed",
        "  ✘  ruff       web           fail         1 finding: F401 in a.py:1 : :error::x",
        "  !  pip-audit                not audited  1 of 2 packages not audited (ours: skipped)",
        f"  not audited  pip-audit: fails the build {CHOICE}",
        f"  not audited  trivy of user-service: does not fail the build {CHOICE}",
    ]


def test_without_gates() -> None:
    assert quality([], "dev", strict=False) == ["dev · gates: none for what was built"]
