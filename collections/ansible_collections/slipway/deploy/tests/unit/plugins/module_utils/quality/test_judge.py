# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict of a gate, from how its command ended and what its report says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.quality.judge import judge
from ansible_collections.slipway.deploy.plugins.module_utils.quality.kinds import KINDS
from ansible_collections.slipway.deploy.plugins.module_utils.quality.model import Finding, Ran, Report, Skipped
from ansible_collections.slipway.deploy.plugins.module_utils.quality.rows import Gate, parse_gates

TODAY = date(2026, 11, 30)
HIGH = Finding("GHSA-1", "lodash", "high", aliases=("CVE-2026-1",))
LOW = Finding("GHSA-2", "qs", "low")
UNKNOWN = Finding("GHSA-3", "ms")
SKIPPED = Skipped("ours", "Dependency not found on PyPI.")
CRASHED = Ran(2, "", "Traceback")
NO, YES, MAYBE = "fail", "pass", "not audited"


def gate(kind: str, **fields: Any) -> Gate:
    row = {"name": "g", "kind": kind, "command": ["x"], **fields}
    return parse_gates([row], ["user-service"])[0]


def allow(name: str, until: str) -> list[dict[str, str]]:
    return [{"id": name, "until": until, "reason": "no fix yet"}]


@pytest.mark.parametrize(
    ("kind", "fields", "ran", "report", "verdict", "detail"),
    [
        # Tests.
        ("junit", {}, Ran(0), Report(audited=118, left=3), YES, "118 tests; 3 skipped"),
        ("junit", {}, Ran(1), Report((Finding("failure", "a.b"),), 2), NO, "1 of 2 tests failed: a.b"),
        ("junit", {}, Ran(0), Report((Finding("error", "a.b"),), 2), NO, "1 of 2 tests failed: a.b"),
        ("junit", {}, Ran(0), Report(audited=0, left=4), MAYBE, "no test ran; 4 skipped"),
        (
            "junit",
            {},
            Ran(3, "", "boom"),
            Report(audited=2),
            MAYBE,
            "the report has no failure, but the command ended with code 3: boom",
        ),
        ("junit", {}, Ran(-9), Report(audited=2), MAYBE, "was killed by signal 9"),
        ("junit", {}, Ran(None), Report(audited=2), YES, "2 tests"),
        ("junit", {}, Ran(-9, "x did not end within 5 s"), Report(audited=2), MAYBE, "x did not end within 5 s"),
        # Coverage.
        ("lcov", {"minimum": 80}, Ran(0), Report(covered=812, total=1000), YES, "81.2 % of lines, at least 80 %"),
        ("lcov", {"minimum": 80}, Ran(0), Report(covered=80, total=100), YES, "80.0 % of lines, at least 80 %"),
        ("lcov", {"minimum": 80}, Ran(0), Report(covered=79_999, total=100_000), NO, "79.9 % of lines, at least 80 %"),
        ("lcov", {"minimum": "80.5"}, Ran(0), Report(covered=80, total=100), NO, "80.0 % of lines, at least 80.5 %"),
        ("lcov", {"minimum": 0}, Ran(0), Report(), MAYBE, "the report has no lines"),
        ("lcov", {"minimum": 9, "of": "branches"}, Ran(0), Report(covered=1, total=2), YES, "50.0 % of branches"),
        (
            "lcov",
            {"minimum": 9},
            CRASHED,
            Report(covered=1, total=2),
            MAYBE,
            "but the command ended with code 2: Traceback",
        ),
        # Linters.
        ("ruff", {}, Ran(0), Report(), YES, "no finding"),
        (
            "ruff",
            {},
            Ran(1),
            Report((Finding("F401", "", "error", path="/a/b.py", line=3),)),
            NO,
            "1 finding: F401 in b.py:3",
        ),
        ("ruff", {"maximum": 1}, Ran(1), Report((Finding("F401", "", "error"),)), YES, "1 finding, at most 1"),
        ("ruff", {"severity": "error"}, Ran(1), Report((Finding("D1", "", "warning"),)), YES, "1 below error"),
        ("ruff", {}, Ran(2), Report(), MAYBE, "ended with code 2"),
        ("ruff", {}, Ran(0), Report(doubt="ruff found no Python files"), MAYBE, "ruff found no Python files"),
        ("eslint", {}, Ran(1), Report((Finding("x", "", "warning"),), 3), YES, "3 files; 1 below error"),
        ("eslint", {}, Ran(0), Report(audited=0), MAYBE, "no file was audited"),
        # Scanners.
        ("npm-audit", {"severity": "high"}, Ran(1), Report((LOW,), 9), YES, "9 packages; 1 below high"),
        (
            "npm-audit",
            {"severity": "high"},
            Ran(1),
            Report((LOW, HIGH), 9),
            NO,
            "1 finding: GHSA-1 (lodash); 1 below high",
        ),
        ("npm-audit", {"severity": "critical"}, Ran(1), Report((UNKNOWN,), 9), NO, "GHSA-3 (ms)"),
        ("npm-audit", {}, Ran(1), Report(doubt="405 Method Not Allowed"), MAYBE, "405"),
        ("npm-audit", {}, Ran(0), Report(audited=0), MAYBE, "no package was audited"),
        ("npm-audit", {}, Ran(1), Report(audited=9), MAYBE, "but the command ended with code 1"),
        (
            "pip-audit",
            {},
            Ran(0),
            Report((), 1, (SKIPPED,)),
            MAYBE,
            "1 of 2 packages not audited (ours: Dependency not found on PyPI)",
        ),
        (
            "pip-audit",
            {},
            Ran(1),
            Report((HIGH,), 1, (SKIPPED,)),
            NO,
            "1 finding: GHSA-1 (lodash); 1 package not audited",
        ),
        (
            "pip-audit",
            {"allow": allow("ours", "2026-11-30")},
            Ran(0),
            Report((), 1, (SKIPPED,)),
            YES,
            "ours allowed until 2026-11-30: no fix yet",
        ),
        (
            "pip-audit",
            {"allow": allow("ours", "2026-11-29")},
            Ran(0),
            Report((), 1, (SKIPPED,)),
            MAYBE,
            "ours was allowed until 2026-11-29",
        ),
        (
            "npm-audit",
            {"allow": allow("cve-2026-1", "2026-12-01")},
            Ran(1),
            Report((HIGH,), 9),
            YES,
            "9 packages; cve-2026-1 allowed until 2026-12-01",
        ),
        (
            "npm-audit",
            {"allow": allow("GHSA-1", "2026-11-29")},
            Ran(1),
            Report((HIGH,), 9),
            NO,
            "GHSA-1 was allowed until 2026-11-29",
        ),
        (
            "npm-audit",
            {"allow": allow("GHSA-9", "2026-12-01")},
            Ran(0),
            Report((), 9),
            YES,
            "allow names what was not found: GHSA-9",
        ),
        ("trivy", {}, Ran(5), Report((HIGH,), 9), NO, "1 finding"),
        ("trivy", {}, Ran(5), Report((LOW,), 9), YES, "1 below high"),
        # SQL.
        ("sql", {}, Ran(0), Report((Finding("ban-drop-column", "3f9c", "error"),)), NO, "ban-drop-column (3f9c)"),
        ("sql", {}, Ran(0), Report((Finding("x", "", "warning"),)), YES, "no finding; 1 not counted"),
        ("sql", {}, Ran(1, "", "no such revision"), Report(), MAYBE, "ended with code 1: no such revision"),
        # Exit codes.
        ("exit-code", {}, Ran(0), None, YES, "ended with code 0"),
        ("exit-code", {}, Ran(2, "", "TS2304"), None, NO, "ended with code 2: TS2304"),
        ("exit-code", {}, Ran(127), None, MAYBE, "ended with code 127"),
        ("exit-code", {}, Ran(-11), None, MAYBE, "was killed by signal 11"),
        ("exit-code", {}, Ran(None, "tsc is not installed"), None, MAYBE, "tsc is not installed"),
        # Without a report.
        ("ruff", {}, CRASHED, None, MAYBE, "there is no report; the command ended with code 2: Traceback"),
        ("ruff", {}, Ran(0), None, MAYBE, "there is no report"),
        ("trivy", {}, Ran(None, "trivy is not installed"), None, MAYBE, "trivy is not installed"),
    ],
)
def test_verdicts(
    kind: str, fields: dict[str, Any], ran: Ran, report: Report | None, verdict: str, detail: str
) -> None:
    problem = "" if report is not None or ran.problem else "there is no report"
    outcome = judge(gate(kind, **fields), ran, report, problem, TODAY, strict=True)
    assert (outcome.row.verdict, outcome.blocks) == (verdict, verdict != YES)
    assert detail in outcome.result.detail


