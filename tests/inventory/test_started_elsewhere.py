# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A playbook that is started without its directory, its settings or an environment never ends as a success."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inventory.project import ROOT, Project, Ran

START = f"Start it in {ROOT}, or set ANSIBLE_CONFIG={ROOT}/ansible.cfg"


def _last(ran: Ran) -> tuple[int, str]:
    assert "Traceback" not in ran.err + ran.out
    return ran.code, ran.err.splitlines()[-1]


@pytest.mark.parametrize(
    "playbook", ["deploy.yml", "playbooks/status.yml", "playbooks/logs.yml", "playbooks/bundle.yml"]
)
def test_in_another_directory(tmp_path: Path, playbook: str) -> None:
    ran = Project(tmp_path).run("ansible-playbook", str(ROOT / playbook), "-e", "env=local")
    line = f"{tmp_path}: the settings of Slipway are not used: Ansible finds no ansible.cfg here. {START}"
    assert _last(ran) == (4, line)


def test_in_the_directory_of_the_playbooks() -> None:
    ran = Project(ROOT / "playbooks").run("ansible-playbook", "deploy.yml", "-e", "env=local")
    line = f"{ROOT}/playbooks: the settings of Slipway are not used: Ansible finds no ansible.cfg here. {START}"
    assert _last(ran) == (4, line)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ("stdout_callback = default", "{where}: the settings of Slipway are not used: Ansible reads {file}. "),
        (
            "inventory = {root}/inventories/environment.yml\ncollections_path = {root}/collections",
            "{file}: lacks settings of Slipway (roles_path, vars_plugins_enabled). ",
        ),
    ],
)
def test_with_other_settings(tmp_path: Path, settings: str, what: str) -> None:
    file = tmp_path / "ansible.cfg"
    file.write_text(f"[defaults]\n{settings.format(root=ROOT)}\n", encoding="utf-8")
    ran = Project(tmp_path).run("ansible-playbook", str(ROOT / "playbooks/lock.yml"), "-e", "env=local")
    assert _last(ran) == (4, what.format(where=tmp_path, file=file) + START)


LOCAL = "Instead, run ansible-playbook playbooks/status.yml -e env=local"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["-i", "inventories/local/fleet.yml"],
            f"-i inventories/local/fleet.yml: is one file of an environment. {LOCAL}",
        ),
        (
            ["-i", "inventories/local/fleet.yml", "-e", "env=local"],
            f"-i inventories/local/fleet.yml: is one file of an environment. {LOCAL}",
        ),
        (
            ["-i", "localhost,"],
            (
                "-i localhost,: is not an environment. "
                "Leave -i out, and run ansible-playbook playbooks/status.yml -e env=…"
            ),
        ),
    ],
)
def test_with_something_that_is_not_an_environment(arguments: list[str], line: str) -> None:
    ran = Project(ROOT).run("ansible-playbook", "playbooks/status.yml", *arguments)
    assert (ran.code, ran.out, ran.err.splitlines()) == (4, "", [line])
