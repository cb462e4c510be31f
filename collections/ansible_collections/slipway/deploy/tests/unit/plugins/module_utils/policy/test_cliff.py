# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What git-cliff is asked, and what is said when it cannot answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.cliff import (
    changelog,
    changelog_path,
    check_replaceable,
    notes,
)

CONFIG = Path(__file__).resolve().parents[9] / "pipelines/git/cliff.toml"


def test_git_cliff_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SlipwayError) as caught:
        notes(tmp_path, CONFIG, "v1.0.0", "", "1" * 40)
    assert str(caught.value) == (
        "git-cliff is not installed on the control node. It writes the notes. Install it: pip install git-cliff"
    )


def test_its_failure_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SlipwayError, match="there are no settings of git-cliff"):
        changelog(tmp_path, tmp_path / "cliff.toml", "^v[0-9]")
    with pytest.raises(SlipwayError) as caught:
        changelog(tmp_path, CONFIG, "^v[0-9]")
    assert "git-cliff ended with code" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("{outside}", "is not a file in the clone"),
        ("../outside.md", "is not a file in the clone"),
        ("link.md", "is not a file in the clone"),
        ("dangling.md", "is not a file in the clone"),
        ("directory/new.md", "is not a file in the clone"),
        (".", "is not a file in the clone"),
        (".git/hooks/pre-push", "is a file of git itself"),
        ("docs", "is not a regular file"),
        ("~nobody-here/x.md", "it is not the path of a file"),
        ("a\0b", "it is not the path of a file"),
    ],
)
def test_a_changelog_outside_of_the_clone_is_refused(tmp_path: Path, file: str, said: str) -> None:
    clone, outside = tmp_path / "clone", tmp_path / "outside.md"
    (clone / "docs").mkdir(parents=True)
    outside.write_text("# Changelog\n")
    (clone / "link.md").symlink_to(outside)
    (clone / "dangling.md").symlink_to(tmp_path / "not-yet.md")
    (clone / "directory").symlink_to(tmp_path)
    with pytest.raises(SlipwayError, match=said):
        changelog_path(clone, file.format(outside=outside))


def test_a_changelog_in_the_clone(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "HISTORY.md").symlink_to("docs/CHANGELOG.md")
    for file in (
        "docs/CHANGELOG.md",
        str(tmp_path / "docs" / "CHANGELOG.md"),
        "HISTORY.md",
        "./docs/../docs/CHANGELOG.md",
    ):
        assert changelog_path(tmp_path, file) == tmp_path.resolve() / "docs" / "CHANGELOG.md"


@pytest.mark.parametrize(
    ("before", "refused"),
    [
        ("", False),
        ("\n", False),
        ("# Changelog\n\n## 1.0.0\n", False),
        ("# Changelog\r\n\r\nold", False),
        ("<project/>\n", True),
        ("\n# Changelog\n", True),
        ("# Changelog of others\n", True),
        ("## Changelog\n", True),
    ],
)
def test_only_a_changelog_is_replaced(before: str, refused: bool) -> None:
    def replace() -> None:
        check_replaceable(Path("/clone/pom.xml"), before, "# Changelog\n\n## Unreleased\n")

    if not refused:
        replace()
        return
    with pytest.raises(SlipwayError, match="/clone/pom.xml is not a changelog: its first line is not '# Changelog'"):
        replace()
