# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables of checks: what a person sees of smoke and of the checklist."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.text import display_width
from ansible_collections.slipway.deploy.plugins.module_utils.render.checklist import (
    checklist,
    checklist_problems,
    checklist_table,
    took,
)
from ansible_collections.slipway.deploy.plugins.module_utils.render.checks import smoke_table

from . import site_samples
from .site_samples import row, smoke


def test_the_checklist_in_one_table() -> None:
    assert checklist_table(site_samples.held()["checklist"]) == [
        "✔ health            green    43 ms   status 200",
        "? alerts            unknown  310 ms  Sentry limits the rate of requests",
        "✘ queue             red      4 ms    12 waiting, fewer than 10 are allowed",
        "✔ service (site-1)  green    43 ms   active (running)",
        "✔ service (site-2)  green    43 ms   active (running)",
    ]


def test_the_smoke_checks_in_one_table() -> None:
    items = [
        smoke("health"),
        smoke("login", verdict="fail", status=500, attempts=3, detail="status 500 instead of 200"),
        smoke(
            "members",
            verdict="inconclusive",
            status=None,
            latency=None,
            attempts=0,
            detail="not asked: login, which it needs, failed",
        ),
    ]
    assert smoke_table(items) == [
        "✔ site-1  health   pass          200  41 ms",
        "✘ site-1  login    fail          500  41 ms  3 attempts  status 500 instead of 200",
        "? site-1  members  inconclusive                          not asked: login, which it needs, failed",
    ]


def test_a_line_that_counts_and_one_for_each_that_is_not_green() -> None:
    assert checklist(site_samples.held()) == [
        "checklist: 3 of 5 green, 1 red, 1 unknown",
        "  checklist  queue is red: 12 waiting, fewer than 10 are allowed",
        "  checklist  alerts is unknown: Sentry limits the rate of requests",
    ]
    assert checklist(site_samples.succeeded()) == ["checklist: 5 of 5 green"]
    assert checklist(site_samples.planned()) == []


def test_what_is_no_verdict_is_unknown() -> None:
    record = {"checklist": [row("a", verdict="splendid"), {"name": "b"}]}
    assert checklist(record)[0] == "checklist: 0 of 2 green, 2 unknown"
    assert [line[0] for line in checklist_table(record["checklist"])] == ["?", "?"]


def test_many_findings_are_left_to_the_record() -> None:
    record = {"checklist": [row(f"r{number}", verdict="red") for number in range(14)]}
    assert checklist_problems(record)[-1] == "  checklist  and 4 more (see the record)"
    assert len(checklist_problems(record)) == 11


@pytest.mark.parametrize(("seconds", "said"), [(None, ""), (0.0041, "4 ms"), (9.9, "9900 ms"), (75, "1 min 15 s")])
def test_how_long_it_took(seconds: Any, said: str) -> None:
    assert took({"took": seconds}) == said


@given(st.text(), st.text(), st.integers(20, 120))
def test_nothing_from_outside_breaks_a_line(name: str, detail: str, width: int) -> None:
    items = [row(name, detail=detail, host=name), row(detail, verdict="red", detail=name)]
    for line in (*checklist_table(items, width), *checklist({"checklist": items}, width)):
        assert display_width(line) <= width
        assert len(line.splitlines()) <= 1
        assert "\x1b" not in line
