# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the answers to a checklist's questions mean: green, red, and unknown, which is never green."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks import sentry
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes import (
    Command,
    Found,
    Heartbeat,
    Probe,
    Question,
    Queue,
    Redis,
    Row,
    Sentry,
    Unit,
)
from ansible_collections.slipway.deploy.plugins.module_utils.checks.probes_judge import judge, judge_smoke, worst
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Judged, Secret

NOW = 1795208651.0
QUEUE = Queue(Redis(("LLEN", "q")), 10)
BEAT = Heartbeat(Redis(("GET", "b")), 120.0)
UP = {"loaded": True, "active": "active", "sub": "running", "restarts": 0}


@pytest.mark.parametrize(
    ("spec", "answer", "verdict", "detail"),
    [
        (QUEUE, {"value": 0}, "green", "0 waiting"),
        (QUEUE, {"value": 9}, "green", "9 waiting"),
        (QUEUE, {"value": 10}, "red", "10 waiting, fewer than 10 are allowed"),
        (QUEUE, {"value": None}, "unknown", "Redis gave no length"),
        (QUEUE, {"value": "9"}, "unknown", "Redis gave no length"),
        (QUEUE, {"error": "Redis answered NOAUTH"}, "unknown", "Redis answered NOAUTH"),
        (QUEUE, None, "unknown", "the host gave no answer"),
        (QUEUE, {}, "unknown", "the answer cannot be read"),
        (BEAT, {"value": "2026-11-20T21:03:41Z", "at": NOW}, "green", "the last heartbeat was 30 s ago"),
        (BEAT, {"value": str(NOW - 120), "at": NOW}, "green", "the last heartbeat was 2 min ago"),
        (
            BEAT,
            {"value": NOW - 300, "at": NOW},
            "red",
            "the last heartbeat was 5 min ago, 2 min are allowed",
        ),
        (BEAT, {"value": None, "at": NOW}, "red", "there is no heartbeat"),
        (BEAT, {"value": "running", "at": NOW}, "unknown", "the heartbeat is not a time, or one that lies ahead"),
        (BEAT, {"value": NOW + 3600, "at": NOW}, "unknown", "the heartbeat is not a time, or one that lies ahead"),
        (BEAT, {"error": "Redis cannot be reached: connection refused"}, "unknown", "Redis cannot be reached"),
        (Unit(), UP, "green", "active (running)"),
        (Unit(), {**UP, "restarts": 2}, "green", "active (running), restarted 2 times"),
        (Unit(), {**UP, "active": "reloading"}, "green", "reloading (running)"),
        (Unit(), {**UP, "active": "failed", "sub": "failed"}, "red", "failed (failed)"),
        (Unit(), {**UP, "active": "inactive", "sub": "dead"}, "red", "inactive (dead)"),
        (Unit(), {**UP, "active": "activating", "sub": "auto-restart"}, "unknown", "activating (auto-restart)"),
        (Unit(), {**UP, "active": "", "sub": ""}, "unknown", ""),
        (Unit(), {**UP, "loaded": False}, "red", "systemd knows no such unit"),
        (Unit(), None, "unknown", "the host gave no answer"),
        (Command(("x",)), {"code": 0, "said": "31 members"}, "green", "31 members"),
        (Command(("x",)), {"code": 1, "said": ""}, "red", "exit code 1"),
        (Command(("x",)), {"code": 1, "said": "too many"}, "red", "too many"),
        (Command(("x",)), {"code": 2, "said": "usage"}, "unknown", "exit code 2: usage"),
        (Command(("x",)), {"code": -9}, "unknown", "ended by signal 9"),
        (Command(("x",)), {"error": "it did not finish within 5 s"}, "unknown", "it did not finish within 5 s"),
    ],
)
def test_an_answer(spec: Any, answer: Any, verdict: str, detail: str) -> None:
    found = judge(Probe("r", "k", spec, "host"), answer)
    assert found.verdict == verdict
    assert found.detail.startswith(detail)


@pytest.mark.parametrize(
    ("judged", "found"),
    [
        (Judged("pass", 1, 200, 0.1), Found("green", "status 200")),
        (Judged("fail", 3, 500, 0.1, "status 500 instead of 200"), Found("red", "status 500 instead of 200")),
        (Judged("inconclusive", 3, None, None, "connection refused"), Found("unknown", "connection refused")),
    ],
)
def test_a_request(judged: Judged, found: Found) -> None:
    assert judge_smoke(judged) == found


ANSWERS = st.none() | st.dictionaries(
    st.sampled_from(["value", "at", "loaded", "active", "sub", "restarts", "code", "said", "error"]),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2),
)


