# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-lint sees every task file: a fault that is planted in each is found, wherever the file stands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FAULT = "---\n- ansible.builtin.shell: echo planted | cat\n"


class _AnyTag(yaml.SafeLoader):
    """Reads files with tags such as ``!vault`` or ``!unsafe``, which only Ansible knows."""


_AnyTag.add_multi_constructor("", lambda _loader, _suffix, node: str(node.value))


def is_task_file(document: Any) -> bool:
    """Whether a YAML document is a list of tasks: each names a module, and none of them is a play."""
    if not isinstance(document, list) or not document or not all(isinstance(item, dict) for item in document):
        return False
    return not any("hosts" in item or any("import_playbook" in str(key) for key in item) for item in document)


def task_files() -> list[str]:
    """The paths of all task files of the repository, by their content and not by their names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.yml", "*.yaml"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    paths = [path for path in listed if path and (ROOT / path).is_file()]
    return [path for path in paths if is_task_file(yaml.load((ROOT / path).read_text(), _AnyTag))]  # noqa: S506


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([{"ansible.builtin.debug": {"msg": "hello"}}], True),
        ([{"name": "Group", "block": []}], True),
        ([{"hosts": "all", "tasks": []}], False),
        ([{"ansible.builtin.import_playbook": "deploy.yml"}], False),
        ({"port": 8080}, False),
        (["a", "b"], False),
        ([], False),
        (None, False),
    ],
)
def test_task_files_are_known_by_their_content(document: Any, expected: bool) -> None:
    assert is_task_file(document) is expected


def test_a_fault_in_any_task_file_is_found(tmp_path: Path) -> None:
    """In a copy where each task file holds only a fault, ansible-lint finds the files by itself and reports each."""
    planted = task_files()
    assert len(planted) > 50
    shutil.copy(ROOT / ".ansible-lint", tmp_path)
    shutil.copy(ROOT / ".yamllint", tmp_path)
    for path in planted:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FAULT)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    found = subprocess.run(
        [Path(sys.executable).with_name("ansible-lint"), "--offline", "--format", "json", "--nocolor"],
        cwd=tmp_path, check=False, capture_output=True, text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert found.returncode == 2, found.stderr
    faults = {
        str(item["location"]["path"]) for item in json.loads(found.stdout) if item["check_name"] == "name[missing]"
    }
    assert sorted(set(planted) - faults) == []
