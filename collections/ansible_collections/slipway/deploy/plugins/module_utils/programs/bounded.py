# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a program whose output may be endless: its end is kept, and nothing that it started remains."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

_PR_SET_PDEATHSIG = 1
_CHUNK = 64 * 1024
_GRACE_SECONDS = 10
# What a program left running may hold its pipes open.
_DRAIN_SECONDS = 2


class Bounded(NamedTuple):
    """How a program ended.

    :ivar code: negative for a signal.
    :ivar cut: whether the beginning of ``output`` is missing.
    :ivar late: it did not end in time and was stopped.
    """

    code: int
    output: bytes
    errors: bytes
    cut: bool
    late: bool


class _End:
    """The end of a stream, read by a thread of its own."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self.data, self.cut, self._most, self._stream = bytearray(), False, most, stream
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with suppress(OSError, ValueError):
            while chunk := os.read(self._stream.fileno(), _CHUNK):
                self.data += chunk
                if len(self.data) > 2 * self._most:
                    self._trim()

    def _trim(self) -> None:
        if len(self.data) > self._most:
            del self.data[: -self._most]
            self.cut = True

    def finish(self) -> bytes:
        self._thread.join(_DRAIN_SECONDS)
        self._trim()
        return bytes(self.data)


def run_bounded(
    argv: Sequence[str], timeout: float, environ: Mapping[str, str], cwd: str, most: int, most_errors: int
) -> Bounded:
    """Run a program of the current user to its end, in a session of its own and without standard input.

    It ends with this process. What it leaves running in its process group is stopped.

    :param timeout: seconds after which it and its children are stopped.
    :param environ: its whole environment.
    :param most: bytes of its output to keep; ``most_errors`` of its errors.
    :raises OSError: it cannot be started.
    """
    libc, parent = ctypes.CDLL(None), os.getpid()

    def die_with_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    process = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=dict(environ),
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - no thread of this process runs yet
    )
    if process.stdout is None or process.stderr is None:
        raise AssertionError("they are pipes")
    late = False
    with process.stdout, process.stderr:
        output, errors = _End(process.stdout, most), _End(process.stderr, most_errors)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            late = True
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_SECONDS)
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
        return Bounded(process.returncode, output.finish(), errors.finish(), output.cut, late)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
