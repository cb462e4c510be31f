# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy of the project's inventories to spoil, and Ansible's programs run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.pace import scaled
from tests.support.project import without_signs

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
EMPTY_PLAY = """\
- name: Do nothing
  hosts: all
  gather_facts: false
  tasks: []
"""


@dataclass(frozen=True)
class Ran:
    """How a program ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Project:
    """A directory with the project's settings, its inventories and a playbook that does nothing."""

    root: Path

    def write(self, name: str, text: str) -> None:
        """Write a file below inventories/."""
        path = self.root / "inventories" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        """Remove a file below inventories/."""
        (self.root / "inventories" / name).unlink()

    def run(self, *command: str) -> Ran:
        """Run one of Ansible's programs as a person would: in the project's directory, without a terminal."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))}
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.root,
            env=kept | {"PATH": f"{BIN}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=scaled(120),
        )
        return Ran(done.returncode, without_signs(done.stdout), without_signs(done.stderr))

    def inventory(self, *arguments: str) -> dict[str, Any]:
        """What ansible-inventory --list says; fails the test unless it succeeds in silence."""
        ran = self.run("ansible-inventory", "--list", *arguments)
        assert (ran.code, ran.err) == (0, "")
        found: dict[str, Any] = json.loads(ran.out)
        return found


def make_project(directory: Path) -> Project:
    """A project in ``directory``."""
    shutil.copy(ROOT / "ansible.cfg", directory)
    shutil.copytree(ROOT / "inventories", directory / "inventories")
    # Asks AWS; test_hosts.py has a sandbox for it.
    (directory / "inventories" / "dev" / "aws_ec2.yml").unlink()
    (directory / "collections").symlink_to(ROOT / "collections")
    (directory / "empty.yml").write_text(EMPTY_PLAY, encoding="utf-8")
    return Project(directory)
