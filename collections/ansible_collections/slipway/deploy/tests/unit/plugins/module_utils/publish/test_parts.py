# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an environment declares to be published."""

from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.publish.parts import (
    check_branch,
    check_text,
    jar_key,
    jar_tag,
    read_packages,
)

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"


@pytest.mark.parametrize(
    ("value", "paths"),
    [([], ()), (["common"], ("common",)), (["./web/ui/", "."], ("web/ui", ""))],
)
def test_the_directories_of_packages(value: object, paths: tuple[str, ...]) -> None:
    assert read_packages(value, "publish_packages") == paths


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("common", "publish_packages, row 1: it is not a directory's name"),
        ([{"path": "common"}], "publish_packages, row 1: it is not a directory's name. Write directories"),
        (["a", ""], "publish_packages, row 2"),
        (["../a"], "'../a' is not a path inside the checkout"),
        (["/a"], "'/a' is not a path inside the checkout"),
        (["a", "a/"], "a is in it twice"),
    ],
)
def test_what_is_not_a_list_of_directories(value: object, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_packages(value, "publish_packages")
    assert said in str(caught.value)


@pytest.mark.parametrize("branch", ["main", "backend/loginCRM", "feature/UM-7-new", "release/1.2.0", "a+b_c"])
def test_a_branch_in_a_key(branch: str) -> None:
    assert check_branch(branch, "-e branch") == branch


@pytest.mark.parametrize(
    "branch", ["", "$(id)", "{{ x }}", "a b", "-a", "a//b", "a/", "a/../b", "a/.b", "ä", "a\n", "x" * 201, "a;b", "a`b"]
)
def test_no_branch_in_a_key(branch: str) -> None:
    with pytest.raises(SlipwayError, match="cannot be part of an artifact's key"):
        check_branch(branch, "-e branch")


@pytest.mark.parametrize("version", ["", "$(id)", "1 2", "../1", "1/2", "${revision}"])
def test_no_version_in_a_tag(version: str) -> None:
    with pytest.raises(SlipwayError, match="is not valid"):
        check_text(version, "pom.xml")


def test_the_key_of_a_jar() -> None:
    assert jar_tag("backend", "0.2.0", COMMIT) == "backend-v0.2.0"
    assert jar_tag("backend", "0.3.0-SNAPSHOT", COMMIT) == "backend-v0.3.0-SNAPSHOT-3f9c2d1"
    assert jar_key("backend/loginCRM", "backend-v0.2.0") == "backend/loginCRM/backend-v0.2.0/app.jar"