@pytest.mark.parametrize(
    ("own", "strict", "blocks"),
    [(None, True, True), (None, False, False), ("fail", False, True), ("warn", True, False)],
)
def test_the_environment_decides_what_not_audited_means(own: str | None, strict: bool, blocks: bool) -> None:
    made = gate("ruff", **({"not_audited": own} if own else {}))
    assert judge(made, Ran(2), None, "there is no report", TODAY, strict).blocks is blocks
    assert judge(made, Ran(1), Report((Finding("F401"),)), "", TODAY, strict).blocks


FINDINGS = st.sampled_from([HIGH, LOW, UNKNOWN])
REPORTS = st.builds(
    Report,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    audited=st.none() | st.integers(0, 3),
    skipped=st.lists(st.just(SKIPPED), max_size=1).map(tuple),
    covered=st.integers(0, 5),
    total=st.integers(5, 9) | st.just(0),
    doubt=st.sampled_from(["", "doubt"]),
)
RUNS = st.builds(Ran, st.sampled_from([None, 0, 1, 2, -9, 127]), st.sampled_from(["", "late"]))


@given(kind=st.sampled_from(sorted(KINDS)), ran=RUNS, report=st.none() | REPORTS)
def test_only_an_audit_of_everything_passes(kind: str, ran: Ran, report: Report | None) -> None:
    made = gate(kind, **({"minimum": 50} if KINDS[kind].topic == "coverage" else {}))
    verdict = judge(made, ran, report, "there is no report", TODAY, True).row.verdict
    if ran.problem or (ran.code or 0) < 0:
        assert verdict != YES
    if KINDS[kind].topic != "exit" and verdict == YES:
        assert report is not None
        if KINDS[kind].topic == "coverage":
            assert 0 < report.total <= 2 * report.covered
            assert not ran.code
        else:
            assert (report.doubt, report.skipped) == ("", ())
            assert report.audited != 0
            assert not ran.code or report.findings
