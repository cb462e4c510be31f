# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The notification on GitHub, and where it stands in texts that others write too."""

from __future__ import annotations

import html
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.notes import body_of
from ansible_collections.slipway.deploy.plugins.module_utils.notify.github import (
    MOST_TEXT,
    comment,
    find_comment,
    has_section,
    marker,
    text,
    with_section,
)
from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_channel import Settings, read_settings
from ansible_collections.slipway.deploy.plugins.module_utils.notify.markdown import is_linkable
from ansible_collections.slipway.deploy.plugins.module_utils.notify.slack import end
from ansible_collections.slipway.deploy.plugins.module_utils.notify.summary import summary

from ..render import samples, site_samples
from ..render.site_samples import TAG, TRACE

GOLDENS = Path(__file__).parent / "goldens"
RECORDS = {"planned": site_samples.planned, "succeeded": site_samples.succeeded, "held": site_samples.held}
MARK = f"<!-- slipway:production:{TAG} -->"
END = f"<!-- /slipway:production:{TAG} -->"


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize(("kind", "render"), [("github", text), ("site", summary)])
def test_what_is_said_is_as_its_golden(name: str, kind: str, render: Any) -> None:
    golden, said = GOLDENS / f"{kind}-{name}.md", render(RECORDS[name]()).rstrip("\n") + "\n"
    if os.environ.get("SLIPWAY_GOLDENS") == "write":
        golden.write_text(said)
    assert said == golden.read_text()


def test_everything_that_belongs_to_a_deploy_is_said() -> None:
    for said in (text(site_samples.succeeded()), summary(site_samples.succeeded())):
        for words in (TAG, site_samples.COMMIT, "petra", "docs/releases/", "members get a parish", TRACE, "codecov"):
            assert words in said
        assert "5 of 5 green" in said


def test_what_a_fleet_has_is_said_without_what_it_has_not() -> None:
    said = text(samples.held())
    assert "login" in said
    for words in ("Tag", "Commit", "Checklist", "Schema", "systemd", "Trace"):
        assert words not in said
    assert marker(samples.held()) == "<!-- slipway:dev:3f9c2d1 -->"


@pytest.mark.parametrize(
    ("environment", "tag", "mark"),
    [
        ("production", TAG, MARK),
        ("a--b", "x -->\n<script>", "<!-- slipway:a-b:x-script -->"),
        ("", "", "<!-- slipway:x:x -->"),
    ],
)
def test_markers(environment: str, tag: str, mark: str) -> None:
    record = {**site_samples.planned(), "environment": environment, "label": tag}
    record["releases"] = {"site": {"tag": tag}}
    assert marker(record) == mark


@pytest.mark.parametrize(
    "words",
    [
        "@maria look",
        "cc @acme/ops",
        "(@maria)",
        "see #412",
        "acme/api#412",
        "gh-412",
        "<!-- x --> | <b>",
        "https://evil.example/x",
        "_HTTP://evil.example",
        "ftp://evil.example",
        "*www.evil.example",
        "_www.evil.example",
        "mailto:maria@evil.example",
        "a.b+c@evil-1.example",
    ],
)
@pytest.mark.parametrize("render", [text, comment, summary])
def test_nobody_is_mentioned_and_nothing_referred_to(words: str, render: Any) -> None:
    """What GitHub makes of the text has no mention, no number of an issue, no HTML and no further cell."""
    record = {**samples.undone(), "title": words, "reason": words, "label": words}
    record["cause"] = {**record["cause"], "what": words}
    said = render(record).split("```")
    shown = html.unescape("".join(said[::2]).replace(marker(record), ""))
    shown = re.sub(r"\]\([^)]*\)", "", shown)  # links that are meant to be
    assert not re.search(r"(?i)(?<![A-Za-z0-9])@[A-Za-z0-9]|@[\w-]+\.|#[0-9]|gh-[0-9]|://|www\.", shown)
    assert "<b>" not in "".join(said[::2])


def test_a_comment_is_found_by_its_beginning() -> None:
    mine = comment(site_samples.succeeded())
    comments = [
        {"id": 1, "body": "Looks good"},
        {"id": 2, "body": f"> {mine}\n\nwhat is this?"},
        {"id": 3, "body": f"I saw {MARK}"},
        {"id": 4, "body": mine.replace("production", "staging")},
        {"id": 5, "body": mine},
        {"id": 6, "body": None},
        {"body": mine},
    ]
    assert find_comment(comments, marker(site_samples.held())) == [5]


BODIES = [
    "",
    "# Notes\n\nFixes the import",
    "# Notes\r\n\r\nFixes the import\r\n",
    "ends with a blank line\n\n",
    f"before\n\n{MARK}\nold\n{END}\n\nafter, by hand\n",
    f"{MARK}\nold\n{END}",
    f"before {END} and nothing began",
    "<!-- slipway:staging:staging-20261120 -->\nanother\n<!-- /slipway:staging:staging-20261120 -->",
]


@pytest.mark.parametrize("body", BODIES)
def test_a_section_is_put_in_once_and_then_replaced(body: str) -> None:
    record = site_samples.succeeded()
    once = with_section(body, site_samples.planned())
    twice = with_section(once, record)
    assert has_section(twice, record)
    assert not has_section(twice, site_samples.planned())
    assert with_section(twice, record) == twice
    assert twice.count(MARK) == 1
    for outside in ("Fixes the import", "before", "after, by hand\n", "another"):
        assert (outside in twice) is (outside in body)
    assert "old" not in twice


