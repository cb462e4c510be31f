# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Directories that are there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.files.atomic_directory import (
    MARK,
    making,
    newest_first,
    read_mark,
    remove_leftovers,
)


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with making(tmp_path / "r", {}) as new:
            (new / "a").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_the_mark_is_json_with_a_time(tmp_path: Path) -> None:
    with making(tmp_path / "r", {"id": "r"}) as new:
        assert new.parent == tmp_path
        assert read_mark(new) is None
    document = json.loads((tmp_path / "r" / MARK).read_text())
    assert document["id"] == "r"
    assert document["completed"].endswith("+00:00")


def test_what_proves_itself_has_no_mark_and_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "old").touch()
    with making(tmp_path / "r") as new:
        (new / "new").touch()
        assert (tmp_path / "r" / "old").exists()
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["new"]


def test_the_one_that_changed_last_is_the_first(tmp_path: Path) -> None:
    for name, changed in (("a", 2), ("b", 3), ("c", 2)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (changed, changed))
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "file").touch()
    assert newest_first(tmp_path) == ["b", "a", "c"]


def test_what_killed_runs_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".r.slipway-new" / "deep").mkdir(parents=True)
    (tmp_path / ".r.archive").touch()
    (tmp_path / "r").mkdir()
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
