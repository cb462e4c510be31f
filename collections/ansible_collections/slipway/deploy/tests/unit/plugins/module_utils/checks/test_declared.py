# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Smoke checks as an inventory declares them."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.declared import parse_checks
from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import Secret, SmokeCheck
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

WHERE = "user-service: smoke_checks"


@pytest.mark.parametrize(
    ("raw", "checks"),
    [
        (None, ()),
        ([], ()),
        ([{"path": "/health"}], (SmokeCheck("GET /health", "/health"),)),
        (
            [{"name": "login", "path": "/login", "method": "post", "status": [200, 204], "timeout": 3, "retries": 0}],
            (SmokeCheck("login", "/login", "POST", (200, 204), timeout=3.0, retries=0),),
        ),
        (
            [{"path": "/h", "json": {"components.db.status": "UP"}, "headers": {"X-Key": {"env": "KEY"}, "A": "b"}}],
            (
                SmokeCheck(
                    "GET /h",
                    "/h",
                    headers=(("X-Key", Secret((("env", "KEY"),))), ("A", "b")),
                    json=(("components.db.status", "UP"),),
                ),
            ),
        ),
        ([{"path": "/h", "body": None, "max_latency": 0.5}], (SmokeCheck("GET /h", "/h", max_latency=0.5),)),
    ],
)
def test_what_is_declared(raw: Any, checks: tuple[SmokeCheck, ...]) -> None:
    assert parse_checks(raw, WHERE) == checks


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("x", "user-service: smoke_checks: smoke checks must be a list. Write - name: …, path: /…"),
        ({"path": "/"}, "user-service: smoke_checks: smoke checks must be a list"),
        (["/health"], "user-service: smoke_checks[0]: a smoke check must be a mapping"),
        ([{"name": "x"}], "user-service: smoke_checks[0]: a smoke check needs a path"),
        ([{"path": "health"}], "user-service: smoke_checks[0].path: 'health' is not a path"),
        ([{"path": "//evil.example.org/"}], "'//evil.example.org/' is not a path"),
        ([{"path": "/a b"}], "'/a b' is not a path"),
        ([{"path": "/", "metod": "GET"}], "a smoke check has no 'metod'. Did you mean method?"),
        (
            [{"path": "/", "method": "TRACE"}],
            "'TRACE' is not a method for a check. Use one of GET, HEAD, OPTIONS, POST",
        ),
        ([{"path": "/", "status": "200"}], "'200' is not an HTTP status code. Write 200, or [200, 204]"),
        ([{"path": "/", "status": []}], "[] is not an HTTP status code"),
        ([{"path": "/", "status": True}], "True is not an HTTP status code"),
        ([{"path": "/", "retries": -1}], "-1 is not a valid number of retries"),
        ([{"path": "/", "interval": 0}], "0 is not a valid number of seconds"),
        ([{"path": "/", "timeout": float("nan")}], "nan is not a valid number of seconds"),
        ([{"path": "/", "headers": ["A: b"]}], "headers must be a mapping"),
        ([{"path": "/", "headers": {"A b": "c"}}], "'A b' is not a valid header name"),
        ([{"path": "/", "headers": {"A": "b\r\nC: d"}}], "smoke_checks[0].headers.A: this is not a valid header value"),
        ([{"path": "/", "headers": {"A": {"vault": "x"}}}], "this is not a source of a secret. Write one of env, file"),
        ([{"path": "/", "json": ["status"]}], "json must map dotted paths to values"),
        ([{"path": "/"}, {"path": "/"}], "two checks are named 'GET /'. Give each a name of its own"),
    ],
)
def test_mistakes_are_said_with_their_place(raw: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checks(raw, WHERE)
    assert line in str(caught.value)


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checks([{"path": "x", "status": 1}, {"retries": "many"}], WHERE)
    assert len(str(caught.value).splitlines()) == 4


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_checks([{"path": "/", "headers": {"Authorization": {"Bearer": "s3cret", "x": "y"}}}], WHERE)
    assert "s3cret" not in str(caught.value)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(SmokeCheck.__dataclass_fields__)), ANY, max_size=4)))
def test_nothing_but_a_said_mistake(raw: Any) -> None:
    with contextlib.suppress(SlipwayError):
        assert all(check.path.startswith("/") for check in parse_checks(raw, WHERE))