def test_a_section_whose_end_was_removed_takes_nothing_with_it() -> None:
    body = f"before\n{MARK}\nleft over\n\nwritten by hand afterwards"
    once = with_section(body, site_samples.planned())
    assert with_section(once, site_samples.succeeded()).endswith("\nleft over\n\nwritten by hand afterwards")
    assert once.startswith("before\n")


def test_two_sections_become_one() -> None:
    body = f"a\n{MARK}\none\n{END}\nb\n{MARK}\ntwo\n{END}\nc"
    made = with_section(body, site_samples.planned())
    assert made.count(MARK) == 1
    assert "one" not in made.replace("none", "")
    assert made.endswith("\nb\n\nc")


@given(st.text(), st.text())
def test_what_is_outside_stays_byte_for_byte(before: str, after: str) -> None:
    record = site_samples.planned()
    body = f"{before}{MARK}\nold\n{END}{after}"
    made = with_section(body, record)
    assert made.startswith(before)
    assert made.endswith(after)
    appended = with_section(before, record)
    assert appended.startswith(before)
    assert with_section(appended, record) == appended


def test_a_section_is_no_release_note() -> None:
    assert body_of(with_section("# Notes", site_samples.succeeded())) == ""


@pytest.mark.parametrize(
    ("url", "linkable"),
    [
        ("https://ci.example.org/run/7?a=1#log", True),
        ("http://[::1]:8080/x", True),
        ("https://ci.example.org/Übersicht", True),
        ("http://", False),
        ("https:///x", False),
        ("https://github.com@evil.example", False),
        ("https://x.example/a)[b", False),
        ("https://x.example/\u202egnp", False),
        ("javascript://x.example", False),
    ],
)
def test_addresses_that_can_be_linked(url: str, linkable: bool) -> None:
    assert is_linkable(url) is linkable


@settings(max_examples=60)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
@example("http://")
@example("https://0/")
def test_text_from_outside_stays_text(outside: str) -> None:
    def rendered(words: str) -> str:
        record = site_samples.held()
        record["checklist"][0] |= {"name": words, "detail": words, "host": words}
        record["smoke"][0] |= {"check": words, "detail": words, "trace_id": words}
        record["approval"] |= {"by": words or "x", "at": words, "reference": words}
        record["migrations"]["applied"][0]["description"] = words
        record["notes"]["source"] = words or "x"
        record["releases"]["site"] |= {"tag": words or "x", "commit": words or "x"}
        record["actor"]["user"] = words
        return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(text(record)))

    plain, made = rendered("x"), rendered(outside)
    for tag in ("<tr>", "<td>", "<table>", "<script", "<img", "<h3>", "<ul>"):
        assert made.count(tag) == plain.count(tag)
    # The page of the approval is a link where it is an address.
    assert made.count("<a ") == plain.count("<a ") + is_linkable(outside)


def test_much_is_cut_and_still_says_what_matters() -> None:
    record = site_samples.succeeded()
    record["smoke"] = [site_samples.smoke(f"check {number}", detail="x" * 900) for number in range(500)]
    said = text(record)
    assert len(said) <= MOST_TEXT
    assert "more (see the record)" in said
    record["migrations"]["applied"][0]["description"] = "x" * MOST_TEXT
    assert "The rest is too long to be shown" in text(record)


def test_slack_has_the_same_facts() -> None:
    texts = [str(block) for block in end(site_samples.succeeded()).blocks]
    joined = "\n".join(texts)
    for words in ("checklist: 5 of 5 green", "approved by petra by variable", "coverage report", f"login {TRACE}"):
        assert words in joined
    for words in (f"commit: {site_samples.COMMIT}", "members get a parish", "systemd: ", "smoke: ", TAG):
        assert words in joined
    assert "commit" not in "".join(str(block) for block in end(samples.succeeded()).blocks)
    held = "\n".join(str(block) for block in end(site_samples.held()).blocks)
    assert "queue is red: 12 waiting" in held
    assert "alerts is unknown" in held


@pytest.mark.parametrize(
    ("given_settings", "issue", "read"),
    [
        ({"repository": "o/r"}, None, Settings("o/r", None)),
        ({"repository": "o/r", "issue": 7}, None, Settings("o/r", None, issue=7, release=False)),
        ({"repository": "o/r", "issue": 7, "release": True}, "#12", Settings("o/r", None, issue=12)),
        ({"repository": "o/r", "issue": "auto"}, "", Settings("o/r", None, issue="auto", release=False)),
        (
            {"repository": "o/r", "api": "https://ghe.example.org/api/v3"},
            None,
            Settings("o/r", None, "https://ghe.example.org/api/v3"),
        ),
    ],
)
def test_settings(given_settings: Any, issue: Any, read: Settings) -> None:
    assert read_settings(given_settings, issue) == read


@pytest.mark.parametrize(
    ("given_settings", "line"),
    [
        ("o/r", "github: github must be a mapping"),
        ({"repo": "o/r"}, "github: github has no setting repo. Use one of repository, token"),
        ({"repository": "r"}, "github.repository: this is not a repository"),
        ({"repository": "o/r/../../x"}, "github.repository: this is not a repository"),
        ({"repository": "o/r", "issue": "x"}, "github.issue: this is not an issue or pull request"),
        ({"repository": "o/r", "issue": 0}, "github.issue: this is not an issue or pull request"),
        ({"repository": "o/r", "issue": True}, "github.issue: this is not an issue or pull request"),
        ({"repository": "o/r", "release": "no"}, "github.release: this is neither true nor false"),
    ],
)
def test_settings_that_are_none(given_settings: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_settings(given_settings)
    assert str(caught.value).startswith(line)
