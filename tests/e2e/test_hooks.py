# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hooks of the user's own: where they run, what a failure does, and what is refused before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.deploys import NEW, OLD, Deploys

LIMITED = ("deploy.yml", "--limit", "user-service")
POINTS = (
    "before_stage",
    "after_migrate",
    "before_roll_out",
    "after_roll_out",
    "after_check",
    "before_undo",
    "after_finish",
)


@pytest.fixture
def log(deploys: Deploys) -> Path:
    """Where the hook of every point writes the point's name."""
    log = deploys.directory / "hooks.log"
    hooks = deploys.directory / "inventories" / "local" / "hooks"
    hooks.mkdir()
    (hooks / "note.yml").write_text(
        "- name: Note the point\n"
        "  ansible.builtin.lineinfile:\n"
        f"    path: {log}\n"
        '    line: "{{ hook_point }}"\n'
        "    create: true\n"
        '    mode: "0600"\n'
    )
    (hooks / "fail.yml").write_text("- name: Fail\n  ansible.builtin.fail:\n    msg: the jobs cannot be paused\n")
    deploys.variables["deploy_hooks"] = {point: ["hooks/note.yml"] for point in POINTS}
    return log


def test_hooks_run_at_their_points_when_something_changes(deploys: Deploys, log: Path) -> None:
    assert deploys.run(*LIMITED, "--check").code == 0
    assert not log.exists()
    ran = deploys.run(*LIMITED)
    assert ran.code == 0, ran.text
    assert log.read_text().split() == [point for point in POINTS if point != "before_undo"]
    log.unlink()
    assert deploys.run(*LIMITED).code == 0
    assert not log.exists()


@pytest.mark.parametrize("point", ["before_roll_out", "after_roll_out"])
def test_a_hook_that_fails_undoes_the_deploy(deploys: Deploys, log: Path, point: str) -> None:
    hooks = deploys.variables["deploy_hooks"]
    hooks[point] = ["hooks/note.yml", "hooks/fail.yml"]
    ran = deploys.run(*LIMITED)
    assert ran.code == 2, ran.text
    assert f"a hook of deploy_hooks.{point} failed: the jobs cannot be paused" in ran.text
    assert deploys.running()["user-service"] == OLD
    assert deploys.record()["outcome"] in ("undone", "failed")
    assert deploys.lock()["state"] == "free"
    passed = log.read_text().split()
    assert passed[-3:] == [point, "before_undo", "after_finish"]


def test_a_hook_after_the_end_that_fails_is_a_warning(deploys: Deploys, log: Path) -> None:
    deploys.variables["deploy_hooks"]["after_finish"] = ["hooks/fail.yml"]
    ran = deploys.run(*LIMITED)
    assert ran.code == 0, ran.text
    assert "a hook of deploy_hooks.after_finish failed: the jobs cannot be paused" in ran.text
    assert deploys.running()["user-service"] == NEW
    assert "after_check" in log.read_text()


def test_hooks_that_are_wrong_are_refused_before_the_lock(deploys: Deploys) -> None:
    deploys.variables["deploy_hooks"] = {"before_swich": ["hooks/a.yml"]}
    ran = deploys.run(*LIMITED)
    assert ran.code == 2
    assert "no hooks run at 'before_swich'. Did you mean before_switch?" in ran.text
    deploys.variables["deploy_hooks"] = {"before_switch": ["hooks/nowhere.yml"]}
    ran = deploys.run(*LIMITED)
    assert "deploy_hooks.before_switch: hooks/nowhere.yml: there is no such file" in ran.text
    assert deploys.mutations() == []
    assert not (deploys.state / "local" / "lock.json").exists()