@given(st.sampled_from([QUEUE, BEAT, Unit(), Command(("x",))]), ANSWERS)
def test_whatever_a_host_says_has_a_verdict_and_no_error_is_green(spec: Any, answer: Any) -> None:
    found = judge(Probe("r", "k", spec, "host"), answer)
    assert found.verdict in ("green", "red", "unknown")
    if not answer or answer.get("error"):
        assert found.verdict == "unknown"


def rows(*verdicts: Any) -> list[Row]:
    return [Row(Question(Probe(str(number), "k", Unit())), Found(said)) for number, said in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "name"),
    [((), None), (("green",), None), (("green", "unknown", "red"), "2"), (("green", "unknown"), "1")],
)
def test_the_worst_is_red_before_unknown(verdicts: Any, name: str | None) -> None:
    found = worst(rows(*verdicts))
    assert (found.question.probe.name if found else None) == name


SENTRY = Sentry("stmary", Secret((("env", "T"),)), ("salitemihret",))
SINCE = NOW + 0.7


def issue(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "shortId": "SALI-1", "level": "fatal", "firstSeen": "2026-11-20T21:05:00Z", **fields}


@pytest.mark.parametrize(
    ("spec", "path", "query"),
    [
        (
            SENTRY,
            "/api/0/organizations/stmary/issues/",
            [
                (
                    "query",
                    "is:unresolved level:[error, fatal] firstSeen:>=2026-11-20T21:04:11Z project:salitemihret",
                ),
                ("sort", "new"),
                ("limit", "100"),
                ("project", "-1"),
            ],
        ),
        (
            replace(SENTRY, projects=("47", "a", "b"), levels=("fatal",), environment="prod & more"),
            "/api/0/organizations/stmary/issues/",
            [
                ("query", "is:unresolved level:fatal firstSeen:>=2026-11-20T21:04:11Z project:[a, b]"),
                ("sort", "new"),
                ("limit", "100"),
                ("project", "47"),
                ("environment", "prod & more"),
            ],
        ),
    ],
)
def test_what_sentry_is_asked(spec: Sentry, path: str, query: Any) -> None:
    url = urlsplit(sentry.question(spec, SINCE))
    assert (url.netloc, url.path, parse_qsl(url.query)) == ("sentry.io", path, query)


@pytest.mark.parametrize(
    ("status", "answer", "verdict", "detail"),
    [
        (200, [], "green", "no new issue of level error or fatal since 21:04:11"),
        (200, [issue()], "red", "1 new issue since 21:04:11: SALI-1 (fatal)"),
        (200, [issue(), issue(shortId=None)], "red", "2 new issues since 21:04:11: SALI-1 (fatal), 1 (fatal)"),
        (200, [issue()] * 5, "red", "5 new issues since 21:04:11: SALI-1 (fatal), SALI-1 (fatal), SALI-1 (fatal), …"),
        (200, [issue()] * 100, "red", "100 or more new issues"),
        (200, [issue(firstSeen="2026-11-20T21:04:11Z")], "red", "1 new issue"),
        # A filter that a Sentry does not know, and so ignores, makes its answer one to another question.
        (200, [issue(firstSeen="2026-11-20T21:04:10Z")], "unknown", "Sentry's answer does not match the query"),
        (200, [issue(level="info")], "unknown", "Sentry's answer does not match the query"),
        (200, [issue(firstSeen=None)], "unknown", "Sentry's answer does not match the query"),
        (200, {"detail": "no"}, "unknown", "Sentry's answer does not match the query"),
        (200, ["x"], "unknown", "Sentry's answer does not match the query"),
        (200, b"<html>", "unknown", "Sentry's answer does not match the query"),
        (200, b"[" * 100_000, "unknown", "Sentry's answer does not match the query"),
        (400, {}, "unknown", "Sentry refuses the query; a project or an environment of that name may not exist"),
        (401, {}, "unknown", "Sentry does not take the token"),
        (
            403,
            {},
            "unknown",
            "the token may not read these issues (it needs the scope event:read, and access to the project)",
        ),
        (404, {}, "unknown", "Sentry has no such organization, or the token does not see it"),
        (429, {}, "unknown", "Sentry limits the rate of requests, again in 7 s"),
        (302, {}, "unknown", "Sentry answered 302: it has moved to another address"),
        (500, {}, "unknown", "Sentry answered 500"),
        (204, [], "unknown", "Sentry answered 204"),
    ],
)
def test_what_sentry_answers(status: int, answer: Any, verdict: str, detail: str) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    found = sentry.judge(SENTRY, SINCE, status, body, 7.0 if status == 429 else None)
    assert found.verdict == verdict
    assert found.detail.startswith(detail)
