# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What stands in inventories/, in directories made for the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.directory import (
    variable_files,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """inventories/ with dev, local, a directory that is not an environment, and one that was meant to be."""
    root = tmp_path / "inventories"
    wanted = ["group_vars/all.yml", "group_vars/fleet/one.yaml", "group_vars/fleet/two", "group_vars/site"]
    wanted += ["host_vars/a.yml", "host_vars/b.json"]
    others = (
        "group_vars/notes.md",
        "group_vars/README",
        "group_vars/fleet/.hidden",
        "group_vars/old.yml~",
        "fleet2.yml",
    )
    for name in [*wanted, *(f"group_vars/{name}" for name in others), "fleet2.yml"]:
        path = root / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")
    found = [str(path.relative_to(root / "dev")) for path in variable_files(root / "dev")]
    assert found == wanted
