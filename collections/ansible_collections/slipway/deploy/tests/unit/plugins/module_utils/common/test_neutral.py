# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text from outside on every way out: what a terminal, a workflow's log or a reader would obey is gone."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.documents import loads
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.common.neutral import neutral, neutral_line, neutral_value
from ansible_collections.slipway.deploy.plugins.module_utils.common.redact import redact

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\link",
    "\x1b]52;c;ZXZpbA==",
    "\x1bP$q\x1b\\",
    "\x9b2J",
    "\x9d0;x\x9c",
    "\u202egnp.exe\u202c",
    "\u2066a\u2069",
    "zero\u200bwidth\ufeff",
    "tags\U000e0041\U000e0042",
    "a\rb\r\nc",
    "\x08\x08\x7f",
    "\u2028line",
    "::error::no",
    "  ::set-output name=x::y",
    "a\n::add-mask::b",
    "##[set-output name=x;]y",
    "text ##[error]y",
    "##vso[task.setvariable]x",
    "::warning file=a,line=1::x",
)


def obeyed(text: str) -> list[str]:
    """What of a text somebody would obey."""
    found = [
        char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\n\t"
    ]
    lowered = text.lower()
    found += [mark for mark in ("##[", "##vso[") if mark in lowered]
    # A line may be wrapped before any word, and the runner looks past blanks.
    found += re.findall(r"(?m)(?:^|(?<=\s))::[^\S\n]*[A-Za-z].*?::", text)
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_obeyed_goes_out(text: str) -> None:
    assert obeyed(text)
    error = SlipwayError(f"x {text} y", text, text)
    results: tuple[Any, ...] = (
        neutral(text),
        neutral_line(text),
        redact(text),
        str(error),
        str(SlipwayErrors([error])),
    )
    results += tuple(neutral_value({text: [text, {"msg": text}]}))
    results += (json.dumps(neutral_value([text, (text,)]), ensure_ascii=False),)
    for said in results:
        assert obeyed(said) == [], said
    assert "\n" not in str(error)


@given(st.text())
def test_no_text_gets_through_and_the_second_time_changes_nothing(text: str) -> None:
    for part in (text, f"\x1b{text}", f"::a {text}::", f"##[{text}]"):
        said = neutral(part)
        assert obeyed(said) == []
        assert neutral(said) == said
        assert neutral_line(said).splitlines() in ([], [neutral_line(said)])


@pytest.mark.parametrize(
    "text",
    [
        "8d20c11 sha256:77be",
        "http://[::1]:8080/x and ::1, ::ffff:10.0.0.1 are addresses",
        "Foo::Bar::baz(…) of C++, std::vector::at",
        "# a heading, ## another, issue ##12",
        "größer → 日本 ✔ ⚠️",
        "two\nlines\tand a tab",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_of_a_string_that_does_not_end_the_rest_is_shown() -> None:
    assert neutral_line("before \x1b]0;the password is gone") == "before 0;the password is gone"


def test_a_result_without_anything_hostile_is_the_same_object() -> None:
    value = {"a": ["x", {"b": 1, "c": None}], "d": ("y", True)}
    assert neutral_value(value) is value
    assert neutral_value({"m": "\x1b[1mx", "n": 3}) == {"m": "x", "n": 3}


def test_json_that_is_nested_too_deeply_is_damaged_in_a_line() -> None:
    assert loads(b'{"a": [1]}') == {"a": [1]}
    for deep in ("[" * 200_000, '{"a":' * 200_000):
        with pytest.raises(ValueError, match=r"^it is nested too deeply$"):
            loads(deep)
