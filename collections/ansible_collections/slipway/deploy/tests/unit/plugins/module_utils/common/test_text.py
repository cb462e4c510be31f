# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text as a terminal shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.text import (
    clean,
    columns,
    display_width,
    duration,
    hanging,
    listed,
    pad,
    plural,
    stopwatch,
    truncate,
    wrap,
)

ANYTHING = st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.mark.parametrize(
    ("seconds", "words", "watch"),
    [
        (-1, "0 s", "0:00"),
        (0.4, "0 s", "0:00"),
        (41.2, "41 s", "0:41"),
        (59.6, "1 min", "0:59"),
        (110, "1 min 50 s", "1:50"),
        (3600, "1 h 00 min", "1:00:00"),
        (7500, "2 h 05 min", "2:05:00"),
    ],
)
def test_lengths_of_time(seconds: float, words: str, watch: str) -> None:
    assert (duration(seconds), stopwatch(seconds)) == (words, watch)


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("…✔→", 3), ("日本", 4), ("e\u0301", 1), ("\x1b[31mred\x1b[0m", 3), ("", 0)],
)
def test_width_in_columns(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\nb\tc\x00d", "a b c d"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("gar\u202ebled", "gar bled"),
        ("\x9b31m", "31m"),
        ("  日本  ", "日本"),
    ],
)
def test_text_from_outside_is_shown_not_obeyed(text: str, plain: str) -> None:
    assert clean(text) == plain


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
        ("abc", None, "abc"),
        ("\x1b[31mabcdef\x1b[0m", 4, "\x1b[31mabc…\x1b[0m"),
    ],
)
def test_truncate(text: str, width: int | None, cut: str) -> None:
    assert truncate(text, width) == cut


@given(ANYTHING, st.integers(0, 40))
def test_truncated_text_fits(text: str, width: int) -> None:
    assert display_width(truncate(text, width)) <= width


@given(ANYTHING)
def test_clean_text_is_one_printable_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == clean(cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert not any(char < " " or "\x7f" <= char < "\xa0" for char in cleaned)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "M")), max_size=200), st.integers(2, 60))
def test_wrapped_text_fits_and_loses_nothing(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrap_keeps_units_and_arrows_whole() -> None:
    assert wrap("api :41 → :42 (17 s)", 12) == ["api", ":41 → :42", "(17 s)"]


@given(st.lists(st.lists(ANYTHING.map(clean), min_size=3, max_size=3), min_size=1, max_size=6))
def test_columns_are_aligned(rows: list[list[str]]) -> None:
    first = max(display_width(row[0]) for row in rows)
    for line, row in zip(columns(rows), rows, strict=True):
        assert line == line.rstrip()
        assert line.startswith(pad(row[0], first).rstrip())


def test_hanging_text_stands_below_its_label() -> None:
    assert hanging("log", "one two three four five", 30) == ["  log     one two three four", "          five"]


def test_a_list_says_that_it_was_cut() -> None:
    assert listed(["aa", "bb", "cc"], 10) == "aa, bb, cc"
    assert listed(["aa", "bb", "cc"], 9) == "aa, bb, …"
    assert plural(1, "service") == "1 service"
