# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Identifies processes reliably: a pid alone may be reused by another process."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import SlipwayError


@dataclass(frozen=True)
class ProcessId:
    """A process by its pid and its start time (clock ticks since boot, ``/proc/<pid>/stat`` field 22)."""

    pid: int
    start: int


def identify(pid: int) -> ProcessId | None:
    """The running process of that pid, or ``None`` without one or for a zombie."""
    try:
        # The name in parentheses may contain spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else ProcessId(pid, int(fields[19]))


def is_running(process: ProcessId) -> bool:
    """Whether that very process still runs."""
    return identify(process.pid) == process


def main_process() -> ProcessId:
    """The ``ansible-playbook`` process that forked this worker.

    :raises SlipwayError: it has ended already and this process has another parent.
    """
    parent = identify(os.getppid())
    try:
        # A worker is a fork: it runs its parent's program. The parent of an orphan (init) runs another one.
        forked = Path(f"/proc/{os.getppid()}/exe").readlink() == Path("/proc/self/exe").readlink()
    except OSError:
        forked = False
    if parent is None or not forked:
        raise SlipwayError("ansible-playbook has ended while its task still runs", None, "Run the command again")
    return parent


class Watch:
    """Watches for a process's end: at once by a pidfd (Linux 5.3), else by polling ``/proc``."""

    def __init__(self, process: ProcessId) -> None:
        self._process = process
        self._descriptor: int | None = None
        try:
            self._descriptor = os.pidfd_open(process.pid)
        except OSError:  # no such process, or no such call: is_running() knows
            return

    def wait(self, seconds: float, wake: int) -> bool:
        """Whether the process has ended, after at most that time or as soon as ``wake`` is readable."""
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        if self._descriptor is not None:
            poll.register(self._descriptor, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)
        return not is_running(self._process)


def terminate(process: ProcessId) -> None:
    """Send SIGTERM to that very process, if it still runs."""
    if not is_running(process):
        return
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    except OSError:
        os.kill(process.pid, signal.SIGTERM)
        return
    try:
        if is_running(process):  # the pidfd is now bound to the process that was checked
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
