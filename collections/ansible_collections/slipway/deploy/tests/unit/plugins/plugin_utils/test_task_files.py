# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The task files of hooks are found and checked before a deploy begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.plugin_utils.task_files import hook_files

from .run import context

TASKS = "- name: Say hello\n  ansible.builtin.debug:\n    msg: hello\n"


def test_no_hooks(tmp_path: Path) -> None:
    assert hook_files(context(tmp_path, {"a": {}})) == {}


def test_hooks_are_found_in_the_environment(tmp_path: Path) -> None:
    for name in ("one.yml", "two.yml"):
        (tmp_path / name).write_text(TASKS)
    of = context(
        tmp_path, {"a": {"inventory_dir": str(tmp_path)}}, deploy_hooks={"before_switch": ["two.yml", "one.yml"]}
    )
    assert hook_files(of) == {"before_switch": [str(tmp_path / "two.yml"), str(tmp_path / "one.yml")]}


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "one.yml").write_text(TASKS)
    of = context(tmp_path, {"a": {}}, deploy_hooks={"after_finish": str(tmp_path / "one.yml")})
    assert hook_files(of) == {"after_finish": [str(tmp_path / "one.yml")]}


def test_every_hook_that_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "play.yml").write_text("hosts: all\n")
    (tmp_path / "torn.yml").write_text("- name: [\n")
    hooks = {"before_switch": ["nowhere.yml", str(tmp_path / "play.yml")], "after_switch": [str(tmp_path / "torn.yml")]}
    with pytest.raises(SlipwayErrors) as caught:
        hook_files(context(tmp_path, {"a": {}}, deploy_hooks=hooks))
    missing, wrong, torn = map(str, caught.value.errors)
    assert "deploy_hooks.before_switch: nowhere.yml: there is no such file" in missing
    assert "it does not contain a list of tasks" in wrong
    assert "it cannot be read" in torn
