# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Roles and modules in a playbook of the user's own, and an environment made as README.md says."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from tests.inventory.project import ROOT, Project
from tests.support.pace import scaled


def test_defaults_of_roles_need_no_environment(project: Project) -> None:
    """Whatever a default is made of exists in any playbook: the role's own variables and facts."""
    names = {
        "release_directory": ["release_directory_token_parameters"],
        "source_checkout": ["source_checkout_token_parameters"],
        "front_end": ["front_end_token_parameters"],
        "database_migration": ["database_migration_url", "database_migration_username", "database_migration_password"],
    }
    tasks = [
        {
            "ansible.builtin.assert": {"that": [f"{name} | length == 0" for name in variables], "quiet": True},
            "vars": yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8")),
        }
        for role, variables in names.items()
    ]
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    (project.root / "empty.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
    ran = project.run("ansible-playbook", "empty.yml", "-i", "localhost,")
    assert ran.code == 0, ran.out + ran.err


@pytest.mark.parametrize("role", sorted(path.parent.parent.name for path in ROOT.glob("roles/*/defaults/main.yml")))
def test_no_default_uses_env_unless_it_is_there(role: str) -> None:
    text = (ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8")
    templates = [
        found for found in re.findall(r"\{\{.*?\}\}", text, re.DOTALL) if re.search(r"(?<!')\benv\b(?!')", found)
    ]
    assert all("if env is defined else" in found for found in templates), templates


@pytest.mark.parametrize("module", ["lock", "smoke_test", "history", "fleet_status"])
def test_a_module_without_an_environment_says_so_in_one_line(project: Project, module: str) -> None:
    ran = project.run("ansible", "localhost", "-i", "localhost,", "-c", "local", "-m", f"slipway.deploy.{module}")
    assert ran.code != 0
    assert "this run has no environment" in ran.out + ran.err
    assert "KeyError" not in ran.out + ran.err


def test_the_commands_of_the_readme_make_an_environment(project: Project) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    ((?:mkdir|cp) .*inventories/qa.*)$", text, re.MULTILINE)
    assert commands
    subprocess.run(["bash", "-ec", "\n".join(commands)], cwd=project.root, check=True, timeout=scaled(60))
    found = project.inventory("-e", "env=qa")
    assert len(found["_meta"]["hostvars"]) == 12
    assert "backend" not in found
