# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of a day, and which of them an environment takes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.tags import (
    Tag,
    check_tag,
    newest,
    next_free,
    parse_tag,
    prefix_of,
)

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("staging-20261120", Tag("staging", date(2026, 11, 20))),
        ("prod-20261120.2", Tag("prod", date(2026, 11, 20), 2)),
        ("prod-20261120.10", Tag("prod", date(2026, 11, 20), 10)),
        ("prod-20240229", Tag("prod", date(2024, 2, 29))),
        ("st-mary-prod-20261120", Tag("st-mary-prod", date(2026, 11, 20))),
        ("prod-20260229", None),
        ("prod-20261301", None),
        ("prod-20261120.1", None),
        ("prod-20261120.0", None),
        ("prod-20261120.02", None),
        ("prod-20261120.", None),
        ("prod-2026112", None),
        ("prod-202611200", None),
        ("prod-2026-11-20", None),
        ("prod_20261120", None),
        ("Prod-20261120", None),
        ("prod-20261120\n", None),
        ("prod-" + "".join(chr(0xFF10 + int(digit)) for digit in "20261120"), None),
        ("refs/tags/prod-20261120", None),
        ("v1.2.3", None),
        ("main", None),
        ("", None),
    ],
)
def test_what_is_a_tag(text: str, tag: Tag | None) -> None:
    assert parse_tag(text) == tag
    assert tag is None or str(tag) == text


TAGS = st.builds(Tag, st.sampled_from(["prod", "staging"]), st.dates(), st.integers(1, 999_999))


@given(TAGS)
def test_a_tag_is_read_back_as_it_was(tag: Tag) -> None:
    assert parse_tag(str(tag)) == tag


@given(st.lists(TAGS))
def test_the_order_is_that_of_days_and_numbers(tags: list[Tag]) -> None:
    ordered = sorted(tags)
    assert [(tag.prefix, tag.day, tag.number) for tag in ordered] == sorted(
        (tag.prefix, tag.day, tag.number) for tag in tags
    )
    assert newest("prod", map(str, tags)) == max((tag for tag in tags if tag.prefix == "prod"), default=None)


@given(st.text())
def test_any_text_is_a_tag_or_none(text: str) -> None:
    tag = parse_tag(text)
    assert tag is None or str(tag) == text


@pytest.mark.parametrize(
    ("existing", "tag"),
    [
        ([], "prod-20261121"),
        (["prod-20261120", "staging-20261121"], "prod-20261121"),
        (["prod-20261121"], "prod-20261121.2"),
        (["prod-20261121", "prod-20261121.2"], "prod-20261121.3"),
        (["prod-20261121.9", "prod-20261121.10", "main"], "prod-20261121.11"),
    ],
)
def test_the_next_one_of_a_day(existing: list[str], tag: str) -> None:
    assert str(next_free("prod", existing, TODAY)) == tag


@given(st.lists(st.integers(1, 30)))
def test_the_next_one_is_free_and_the_newest(numbers: list[int]) -> None:
    existing = [str(Tag("prod", TODAY, number)) for number in numbers]
    free = str(next_free("prod", existing, TODAY))
    assert free not in existing
    assert str(newest("prod", [*existing, free])) == free


@pytest.mark.parametrize(
    ("environment", "given_prefix", "prefix"),
    [
        ("staging", None, "staging"),
        ("production", None, "prod"),
        ("prod", None, "prod"),
        ("local", None, ""),
        ("production", "live", "live"),
        ("production", "", ""),
        ("integration", "staging", "staging"),
    ],
)
def test_the_prefix_of_an_environment(environment: str, given_prefix: Any, prefix: str) -> None:
    assert prefix_of(environment, given_prefix, "site_tag_prefix") == prefix


@pytest.mark.parametrize("prefix", ["Prod", "prod-", "a b", "1st", ["prod"]])
def test_what_is_no_prefix(prefix: Any) -> None:
    with pytest.raises(SlipwayError, match="site_tag_prefix: .* is not a prefix of tags"):
        prefix_of("production", prefix, "site_tag_prefix")


EXISTING = ["prod-20261119", "prod-20261119.2", "staging-20261121", "v0.1"]


@pytest.mark.parametrize(
    ("name", "kind", "line"),
    [
        (
            "staging-20261121",
            "tag",
            "staging-20261121 is a tag of staging, not of production. Deploy prod-20261119.2, or tag the commit: git",
        ),
        ("main", "branch", "main is a branch, and production takes tags only. Deploy prod-20261119.2, or"),
        ("deploy/stmary-staging", "branch", "deploy/stmary-staging is a branch, and production takes tags only"),
        ("main", "none", "'main' is not a tag of production: it does not have the form <prefix>-YYYYMMDD or"),
        ("3f9c2d1", "commit", "'3f9c2d1' is not a tag of production: it does not have the form"),
        ("prod-20261120", "branch", "prod-20261120 is a branch and no tag, and production takes tags only"),
        ("prod-20261120.1", "tag", "'prod-20261120.1' is not a tag of production: the second one of a day is .2"),
        ("prod-20260230", "tag", "'prod-20260230' is not a tag of production: 20260230 is not a date"),
        ("live-20261120", "tag", "live-20261120 is a tag of live environments, not of production"),
        ("", "none", "-e site_release: no release is named. Deploy prod-20261119.2, or tag"),
        ("x" * 500, "none", f"'{'x' * 60}' is not a tag of production"),
    ],
)
def test_what_production_refuses(name: str, kind: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        check_tag(name, kind, "production", "prod", EXISTING, TODAY)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_first_tag_ever() -> None:
    with pytest.raises(SlipwayError, match=r"Tag the commit: git tag -a staging-20261121$"):
        check_tag("main", "branch", "staging", "staging", [], TODAY)


@pytest.mark.parametrize("kind", ["tag", "none"])
def test_what_fits(kind: Any) -> None:
    tag = check_tag("prod-20261120.2", kind, "production", "prod", EXISTING, TODAY)
    assert tag == Tag("prod", date(2026, 11, 20), 2)


@pytest.mark.parametrize(("name", "kind"), [("main", "branch"), ("3f9c2d1", "commit"), ("prod-20261120", "tag")])
def test_an_environment_without_a_prefix_takes_anything(name: str, kind: Any) -> None:
    assert check_tag(name, kind, "local", "", [], TODAY) == parse_tag(name)
    with pytest.raises(SlipwayError, match="no release is named. Name a tag"):
        check_tag("", kind, "local", "", [], TODAY)
