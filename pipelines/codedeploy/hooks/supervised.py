# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a program and stops it together with everything that it started.

Ansible's workers run in their own sessions and continue when Ansible is stopped. This process therefore adopts orphans
(PR_SET_CHILD_SUBREAPER) and stops them, too. Services that systemd started are not among them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Source: <linux/prctl.h>
_PR_SET_CHILD_SUBREAPER = 36
_POLL_SECONDS = 0.2
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    timed_out: bool = False


class _Stopped(BaseException):
    """The agent wants this process to end."""


def run_to_the_end(command: Sequence[str], cwd: Path, environ: Mapping[str, str], log: Path, seconds: float) -> Ended:
    """Run a program, its output in ``log``; after its end or its time limit, nothing that it started is left.

    It does not inherit this process's output: a program that it left running would keep the agent waiting.

    :param seconds: its limit.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    deadline = time.monotonic() + seconds
    earlier = signal.signal(signal.SIGTERM, _stop)
    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            child = subprocess.Popen(
                list(command),
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        while (code := child.poll()) is None:
            if time.monotonic() >= deadline:
                return Ended(124, timed_out=True)
            time.sleep(_POLL_SECONDS)
        return Ended(code)
    except _Stopped:
        return Ended(143, timed_out=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_children()
        signal.signal(signal.SIGTERM, earlier)


def end_children() -> None:
    """Stop every descendant of this process, in any session."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while children := _descendants():
        number = signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(_POLL_SECONDS)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _descendants() -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                # The name in brackets may hold anything, brackets and blanks as well.
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if fields[0] != "Z":
                    parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    queue = [os.getpid()]
    while queue:
        below = parents.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _stop(_number: int, _frame: object) -> None:
    raise _Stopped
