# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Outputs and annotations: one line each, whatever the text is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.render.workflow import annotation, output_lines


def test_outputs() -> None:
    pairs = {
        "changed": True,
        "count": 2,
        "services": ["a", "ä"],
        "head": "3f9c",
        "empty": "",
        "text": "a\nb=c",
        "file": "/ä/1",
    }
    lines = output_lines(pairs).splitlines()
    assert lines == [
        "changed=true", "count=2", 'services=["a", "\\u00e4"]', "head=3f9c", "empty=", 'text="a\\nb=c"',
        "file=/ä/1",
    ]  # fmt: skip


@given(st.text())
def test_a_text_never_begins_another_output(text: str) -> None:
    (line,) = output_lines({"name": text}).splitlines()
    value = line.removeprefix("name=")
    assert text == value or text == json.loads(value)


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a\nb", "1a"])
def test_a_name_that_is_no_output_s(name: str) -> None:
    with pytest.raises(ValueError, match="is not the name of an output"):
        output_lines({name: ""})


@pytest.mark.parametrize(
    ("text", "title", "expected"),
    [
        ("it failed", "", "::error::it failed"),
        ("100 %\r\nnext", "", "::error::100 %25%0D%0Anext"),
        ("a", "dev: a, b", "::error title=dev%3A a%2C b::a"),
        ("::error::b", "", "::error::::error::b"),
    ],
)
def test_annotations(text: str, title: str, expected: str) -> None:
    assert annotation(text, title) == expected


@given(st.text(), st.text())
def test_an_annotation_is_one_line(text: str, title: str) -> None:
    assert not {"\r", "\n"} & set(annotation(text, title))
