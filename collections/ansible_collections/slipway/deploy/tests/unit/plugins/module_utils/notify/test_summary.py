# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Markdown summary, as GitHub-flavoured Markdown is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ansible_collections.slipway.deploy.plugins.module_utils.notify.summary import MOST_BYTES, escape, summary

from ..render import samples

GOLDENS = Path(__file__).parent / "goldens"
RECORDS: dict[str, Callable[[], dict[str, Any]]] = {
    "succeeded": samples.succeeded,
    "of-a-build": lambda: {**samples.succeeded(), "build": {"id": f"20261120T205901Z-{samples.NEW}"}},
    "unchanged": samples.unchanged,
    "undone": samples.undone,
    "held": samples.held,
    "needs-person": samples.needs_person,
}


def html(text: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


@pytest.mark.parametrize("name", RECORDS)
def test_summary_is_as_its_golden(name: str) -> None:
    golden, text = GOLDENS / f"{name}.md", summary(RECORDS[name]())
    if os.environ.get("SLIPWAY_GOLDENS") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


@settings(max_examples=80)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_text_from_outside_stays_text(text: str) -> None:
    record = samples.undone()
    record |= {"title": text, "reason": text}
    record["cause"]["what"] = text
    record["targets"][0]["name"] = text or "x"
    record["targets"][2]["failure"]["log"] = [text]
    rendered = html(summary(record))
    plain = html(summary(samples.undone()))
    for tag in ("<tr>", "<td>", "<table>", "<a ", "<script", "<img", "<h2>", "<pre>", "<details>", "<ul>"):
        assert rendered.count(tag) == plain.count(tag)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("<b>", "&lt;b&gt;"),
        ("`x` *y* _z_", r"\`x\` \*y\* \_z\_"),
        ("@maria", "&#64;maria"),
        ("a\nb", "a b"),
        (7, "7"),
    ],
)
def test_escape(text: object, escaped: str) -> None:
    assert escape(text) == escaped


def test_a_fence_cannot_be_closed_from_inside() -> None:
    record = samples.undone()
    record["targets"][2]["failure"]["log"] = ["```` </details> <script>"]
    assert "`````text\n" in summary(record)


def test_a_fleet_of_twelve_hundred_is_bounded() -> None:
    text = summary({**samples.fleet(1200), "outcome": "succeeded"})
    assert len(text.encode()) < MOST_BYTES
    assert "… and 800 more (see the record)" in text


def test_what_is_too_long_is_left_to_the_record() -> None:
    record = samples.succeeded()
    record["smoke"] = [{**record["smoke"][0], "detail": "x" * 4000} for _number in range(400)]
    text = summary(record)
    assert "too long to be shown" in text
    assert len(text) < 2000
