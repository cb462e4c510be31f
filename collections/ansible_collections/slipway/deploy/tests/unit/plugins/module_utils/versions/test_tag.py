# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Semantic versions and the tags that promote one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.versions.tag import (
    Semver,
    check_maven,
    parse_semver,
    parse_tag,
)

# The order that the specification itself gives (item 11), and what it calls malformed.
ORDERED = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.10.0",
    "2.0.0",
]
NO_VERSIONS = [
    "",
    "1",
    "1.0",
    "v1.0.0",
    "1.0.0.0",
    "01.0.0",
    "1.0.0-",
    "1.0.0-01",
    "1.0.0+",
    "1.0.0-a..b",
    "1.0.0\n",
    "\u0661.0.0",
]

numbers = st.integers(0, 999)
identifiers = st.from_regex(re.compile(r"0|[1-9][0-9]{0,3}|[a-z-][0-9a-z-]{0,6}", re.ASCII), fullmatch=True)


def semver(text: str) -> Semver:
    version = parse_semver(text)
    assert version is not None, text
    return version


def test_the_order_is_the_specification_s() -> None:
    assert sorted(map(semver, reversed(ORDERED))) == [semver(text) for text in ORDERED]


@pytest.mark.parametrize("text", NO_VERSIONS)
def test_what_is_no_version(text: str) -> None:
    assert parse_semver(text) is None


@given(numbers, numbers, numbers, st.lists(identifiers, max_size=3))
def test_what_is_put_together_is_read(major: int, minor: int, patch: int, pre: list[str]) -> None:
    text = f"{major}.{minor}.{patch}" + (f"-{'.'.join(pre)}" if pre else "")
    version = semver(text)
    assert version.core == (major, minor, patch)
    assert version.pre == tuple(pre)
    assert (version < semver(f"{major}.{minor}.{patch}")) == bool(pre)


def test_a_tag_is_its_component_s() -> None:
    tag = parse_tag("backend-v0.2.0", "backend", "-e backend_tag")
    assert (tag.name, tag.component, tag.version.text) == ("backend-v0.2.0", "backend", "0.2.0")


@pytest.mark.parametrize("text", ["backend-0.2.0", "v0.2.0", "site-v0.2.0", "backend-v0.2", "backend-v", "", "x" * 500])
def test_no_tag_is_said_with_an_example(text: str) -> None:
    with pytest.raises(SlipwayError) as raised:
        parse_tag(text, "backend", "-e backend_tag")
    assert str(raised.value).endswith("is not a release tag. Write backend-v<semver>, e.g. backend-v0.2.0")
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize(
    "text", ["backend-v0.2.0-SNAPSHOT", "backend-v0.2.0-rc.1-snapshot", "backend-v1.0.0-Snapshot.3"]
)
def test_a_snapshot_is_not_promoted(text: str) -> None:
    with pytest.raises(SlipwayError, match="is a snapshot"):
        parse_tag(text, "backend", "-e backend_tag")


def test_maven_s_version_is_the_tag_s() -> None:
    tag = parse_tag("backend-v0.2.0", "backend", "here")
    check_maven(tag, "0.2.0", "pom.xml")
    with pytest.raises(SlipwayError, match=r"pom.xml: Maven's version is '0.2.0-SNAPSHOT', a snapshot"):
        check_maven(tag, "0.2.0-SNAPSHOT", "pom.xml")
    with pytest.raises(SlipwayError, match=r"'0.3.0', not the tag's \(backend-v0.2.0\)"):
        check_maven(tag, "0.3.0", "pom.xml")
