#!/usr/bin/env python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a command; however it or this program ends, none of its processes is left.

    scripts/supervise.py CLEAN_UP COMMAND [ARGUMENT…]

A killed test leaves servers and workers in sessions of their own. A background process is the one that
orphans are given to; it survives a signal to the terminal's group, learns of this program's death from the kernel, ends
every descendant and then runs CLEAN_UP (a program without arguments, or one with them in one word).
"""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "pipelines" / "codedeploy" / "hooks"))

from supervised import end_children

# Source: <linux/prctl.h>
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


class _Stopped(BaseException):
    """A signal came, or the program in the foreground is gone."""


def _stop(_number: int, _frame: object) -> None:
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)
    raise _Stopped


def _supervise(parent: int, clean_up: str, command: list[str]) -> int:
    """Run the command and end what it leaves; its exit code, 143 when it was stopped."""
    os.setsid()
    for each in _ENDING:
        signal.signal(each, _stop)
    code = 143
    try:
        kernel = ctypes.CDLL(None, use_errno=True)
        kernel.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() == parent:
            code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    except _Stopped:
        with suppress(OSError):
            print("supervise: stopped; ending what was started", file=sys.stderr, flush=True)
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)
    end_children()
    subprocess.run(shlex.split(clean_up), stdin=subprocess.DEVNULL, check=False)
    end_children()
    return code if code >= 0 else 128 - code


def main() -> int:
    """Wait for the supervisor; pass each signal on to it."""
    clean_up, *command = sys.argv[1:]
    parent = os.getpid()
    # Signals that arrive before the handlers are installed stay pending until then.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    supervisor = os.fork()
    if supervisor == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
        os._exit(_supervise(parent, clean_up, command))
    for each in _ENDING:
        signal.signal(each, lambda _number, _frame: os.kill(supervisor, signal.SIGTERM))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    return os.waitstatus_to_exitcode(os.waitpid(supervisor, 0)[1])


if __name__ == "__main__":
    sys.exit(main())
