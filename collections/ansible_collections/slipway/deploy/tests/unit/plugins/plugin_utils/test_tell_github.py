# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling GitHub from a run: what it is handed, and what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_channel import Told
from ansible_collections.slipway.deploy.plugins.plugin_utils import tell_github as edge

from .run import context, work

SETTINGS = {"repository": "o/r", "token": {"env": "T"}}


def test_what_is_handed_over_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posted: list[Any] = []
    warned: list[str] = []

    def post(given: Any, record: Any, _secrets: Any, *, issue: Any, previous: Any, pause: Any) -> Told:
        posted.append((given, record["id"], issue, previous, pause is not None))
        return Told(("GitHub answered 500",), 7, 1001)

    monkeypatch.setattr(edge, "post", post)
    monkeypatch.setattr(edge.display, "warning", warned.append)
    of = context(tmp_path, {"a": {}}, github=SETTINGS, github_issue="7")
    item = work(of, {"id": "r", "targets": [], "notifications": {"slack": {"ts": "1"}}})
    edge.tell_github(of, item)
    edge.tell_github(of, item)
    told = Told(("GitHub answered 500",), 7, 1001).to_record()
    assert item.journal.record["notifications"] == {"slack": {"ts": "1"}, "github": told}
    assert posted == [(SETTINGS, "r", "7", None, True), (SETTINGS, "r", "7", told, True)]
    assert warned == ["GitHub was not told: GitHub answered 500"] * 2


def test_nothing_without_settings(tmp_path: Path) -> None:
    of = context(tmp_path, {"a": {}})
    item = work(of, {"id": "r", "targets": []})
    edge.tell_github(of, item)
    assert "notifications" not in item.journal.record
