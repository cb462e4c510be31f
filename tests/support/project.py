# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy of the project for the tests of one environment: its commands, its records, its inventory's variables."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import yaml

from tests.support.pace import scaled

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
LIMIT_SECONDS = scaled(600)
#: Environment variables that a command must not inherit from the user who runs the tests.
_DROPPED = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")


#: Progress messages of plugin_utils/signs.py; how many there are depends on the machine.
_SIGN_OF_LIFE = re.compile(r"(?:\w[^✔✘]* … \d+ s|(?:\w+: \w.*|reading the inventory) …)")


def without_signs(text: str) -> str:
    """A command's output without the progress messages of a slow machine."""
    return "".join(line for line in text.splitlines(keepends=True) if not _SIGN_OF_LIFE.fullmatch(line.rstrip("\n")))


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    text: str


@dataclass(kw_only=True)
class Project:
    """A copy of the project in ``directory``, for the environment ``name``; ``environ`` is for its commands alone.

    :cvar group: whose variables are meant where no group is named.
    """

    group: ClassVar[str]
    directory: Path
    name: str
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def inventory(self) -> Path:
        """The environment's directory."""
        return self.directory / "inventories" / self.name

    def copy(self, *sources: str) -> None:
        """Copy the project; of the environment's inventory only ``sources`` and an empty ``group_vars``."""
        for name in ("ansible.cfg", "deploy.yml"):
            shutil.copy(ROOT / name, self.directory)
        shutil.copytree(ROOT / "playbooks", self.directory / "playbooks", symlinks=True)
        for name in ("collections", "roles"):
            (self.directory / name).symlink_to(ROOT / name)
        (self.inventory / "group_vars").mkdir(parents=True)
        shutil.copy(ROOT / "inventories" / "environment.yml", self.directory / "inventories")
        for name in sources:
            shutil.copy(ROOT / "inventories" / self.name / name, self.inventory / name)

    def credentials(self) -> dict[str, str]:
        """Environment variables that the operator would have set."""
        return {}

    def environment(self) -> dict[str, str]:
        """The environment variables of a command."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
        own = {"PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(self.directory / "home")}
        return {**kept, **own, **self.credentials(), **self.environ}

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        """The command line of a playbook."""
        extra = [part for name, value in variables.items() for part in ("-e", json.dumps({name: value}))]
        return [str(BIN / "ansible-playbook"), playbook, "-e", f"env={self.name}", *extra, *arguments]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Ran:
        """Run a playbook to its end, without a terminal."""
        done = subprocess.run(
            self.command(playbook, *arguments, **variables),
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        return Ran(done.returncode, without_signs(done.stdout))

    @contextmanager
    def started(self, playbook: str, *arguments: str, **variables: Any) -> Iterator[subprocess.Popen[str]]:
        """A playbook that runs on, in a process group of its own; ended with the block."""
        process = subprocess.Popen(
            self.command(playbook, *arguments, **variables),
            cwd=self.directory,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            if process.stdout is not None and not process.stdout.closed:
                process.communicate()

    def records(self) -> list[dict[str, Any]]:
        """The records in the state store, oldest first."""
        raise NotImplementedError

    def record(self) -> dict[str, Any]:
        """The newest record."""
        return self.records()[-1]

    def target_of(self, name: str) -> dict[str, Any]:
        """The entry of a host in the newest record, by its name in the inventory."""
        found: dict[str, Any] = next(item for item in self.record()["targets"] if item["name"] == name)
        return found

    def variables(self, group: str | None = None) -> dict[str, Any]:
        """The variables of a group of the inventory, as they are written; none where there is no file."""
        file = self._file(group)
        found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
        return found

    def set_variables(self, group: str | None = None, **changes: Any) -> None:
        """Change variables of a group of the inventory; ``None`` removes one."""
        kept = {key: value for key, value in {**self.variables(group), **changes}.items() if value is not None}
        self._file(group).write_text(yaml.safe_dump(kept), encoding="utf-8")

    def _file(self, group: str | None) -> Path:
        return self.inventory / "group_vars" / f"{group or self.group}.yml"
