# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What counts as a release's notes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.notes import (
    Notes,
    body_of,
    find_notes,
    message_body,
    require_notes,
)

TAG = "prod-20261120"
SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n\niQEzBAAB\n=abcd\n-----END PGP SIGNATURE-----\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "# Release prod-20261120",
        "# Release\n\n## Changes\n\n### Fixed\n",
        "Release\n=======\n",
        "Release\n-------\n\n---\n",
        "<!-- say what changed -->",
        "# Notes\n<!-- a template\nof several lines -->\n- \n* \n- [ ] \n1.\n>\n",
        "<!-- never closed\nbut long",
        "---\ntitle: Release\n---\n# Heading\n",
        "```\n```\n",
        "\ufeff# Heading\r\n\r\n",
        SIGNATURE,
        "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----",
        "**Full Changelog**: https://github.com/o/r/compare/prod-20261119...prod-20261120",
        f"<!-- slipway:production:{TAG} -->\n**succeeded** in 2 min\n<!-- /slipway:production:{TAG} -->",
        f"<!-- slipway:production:{TAG} -->\ncut off",
    ],
)
def test_what_says_nothing(text: str) -> None:
    assert body_of(text) == ""
    assert find_notes(TAG, message=f"Title\n\n{text}", file=text, release=text) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Fixes the import", "Fixes the import"),
        ("# Fixes\n\n- the import wizard\n", "- the import wizard"),
        ("Release\n=======\n\nThe import", "The import"),
        ("one\n\n---\n\ntwo", "one\n\ntwo"),
        ("#hashtag is not a heading", "#hashtag is not a heading"),
        ("1. first", "1. first"),
        ("- [x] tested", "- [x] tested"),
        (f"Notes\n<!-- slipway:a:b -->x<!-- /slipway:a:b -->\n{SIGNATURE}", "Notes"),
    ],
)
def test_what_says_something(text: str, kept: str) -> None:
    assert body_of(text) == kept


@pytest.mark.parametrize(
    ("message", "body"),
    [
        ("Release of Friday", ""),
        ("Release of Friday\nstill its title", ""),
        ("Release of Friday\n\n", ""),
        ("Release of Friday\n\nFixes the import", "Fixes the import"),
        (f"Release of Friday\n\n{SIGNATURE}", ""),
        (f"Release of Friday\n{SIGNATURE}", ""),
        ("Release\r\n\r\nFixes the import\r\n", "Fixes the import"),
        ("\n\nRelease\n\n## Fixed\n\nThe import", "The import"),
    ],
)
def test_a_tags_message_beyond_its_title(message: str, body: str) -> None:
    assert message_body(message) == body


@pytest.mark.parametrize(
    ("places", "source"),
    [
        ({"message": "T\n\nnotes", "file": "more", "release": "most"}, "tag"),
        ({"message": "T", "file": "# H\nnotes", "release": "most"}, "docs/releases/prod-20261120.md"),
        ({"message": None, "file": None, "release": "notes"}, "GitHub release"),
        ({"message": "T", "file": "# H", "release": "## H"}, None),
        ({}, None),
    ],
)
def test_the_first_place_that_has_any(places: Any, source: str | None) -> None:
    found = find_notes(TAG, **places)
    assert (found.source if found else None) == source
    if found:
        assert found.to_record() == {"source": source, "digest": found.digest}
        assert found.digest.startswith("sha256:")


def test_the_same_words_under_another_heading_are_the_same_notes() -> None:
    one, two = find_notes(TAG, file="# A\nnotes\n"), find_notes(TAG, release="## B\r\n\r\nnotes")
    assert one
    assert two
    assert one.digest == two.digest


def test_a_release_without_notes_is_refused_with_where_they_go() -> None:
    with pytest.raises(SlipwayError) as caught:
        require_notes(TAG, "production", None, asked=["GitHub did not answer"])
    assert str(caught.value) == (
        "-e site_release: prod-20261120 has no release notes, and production needs them (GitHub did not answer)."
        " Write them below the title of the tag's message, in docs/releases/prod-20261120.md at the tag, or in GitHub's"
        " release"
    )
    notes = Notes("tag", "x")
    assert require_notes(TAG, "production", notes) is notes


@given(st.text(), st.text(alphabet="# =-*_\n\t <>!"))
def test_what_says_nothing_adds_nothing(text: str, noise: str) -> None:
    assert body_of("") == ""
    assert bool(body_of(text)) or not body_of(body_of(text))
    assert isinstance(body_of(text + noise), str)


# As long as that: what takes the square of a length does not end today.
@pytest.mark.parametrize(
    "text", [" " * 2_000_000 + "x", "- " * 1_200_000 + "x", "<!--" * 600_000, "#" * 2_000_000, "`" * 2_000_000]
)
def test_no_text_costs_more_than_its_length(text: str) -> None:
    find_notes(TAG, message=text, file=text, release=text)
