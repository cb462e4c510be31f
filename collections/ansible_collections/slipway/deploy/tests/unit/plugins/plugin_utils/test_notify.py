# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Notifications of a run: what each channel is handed, what the record keeps, and what fails nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.notify import github_channel
from ansible_collections.slipway.deploy.plugins.module_utils.notify.channel import (
    Channel,
    Delivery,
    Notification,
    Stage,
)
from ansible_collections.slipway.deploy.plugins.module_utils.notify.github_channel import GitHubChannel, Posted
from ansible_collections.slipway.deploy.plugins.plugin_utils import notify as edge

from .run import context, work

SETTINGS = {"repository": "o/r", "token": {"env": "T"}}


@pytest.fixture(name="warned")
def warned_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    warned: list[str] = []
    monkeypatch.setattr(edge.display, "warning", warned.append)
    return warned


class Teams:
    """A channel that is not Slipway's own."""

    name = "teams"
    setting = "teams"
    stages: frozenset[Stage] = frozenset({"start", "end"})

    def __init__(self) -> None:
        self.sent: list[tuple[str, Any, Any]] = []

    def deliver(self, notification: Notification) -> Delivery:
        previous = notification.previous(self.name)
        self.sent.append((notification.stage, notification.variables[self.setting], previous.get("thread")))
        return Delivery((), {"thread": 1 + int(previous.get("thread", 0))})


class Broken(Teams):
    name = "broken"

    def deliver(self, notification: Notification) -> Delivery:
        raise ConnectionError("no\nroute")


def use(monkeypatch: pytest.MonkeyPatch, *channels: Channel) -> None:
    monkeypatch.setattr(edge, "CHANNELS", channels)


def test_a_channel_needs_the_registry_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teams = Teams()
    use(monkeypatch, teams)
    of = context(tmp_path, {"a": {}}, teams={"webhook": "w"})
    item = work(of, {"id": "r", "targets": [], "notifications": {"slack": {"ts": "1"}}})
    stages: list[Stage] = ["start", "progress", "end"]
    for stage in stages:
        edge.notify(of, item, stage)
    assert teams.sent == [("start", {"webhook": "w"}, None), ("end", {"webhook": "w"}, 1)]
    assert item.journal.record["notifications"] == {"slack": {"ts": "1"}, "teams": {"thread": 2}}


def test_a_channel_that_breaks_keeps_no_other_from_being_notified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warned: list[str]
) -> None:
    teams = Teams()
    use(monkeypatch, Broken(), teams)
    of = context(tmp_path, {"a": {}}, teams={})
    edge.notify(of, work(of, {"id": "r", "targets": []}), "end")
    assert warned == ["broken: the notification failed: no route"]
    assert teams.sent == [("end", {}, None)]


def test_what_github_is_handed_and_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warned: list[str]
) -> None:
    posted: list[Any] = []

    def post(given: Any, record: Any, _secrets: Any, *, issue: Any, previous: Any, pause: Any) -> Posted:
        posted.append((given, record["id"], issue, previous, pause is not None))
        return Posted(("GitHub answered 500",), 7, 1001)

    monkeypatch.setattr(github_channel, "post", post)
    use(monkeypatch, GitHubChannel())
    of = context(tmp_path, {"a": {}}, github=SETTINGS, github_issue="7")
    item = work(of, {"id": "r", "targets": [], "notifications": {"slack": {"ts": "1"}}})
    edge.notify(of, item, "start")
    edge.notify(of, item, "start")
    kept = Posted(("GitHub answered 500",), 7, 1001).to_record()
    assert item.journal.record["notifications"] == {"slack": {"ts": "1"}, "github": kept}
    assert posted == [(SETTINGS, "r", "7", {}, True), (SETTINGS, "r", "7", kept, True)]
    assert warned == ["the GitHub notification failed: GitHub answered 500"] * 2


def test_nothing_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warned: list[str]) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    of = context(tmp_path, {"a": {}})
    item = work(of, {"id": "r", "targets": []})
    edge.notify(of, item, "start")
    assert "notifications" not in item.journal.record
    assert warned == []
