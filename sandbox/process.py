# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start, find and stop the sandbox's process."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"
START_LIMIT = 300.0
STOP_LIMIT = 60.0


class ProcessError(Exception):
    """The sandbox could not be started or stopped; the text says why."""


def health(port: int, limit: float = 2.0) -> dict[str, Any] | None:
    """The health answer of a sandbox on a port, or ``None`` when none is ready there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_sandbox/health", timeout=limit) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError):
        return None


def pid_file(port: int) -> Path:
    """Where the process id of the sandbox on a port is kept."""
    return RUN / f"sandbox-{port}.pid"


def log_file(port: int) -> Path:
    """The log of the sandbox on a port."""
    return RUN / f"sandbox-{port}.log"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def pid_of(port: int) -> int | None:
    """The process id of a sandbox that was started by ``up`` and lives."""
    try:
        pid = int(pid_file(port).read_text())
    except (OSError, ValueError):
        return None
    return pid if _alive(pid) and _is_sandbox(pid) else None


def _is_sandbox(pid: int) -> bool:
    try:
        return b"sandbox" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True


def wait_ready(port: int, process: subprocess.Popen[bytes] | None = None) -> dict[str, Any]:
    """Wait until the sandbox on a port is ready. Raises ProcessError."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        found = health(port)
        if found is not None:
            return found
        if process is not None and process.poll() is not None:
            raise ProcessError(f"the sandbox ended with code {process.returncode}; see {log_file(port)}")
        time.sleep(0.05)
    raise ProcessError(f"the sandbox on port {port} was not ready within {START_LIMIT:.0f} s; see {log_file(port)}")


def up(port: int, arguments: Sequence[str]) -> dict[str, Any]:
    """Start a detached sandbox unless one is up; safe when two do so at once."""
    RUN.mkdir(exist_ok=True)
    with (RUN / f"sandbox-{port}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = health(port)
        if found is not None:
            return found
        if pid_of(port) is not None:
            return wait_ready(port)
        with log_file(port).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "serve", *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pid_file(port).write_text(f"{process.pid}\n")
        return wait_ready(port, process)


def down(port: int) -> bool:
    """Stop the sandbox on a port; false when none was up."""
    pid = pid_of(port)
    if pid is None:
        pid_file(port).unlink(missing_ok=True)
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_LIMIT
    while _alive(pid) and time.monotonic() < deadline:
        _reap(pid)
        time.sleep(0.05)
    if _alive(pid):
        os.kill(pid, signal.SIGKILL)
    pid_file(port).unlink(missing_ok=True)
    return True


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return
