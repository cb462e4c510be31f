# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the command line started, and which variables of roles an operator may set."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible import context

from ansible_collections.slipway.deploy.plugins.plugin_utils import command_line
from ansible_collections.slipway.deploy.plugins.plugin_utils.command_line import playbooks, role_options

SPECS = """\
argument_specs:
  main:
    options:
      {role}_name: {{type: str}}
      {role}_port: {{type: int}}
"""


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("deploy.yml",), ["deploy"]),
        (("/p/playbooks/lock.yaml", "status.yml"), ["lock", "status"]),
        (("slipway.deploy.deploy",), ["deploy"]),
        (("slipway.deploy.site", "other.deploy.deploy", "deploy", "site.yml"), []),
        ("slipway.deploy.deploy", []),
        ((), []),
    ],
)
def test_the_playbooks_of_a_run(monkeypatch: pytest.MonkeyPatch, words: object, found: list[str]) -> None:
    """A text is what `ansible` is started with: the pattern of its hosts."""
    monkeypatch.setattr(context, "CLIARGS", {"args": words})
    assert playbooks() == found


def test_variables_between_roles_are_not_for_operators(tmp_path: Path) -> None:
    for role in ("jvm_service", "service_common"):
        path = tmp_path / role / "meta/argument_specs.yml"
        path.parent.mkdir(parents=True)
        path.write_text(SPECS.format(role=role), encoding="utf-8")
    assert list(role_options([tmp_path])) == ["jvm_service_name", "jvm_service_port"]
    assert list(role_options([tmp_path], "str")) == ["jvm_service_name"]


def test_an_installed_collection_finds_its_own_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "roles").mkdir()
    monkeypatch.setattr(command_line, "_BEGUN", ["dev"])
    monkeypatch.setattr(command_line.constants, "DEFAULT_ROLES_PATH", [])
    monkeypatch.setattr(command_line.constants, "VARIABLE_PLUGINS_ENABLED", ["slipway.deploy.environment"])
    assert "roles_path" in str(command_line._start_error(tmp_path))
    (tmp_path / "MANIFEST.json").write_text("{}", encoding="utf-8")
    assert command_line._start_error(tmp_path) is None
