# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The declared hook that takes a backup, as a host that runs its own bundle finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.plugin_utils.backup_hook import hook_file
from ansible_collections.slipway.deploy.plugins.plugin_utils.context import Context


def context(directory: Path, **own: Any) -> Context:
    host = {"env": "dev", "backend_connection": "none", "inventory_dir": str(directory), **own}
    groups = {"backend": ["a"], "site": [], "fleet": []}
    given = {"inventory_hostname": "a", "env": "dev", "hostvars": {"a": host}, "groups": groups}
    return Context({**given, "ansible_play_hosts_all": ["a"], "ansible_play_batch": ["a"]})


@pytest.mark.parametrize("declared", [{}, {"backend_backup_hook": ""}])
def test_no_hook_is_none(tmp_path: Path, declared: dict[str, str]) -> None:
    assert hook_file(context(tmp_path, **declared)) is None


def test_a_hook_is_found(tmp_path: Path) -> None:
    (tmp_path / "backup.yml").write_text("- ansible.builtin.debug: {}\n", encoding="utf-8")
    assert hook_file(context(tmp_path, backend_backup_hook="backup.yml")) == tmp_path / "backup.yml"
