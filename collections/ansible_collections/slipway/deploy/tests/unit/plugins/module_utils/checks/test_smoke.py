# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the attempts of a check mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import (
    Attempt,
    Judged,
    SmokeCheck,
    another,
    classify,
    judge,
    worst,
)

CHECK = SmokeCheck("health", "/actuator/health", retries=3)
RIGHT = Attempt(200, 0.1)
WRONG = Attempt(500, 0.1)
OWN_503 = Attempt(503, 0.1, b'{"status":"DOWN"}', server="")
ALB_503 = Attempt(503, 0.1, server="awselb/2.0")
ALB_502 = Attempt(502, 0.1, server="awselb/2.0")
NOBODY = Attempt(error="connection refused")


@pytest.mark.parametrize(
    ("attempts", "verdict"),
    [
        ([], "inconclusive"),
        ([RIGHT], "pass"),
        ([WRONG], "fail"),
        ([OWN_503, OWN_503], "fail"),
        ([ALB_503, ALB_502], "inconclusive"),
        ([NOBODY], "inconclusive"),
        ([NOBODY, ALB_503, RIGHT], "pass"),
        ([WRONG, RIGHT], "inconclusive"),
        ([WRONG, RIGHT, RIGHT], "pass"),
        ([WRONG, RIGHT, WRONG], "inconclusive"),
        ([WRONG, RIGHT, WRONG, RIGHT], "inconclusive"),
        ([WRONG, RIGHT, NOBODY], "inconclusive"),
        ([NOBODY, NOBODY, WRONG], "fail"),
        ([WRONG, WRONG, NOBODY], "inconclusive"),
        ([WRONG, NOBODY, WRONG], "fail"),
    ],
)
def test_verdict(attempts: list[Attempt], verdict: str) -> None:
    assert judge(CHECK, attempts).verdict == verdict


def _script(*answers: Attempt) -> list[Attempt]:
    """The attempts that are made when the answers come in this order, the last one for ever."""
    attempts: list[Attempt] = []
    while another(CHECK, attempts):
        attempts.append(answers[min(len(attempts), len(answers) - 1)])
    return attempts


@pytest.mark.parametrize(
    ("answers", "made", "verdict"),
    [
        ((RIGHT,), 1, "pass"),
        ((WRONG,), 4, "fail"),
        ((NOBODY,), 4, "inconclusive"),
        ((WRONG, RIGHT), 3, "pass"),
        ((WRONG, WRONG, WRONG, RIGHT), 5, "pass"),
        ((WRONG, RIGHT, WRONG, RIGHT, WRONG), 5, "inconclusive"),
        ((NOBODY, NOBODY, RIGHT), 3, "pass"),
    ],
)
def test_how_often_it_is_tried(answers: tuple[Attempt, ...], made: int, verdict: str) -> None:
    attempts = _script(*answers)
    assert (len(attempts), judge(CHECK, attempts).verdict) == (made, verdict)


BODY = json.dumps({"status": "UP", "components": {"db": {"status": "UP", "n": 1}}, "a.b": [{"id": 7}], "ok": True})


@pytest.mark.parametrize(
    ("path", "wanted", "detail"),
    [
        ("status", "UP", ""),
        ("components.db.status", "UP", ""),
        ("components.db.n", 1.0, ""),
        ("a.b.0.id", 7, ""),
        ("ok", True, ""),
        ("components", {"db": {"n": 1, "status": "UP"}}, ""),
        ("ok", 1, "ok is not 1"),
        ("components.db.n", True, "components.db.n is not true"),
        ("status", "DOWN", 'status is not "DOWN"'),
        ("components.redis.status", "UP", "components.redis.status is missing in the answer"),
        ("a.b.1.id", 7, "a.b.1.id is missing in the answer"),
        ("a.b.x", 7, "a.b.x is missing in the answer"),
    ],
)
def test_json_is_compared_at_dotted_paths(path: str, wanted: Any, detail: str) -> None:
    check = SmokeCheck("c", "/", json=((path, wanted),))
    kind, said = classify(check, Attempt(200, 0.1, BODY.encode()))
    assert (kind, said) == ("wrong" if detail else "right", detail)


@pytest.mark.parametrize(
    ("check", "attempt", "detail"),
    [
        (SmokeCheck("c", "/", status=(200, 204)), Attempt(404, 0.1), "status 404 instead of 200 or 204"),
        (SmokeCheck("c", "/", body="pong"), Attempt(200, 0.1, b"ping"), "the answer does not contain 'pong'"),
        (SmokeCheck("c", "/", json=(("a", 1),)), Attempt(200, 0.1, b"<html>"), "the answer is not valid JSON"),
        (SmokeCheck("c", "/", max_latency=0.5), Attempt(200, 0.75), "took 0.75 s, 0.5 s are allowed"),
        (SmokeCheck("c", "/"), Attempt(302, 0.1), "status 302 instead of 200"),
    ],
)
def test_what_is_wrong_is_said(check: SmokeCheck, attempt: Attempt, detail: str) -> None:
    assert classify(check, attempt) == ("wrong", detail)


def test_a_gateway_status_that_is_expected_is_right() -> None:
    assert classify(SmokeCheck("c", "/", status=(503,)), ALB_503)[0] == "right"


def test_a_value_of_the_answer_is_never_repeated() -> None:
    check = SmokeCheck("c", "/", json=(("token", "x"),))
    judged = judge(check, [Attempt(200, 0.1, b'{"token": "s3cret"}')])
    assert "s3cret" not in repr(judged)
    assert "s3cret" not in repr(Attempt(200, 0.1, b"s3cret"))


@pytest.mark.parametrize(
    ("verdicts", "all_in_all"),
    [([], "pass"), (["pass", "inconclusive"], "inconclusive"), (["inconclusive", "fail", "pass"], "fail")],
)
def test_worst(verdicts: list[Any], all_in_all: str) -> None:
    assert worst([Judged(verdict, 1) for verdict in verdicts]) == all_in_all


def test_a_verdict_as_the_record_holds_it() -> None:
    assert judge(CHECK, [WRONG]).to_record("user-service", "health") == {
        "name": "user-service",
        "check": "health",
        "verdict": "fail",
        "attempts": 1,
        "status": 500,
        "latency": 0.1,
        "detail": "status 500 instead of 200",
    }
