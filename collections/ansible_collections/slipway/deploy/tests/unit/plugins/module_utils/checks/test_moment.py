# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as programs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.document import parse_wanted, problem
from ansible_collections.slipway.deploy.plugins.module_utils.checks.moment import age, moment

NOW = 1795208651.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (NOW, NOW),
        (int(NOW * 1000), NOW),
        ("1795208651", NOW),
        (" 1795208651.0 ", NOW),
        ("2026-11-20T21:04:11Z", NOW),
        ("2026-11-20T21:04:11", NOW),
        ("2026-11-20 21:04:11.000+00:00", NOW),
        ("2026-11-20T22:04:11+01:00", NOW),
        ("", None),
        ("soon", None),
        (None, None),
        (True, None),
        ([], None),
        (0, None),
        (-5, None),
        (float("nan"), None),
        (10**400, None),
    ],
)
def test_a_time(value: Any, seconds: float | None) -> None:
    assert moment(value) == seconds


@pytest.mark.parametrize(
    ("value", "old"),
    [(NOW - 5, 5.0), (NOW, 0.0), (NOW + 59, 0.0), (NOW + 61, None), ("never", None)],
)
def test_how_old_it_is(value: Any, old: float | None) -> None:
    assert age(value, NOW) == old


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2026-11-20T21:03:11Z", ""),
        ("2026-11-20T21:01:11Z", "beat is not a time of the last 120 s"),
        ("2026-11-20T21:09:11Z", "beat is not a time of the last 120 s"),
        (None, "beat is not a time of the last 120 s"),
    ],
)
def test_the_age_of_what_stands_in_an_answer(value: Any, said: str) -> None:
    assert problem({"beat": value}, "beat", parse_wanted({"max_age": 120}, "w"), NOW) == said


@given(st.integers(1_000_000_000, 4_000_000_000), st.integers(-12, 12))
def test_every_way_to_write_a_time_is_the_same_time(epoch: int, offset: int) -> None:
    when = datetime.fromtimestamp(epoch, UTC)
    naive = when.replace(tzinfo=None)
    elsewhere = when.astimezone(timezone(timedelta(hours=offset)))
    for written in (epoch, str(epoch), epoch * 1000, when.isoformat(), naive.isoformat(), elsewhere.isoformat(" ")):
        assert moment(written) == pytest.approx(epoch, abs=1e-3)


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()))
def test_anything_is_a_time_or_none(value: Any) -> None:
    said = moment(value)
    assert said is None or said > -1e12
