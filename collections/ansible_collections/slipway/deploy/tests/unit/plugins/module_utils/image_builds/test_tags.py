# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tags an image gets."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import (
    DEFAULT,
    Tags,
    moving_tags,
    read_rules,
    tags_of,
)

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"


@pytest.mark.parametrize(
    ("branch", "version", "stable", "moving"),
    [
        ("main", "1.2.0", (COMMIT, "v1.2.0"), ("latest",)),
        ("develop", "1.2.0-SNAPSHOT", (COMMIT,), ("develop", "latest")),
        ("develop", "", (COMMIT,), ("develop", "latest")),
        ("feature/SDT-1-x", "1.2.0-SNAPSHOT", (COMMIT,), ()),
        ("$(id)", "", (COMMIT,), ()),
    ],
)
def test_the_tags_of_a_branch(branch: str, version: str, stable: tuple[str, ...], moving: tuple[str, ...]) -> None:
    assert tags_of(read_rules(None, ""), branch, COMMIT, version, "pom.xml") == Tags(stable, moving)


@pytest.mark.parametrize(
    "version", ["", "1.2", "1.2.0-SNAPSHOT", "1.02.0", "v1.2.0", "1.2.0 ", "${revision}", "1.2.0\n"]
)
def test_main_releases_only_versions(version: str) -> None:
    with pytest.raises(SlipwayError, match=r"^user-service/pom.xml: its version is |^user-service/pom.xml: it has no"):
        tags_of(DEFAULT, "main", COMMIT, version, "user-service/pom.xml")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("latest", "build_tags is not a mapping"),
        ({"main": "latest"}, "the tags of branch main are not a list of texts"),
        ({"main": [1]}, "the tags of branch main are not a list of texts"),
        ({"main": ["-x"]}, "'-x' cannot be an image's tag"),
        ({"main": ["{branch}"]}, "'{branch}' cannot be an image's tag"),
        ({"main": list("abcdef")}, "more than 5 tags without {version}"),
    ],
)
def test_rules_that_are_refused(value: Any, said: str) -> None:
    with pytest.raises(SlipwayError, match=said.replace("{", r"\{")):
        read_rules(value, "group_vars/all.yml")


def test_rules_of_ones_own() -> None:
    rules = read_rules({"main": ["release-{version}"], "next": ["next"]}, "")
    assert moving_tags(rules) == ("next",)
    assert tags_of(rules, "main", COMMIT, "1.0.0", "").stable == (COMMIT, "release-1.0.0")
