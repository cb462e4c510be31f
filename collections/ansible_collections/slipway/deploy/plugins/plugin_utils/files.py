# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run's own files: what its tasks, which are separate processes, hand on to each other.

They lie in a directory named after the main process, closed to other users, and die with the run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock.process import ProcessId, identify


@dataclass(frozen=True)
class Held:
    """What a run holds: the lock of an environment, the heartbeat's status file, and its record once there is one."""

    environment: str
    token: str
    heartbeat: str | None = None
    record: str | None = None
    resumed: str | None = None


class RunFiles:
    """The directory of the run whose main process is ``process``."""

    def __init__(self, home: Path, process: ProcessId) -> None:
        self._home = home
        self.process = process
        self.directory = home / f"{process.pid}-{process.start}"

    def save(self, held: Held) -> None:
        """Keep what the run holds.

        :raises SlipwayError: when there is no place for it.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = self.directory / "held.json"
            partial = path.with_suffix(".new")
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(asdict(held), file)
            partial.replace(path)
        except OSError as error:
            remedy = "Free space there or correct the rights"
            raise SlipwayError(f"cannot keep the run's state: {error.strerror}", str(self.directory), remedy) from error

    def load(self) -> Held | None:
        """What the run holds, or ``None`` when it holds nothing."""
        return _read(self.directory)

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def dead_runs(self) -> Iterator[Held]:
        """What runs of this machine held whose main process is gone."""
        for directory in sorted(self._home.glob("*-*")):
            pid, _dash, start = directory.name.partition("-")
            if not (pid.isdecimal() and start.isdecimal()):
                continue
            if identify(int(pid)) == ProcessId(int(pid), int(start)):
                continue
            held = _read(directory)
            if held is not None:
                yield held

    def sweep(self, token: str | None = None) -> None:
        """Remove what dead runs left behind: of the one that held ``token``, or of all that hold nothing."""
        for directory in self._home.glob("*-*"):
            held = _read(directory)
            pid, _dash, start = directory.name.partition("-")
            alive = pid.isdecimal() and start.isdecimal() and identify(int(pid)) == ProcessId(int(pid), int(start))
            if not alive and (held is None or held.token == token):
                shutil.rmtree(directory, ignore_errors=True)


def _read(directory: Path) -> Held | None:
    try:
        return Held(**json.loads((directory / "held.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
