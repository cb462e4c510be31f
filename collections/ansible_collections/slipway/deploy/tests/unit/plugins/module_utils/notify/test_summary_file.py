# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the summary goes."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.slipway.deploy.plugins.module_utils.notify.summary_file import Written, write_summary


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    for text in ("first\n", "second\n"):
        assert write_summary(text, str(path), {}) == Written(str(path))
    assert path.read_text() == "second\n"
    assert [item.name for item in tmp_path.iterdir()] == ["summary.md"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_steps_summary_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "step"
    path.write_text("before\n")
    assert write_summary("after\n", None, {"GITHUB_STEP_SUMMARY": str(path)}) == Written(str(path))
    assert write_summary("again\n", str(path), {"GITHUB_STEP_SUMMARY": str(path)}) == Written(str(path))
    assert path.read_text() == "before\nafter\nagain\n"


def test_a_step_has_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "step"
    path.write_bytes(b"x" * (1024 * 1024 - 3))
    written = write_summary("four", None, {"GITHUB_STEP_SUMMARY": str(path)})
    assert written.path is None
    assert written.error == f"the summary was not written: {path}: it would be longer than 1 MiB"
    assert path.stat().st_size == 1024 * 1024 - 3


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "summary.md"
    written = write_summary("x", str(path), {})
    assert written.error == f"the summary was not written: {path}: No such file or directory"
    directory = tmp_path / "directory"
    directory.mkdir()
    assert "Is a directory" in (write_summary("x", str(directory), {}).error or "")
    assert [item.name for item in tmp_path.iterdir()] == ["directory"]


def test_none_was_asked_for() -> None:
    assert write_summary("x", None, {}) == Written()
