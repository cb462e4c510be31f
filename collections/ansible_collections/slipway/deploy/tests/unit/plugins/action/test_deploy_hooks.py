# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hooks that are due, and what becomes of a deploy whose hook failed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.action import deploy_hooks
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context

from ..module_utils.hosts.builders import record, target
from ..plugin_utils.run import Doc, OpenWork, context, handing_out, work


class Run:
    """A deploy of one host, with a hook before each of two phases."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch, document: Doc) -> None:
        self.file = directory / "hook.yml"
        self.file.write_text("- name: Say hello\n  ansible.builtin.debug:\n")
        hooks = {"before_switch": str(self.file), "before_undo": str(self.file), "after_finish": str(self.file)}
        self.of = context(directory, {"a": {}}, deploy_hooks=hooks)
        self.work: OpenWork = work(self.of, {"schema": "slipway/record/1", "phase": "switching", **document})
        self.warned: list[str] = []
        self.held: Any = SimpleNamespace(record="r")
        monkeypatch.setattr(Context, "files", SimpleNamespace(load=lambda: self.held))
        monkeypatch.setattr(deploy_hooks, "work_on", handing_out(self.work))
        monkeypatch.setattr(deploy_hooks.display, "warning", self.warned.append)

    def __call__(self, point: str, failed: str = "") -> list[str]:
        module: Any = deploy_hooks.ActionModule.__new__(deploy_hooks.ActionModule)
        module.arguments = {"point": point, "failed": failed}
        result: list[str] = module.act(self.of)["files"]
        return result


def test_hooks_of_the_point_are_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, record(target("a")))
    assert run("before_switch") == [str(run.file)]
    assert run("after_switch") == []
    assert run("before_undo") == []


def test_nothing_is_due_where_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, {**record(target("a")), "targets": []})
    assert run("before_switch") == []


def test_a_hook_that_fails_turns_the_deploy_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, record(target("a")))
    run("before_switch", "no\nroute.")
    cause = run.work.journal.record["cause"]
    assert cause["what"] == "a hook of deploy_hooks.before_switch failed: no route"
    assert run("before_switch") == []
    assert run("before_undo") == [str(run.file)]


def test_a_hook_of_the_undo_that_fails_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, record(target("a")))
    run("before_switch", "first")
    run("before_undo", "second")
    assert run.warned == ["a hook of deploy_hooks.before_undo failed: second"]
    assert "first" in run.work.journal.record["cause"]["what"]


def test_hooks_after_the_end_run_without_a_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path, monkeypatch, record(target("a")))
    run.held = None
    assert run("after_finish") == [str(run.file)]
    assert run("before_switch") == []
    assert run("after_finish", "no route") == []
    assert run.warned == ["a hook of deploy_hooks.after_finish failed: no route"]
