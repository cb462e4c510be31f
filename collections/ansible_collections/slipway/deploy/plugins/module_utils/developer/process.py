# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backend's process on a developer's machine: its own session, which the next run finds again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError
from ..files.atomic import content_is, ensure_directory, write_atomic
from ..http_client.client import Unreachable, ask, opener
from ..lock.process import ProcessId, identify, is_running

_PAUSE_SECONDS = 0.3
_STOP_SECONDS = 20
_LAST_LINES = 3


@dataclass(frozen=True)
class Launch:
    """The process to run.

    :ivar command: the program and its arguments.
    :ivar environment: all of its variables.
    :ivar identity: what it is started with, as text: if this changes, it is restarted.
    :ivar port: the port that it listens on.
    :ivar timeout: seconds within which it must listen.
    """

    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    identity: str
    port: int
    timeout: float


class Backend:
    """The process that belongs to a directory of the machine's state.

    :param state: a private directory with the log, the pid file and the identity of the process.
    """

    def __init__(self, state: Path) -> None:
        self._state = state

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self._state / "backend.log"

    @property
    def pid_file(self) -> Path:
        """The file with its pid."""
        return self._state / "process.json"

    def running(self) -> ProcessId | None:
        """The process, if it runs."""
        try:
            raw = json.loads(self.pid_file.read_text(encoding="utf-8"))
            process = ProcessId(int(raw["pid"]), int(raw["start"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return process if is_running(process) else None

    def runs(self, launch: Launch) -> bool:
        """Whether it runs and was started with exactly this launch."""
        return self.running() is not None and content_is(self._state / "identity", launch.identity.encode())

    def start(self, launch: Launch, redact: Callable[[Sequence[str]], list[str]]) -> ProcessId:
        """Start it and wait until it is ready.

        :param redact: redacts lines that are shown.
        :raises SlipwayError: it does not become ready; then it is stopped.
        """
        if _answers(launch.port):
            what = f"port {launch.port} is taken by another process"
            raise SlipwayError(what, "backend launch", "Stop that one, or give the backend another SERVER_PORT")
        ensure_directory(self._state, 0o700)
        write_atomic(self._state / "identity", launch.identity.encode())
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # Not by programs/run.py: this process outlives the run and writes its own log.
            process = subprocess.Popen(
                list(launch.command),
                cwd=launch.directory,
                env=dict(launch.environment),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SlipwayError(f"cannot start {launch.command[0]}: {reason}", "backend launch", "Install it") from error
        finally:
            os.close(descriptor)
        try:
            return self._await(process, launch, redact)
        except BaseException:
            self._end(process.pid)
            raise

    def _await(
        self, process: subprocess.Popen[bytes], launch: Launch, redact: Callable[[Sequence[str]], list[str]]
    ) -> ProcessId:
        found = identify(process.pid)
        if found is not None:
            write_atomic(self.pid_file, json.dumps({"pid": found.pid, "start": found.start}).encode())
        deadline = time.monotonic() + launch.timeout
        while process.poll() is None and time.monotonic() < deadline:
            if found is not None and is_ready(launch.port):
                return found
            time.sleep(_PAUSE_SECONDS)
        what = f"it was not ready after {launch.timeout:.0f} s"
        if process.poll() is not None:
            what = f"it ended (exit code {process.returncode})"
        said = " | ".join(redact(self._last_lines()))
        raise SlipwayError(f"{what}: {said or 'it printed nothing'}", "backend launch", f"See {self.log}")

    def _last_lines(self) -> list[str]:
        lines = [line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if "ERROR" in line or "Caused by" in line]
        return (errors or lines)[-_LAST_LINES:]

    def stop(self) -> bool:
        """Stop it, gracefully at first; whether it ran."""
        process = self.running()
        if process is not None:
            self._end(process.pid)
        self.pid_file.unlink(missing_ok=True)
        return process is not None

    def _end(self, group: int) -> None:
        for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            with suppress(ProcessLookupError):
                os.killpg(group, number)
            deadline = time.monotonic() + patience
            while _group_lives(group) and time.monotonic() < deadline:
                time.sleep(_PAUSE_SECONDS / 3)
            if not _group_lives(group):
                return


def _group_lives(group: int) -> bool:
    """Whether a process of that group still runs; zombies do not count."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in (b"Z", b"X"):
            return True
    return False


def is_ready(port: int) -> bool:
    """Whether the application reports that it is up."""
    # The machine's proxy is for external addresses.
    direct = opener(follow=True, proxies=False)
    try:
        return ask("GET", f"http://127.0.0.1:{port}/actuator/health", {}, 5, via=direct).status == 200
    except Unreachable:
        return False


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2):
            return True
    except OSError:
        return False
