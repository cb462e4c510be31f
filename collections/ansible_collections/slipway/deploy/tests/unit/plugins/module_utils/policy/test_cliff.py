# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What git-cliff is asked, and what is said when it cannot answer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.policy.cliff import changelog, notes

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
