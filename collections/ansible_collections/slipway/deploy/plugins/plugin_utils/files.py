# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run's own files, through which its tasks, which are separate processes, share state.

They are in a private directory named after the main process, and removed with the run.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible import constants

from ..module_utils.common.documents import loads
from ..module_utils.common.errors import SlipwayError
from ..module_utils.lock.process import ProcessId, identify
from ..module_utils.lock.status import LEFT

#: The mark that the run must stop.
_STOP = "stop"


def runs_directory() -> Path:
    """The directory of the files of all runs."""
    return Path(constants.ANSIBLE_HOME).expanduser() / "slipway" / "runs"


def machine() -> str:
    """Identifies this machine's processes: host, boot and process namespace.

    The run's files may be on a file system that several machines or containers share.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return ""
    return f"{socket.gethostname()}/{boot}/{namespace}"


@dataclass(frozen=True)
class Held:
    """What a run holds: the lock of an environment, the heartbeat's status file, and its record once there is one."""

    environment: str
    token: str
    machine: str = ""
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

        :raises SlipwayError: it cannot be written.
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
            remedy = "Free space there or correct the permissions"
            raise SlipwayError(f"cannot keep the run's state: {error.strerror}", str(self.directory), remedy) from error

    def load(self) -> Held | None:
        """What the run holds, or ``None``."""
        return _read(self.directory)

    def remove(self) -> None:
        """Remove the run's files."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def ask_to_stop(self, signal_name: str) -> bool:
        """Leave the mark that the run must stop and undo; return false if the run has no files.

        Called inside a signal handler of the main process.
        """
        try:
            partial = self.directory / f"{_STOP}.new"
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.write(descriptor, signal_name.encode())
            os.close(descriptor)
            # A task that reads at this moment would find an empty name.
            partial.replace(self.directory / _STOP)
        except OSError:
            return False
        return True

    def asked_to_stop(self) -> str | None:
        """The name of the signal that asked the run to stop, or ``None``."""
        try:
            return (self.directory / _STOP).read_text(encoding="ascii")
        except OSError:
            return None

    def leave(self) -> None:
        """Leave the mark that the run ends by itself or by a signal, whatever it holds.

        Its heartbeat then releases the lock. Called inside a signal handler of the main process.
        """
        with suppress(OSError):
            os.close(os.open(self.directory / LEFT, os.O_WRONLY | os.O_CREAT, 0o600))

    def dead_runs(self) -> Iterator[Held]:
        """What dead runs of this machine held. Runs of other machines are unknown here."""
        for directory, held in self._others():
            if held is not None and held.machine == machine() != "" and not _lives(directory):
                yield held

    def sweep(self, token: str | None = None) -> None:
        """Remove the files of dead runs of this machine: of the holder of ``token`` and of those without a lock."""
        for directory, held in self._others():
            if not _lives(directory) and (held is None or (held.token == token and held.machine == machine())):
                shutil.rmtree(directory, ignore_errors=True)

    def _others(self) -> Iterator[tuple[Path, Held | None]]:
        for directory in sorted(self._home.glob("*-*")):
            if directory != self.directory:
                yield directory, _read(directory)


def _lives(directory: Path) -> bool:
    pid, _dash, start = directory.name.partition("-")
    return pid.isdecimal() and start.isdecimal() and identify(int(pid)) == ProcessId(int(pid), int(start))


def _read(directory: Path) -> Held | None:
    try:
        return Held(**loads((directory / "held.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
