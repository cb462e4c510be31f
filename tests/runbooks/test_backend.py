# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""runbooks/backend.md: its playbooks exist and its variables mean something.

The commands are run, taken from its text, where there is what they need: tests/promote, tests/logs, tests/developer.
"""

from __future__ import annotations

import json
import re
import subprocess
from itertools import pairwise

import pytest

from tests.runbooks import commands, sections
from tests.support.deploys import BIN, ROOT

RUNBOOK = "backend.md"
EVERY = [(title, command) for title in sections(RUNBOOK) for command in commands(RUNBOOK, title)]


def variables(command: list[str]) -> set[str]:
    """The variables that a command sets."""
    found: set[str] = set()
    for word, value in pairwise(command):
        if word == "-e":
            found |= set(json.loads(value)) if value.startswith("{") else {value.partition("=")[0]}
    return found


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every word of the playbooks, the roles and the actions."""
    places = [*ROOT.glob("playbooks/**/*.yml"), *ROOT.glob("roles/*/**/*.yml")]
    places += ROOT.glob("collections/ansible_collections/slipway/deploy/plugins/**/*.py")
    return {word for path in places for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("command", [command for _title, command in EVERY], ids=" ".join)
def test_every_variable_is_known(command: list[str], known: set[str]) -> None:
    assert variables(command) <= known


@pytest.mark.parametrize("playbook", sorted({command[0] for _title, command in EVERY}))
def test_every_playbook_is_there(playbook: str) -> None:
    assert (ROOT / playbook).is_file()
    checked = subprocess.run(
        [str(BIN / "ansible-playbook"), "--syntax-check", "-e", "env=dev", playbook],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_in_it() -> None:
    assert list(sections(RUNBOOK)) == [
        "Incident: collect the logs",
        "Promote a version",
        "Deploy",
        "The new release is bad: go back",
        "A migration could not get a lock",
        "A migration failed",
        "A host is new, or was replaced",
        "A host vanished in the middle of a deploy",
        "The environment is locked",
        "A developer's machine",
        "The output's reader went away, CI cancelled a deploy, the credentials expired",
    ]
