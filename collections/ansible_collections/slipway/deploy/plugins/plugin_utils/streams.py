# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The standard streams and the log of ``ansible-playbook``: a run outlives their readers.

ansible-core writes to them in the thread that receives the results of the workers, and that thread ends with the first
``OSError``: after ``| head``, on a full disk or in a closed terminal nothing receives the workers' results, and
they wait forever. So a failed write counts as done: into a pipe without a reader all further output is dropped,
on a full disk what does not fit.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import select
import sys
import time
from collections.abc import Callable
from typing import Any

#: Errors of a stream that may recover. After any other one it has no reader any more.
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_POLL_MILLISECONDS = 1000

_installed: set[int] = set()
_last_write = [0.0]


def keep_going() -> None:
    """Make the standard streams and Ansible's log of this process survive without readers. Idempotent."""
    _occupy()
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:
            # Closed before the start (`>&-`). Unbuffered, so that there is no lock that a fork could inherit.
            null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            setattr(sys, name, io.TextIOWrapper(io.FileIO(null, "w"), encoding="utf-8", write_through=True))
            continue
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # The same with PYTHONUNBUFFERED.
        if isinstance(raw, io.FileIO) and id(raw) not in _installed:
            _installed.add(id(raw))
            raw.write = _forgiving(raw.write, descriptor)  # type: ignore[method-assign]
    for handler in logging.root.handlers:
        if isinstance(handler, logging.FileHandler):
            handler.handleError = _LostLog(handler)  # type: ignore[method-assign]


def last_write() -> float:
    """When this process last wrote to a standard stream (``time.monotonic``); 0 for never."""
    return _last_write[0]


def write_now(descriptor: int, text: str) -> None:
    """Write past all buffers, as a signal handler must: it may have interrupted a write. A closed pipe is ignored."""
    with contextlib.suppress(OSError):
        os.write(descriptor, text.encode(errors="replace"))


def _occupy() -> None:
    """Open the descriptors 0 to 2 if they are closed.

    A worker replaces them by ``/dev/null``: if one was closed, that could be the queue of its results.
    """
    descriptor = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    while descriptor <= 2:
        descriptor = os.dup(descriptor)
    os.close(descriptor)


def _forgiving(write: Callable[[Any], int | None], descriptor: int) -> Callable[[Any], int]:
    def forgiving(data: Any) -> int:
        _last_write[0] = time.monotonic()
        try:
            written = write(data)
            while written is None:  # Another process that shares the pipe has made it non-blocking (as Node.js does).
                _wait_for_room(descriptor)
                written = write(data)
            return written
        except OSError as error:
            if error.errno not in _PASSING:
                _drop_from_now_on(descriptor)
            return memoryview(data).nbytes

    return forgiving


def _wait_for_room(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    poll.poll(_POLL_MILLISECONDS)


def _drop_from_now_on(descriptor: int) -> None:
    null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    os.dup2(null, descriptor, inheritable=False)
    os.close(null)


class _LostLog:
    """Warns once that Ansible's log (``ANSIBLE_LOG_PATH``) cannot be written, instead of a traceback for each line."""

    def __init__(self, handler: logging.FileHandler) -> None:
        self._path = handler.baseFilename
        self._said = False

    def __call__(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging passes it
        if self._said:
            return
        self._said = True
        error = sys.exc_info()[1]
        why = getattr(error, "strerror", None) or str(error)
        if sys.stderr is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"[WARNING]: the log cannot be written: {why} · {self._path} · The run continues\n")
