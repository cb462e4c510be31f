# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The processes of a run: the main process and its workers, which are sessions of their own.

A worker outlives a killed ``ansible-playbook`` as an orphan and would continue to make changes. So the engine's worker
requests a signal at its parent's death (prctl(2), PR_SET_PDEATHSIG) and compares its parent before each mutation.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from ..module_utils.common.command import resume_commands
from ..module_utils.common.errors import SlipwayError

_PR_SET_PDEATHSIG = 1
_ENDING = (signal.SIGINT, signal.SIGTERM)
#: New objects between two garbage collections of the main process, which creates little garbage.
_COLLECT_EVERY = 50_000


class Orphaned(SlipwayError):
    """The main process is gone: nothing may be changed any more."""


def die_with(parent: int) -> None:
    """Make the kernel kill this process when ``parent``, its parent, dies.

    :raises Orphaned: it is dead already.
    """
    if hasattr(os, "uname") and os.uname().sysname == "Linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    check_parent(parent)


def check_parent(parent: int) -> None:
    """Raise when this process has lost its parent.

    :raises Orphaned: then.
    """
    if os.getppid() != parent:
        raise Orphaned("ansible-playbook is gone", None, f"Go on with the deploy: {resume_commands()}")


@contextmanager
def cancellable(marked: Callable[[], str | None]) -> Iterator[Cancel]:
    """Turn SIGINT and SIGTERM into a cancellation that the engine checks, during the block.

    :param marked: the name of the signal that the main process got, or ``None``: see :mod:`.interrupt`.
    """
    cancel = Cancel(marked)
    previous = {number: signal.signal(number, cancel.take) for number in _ENDING}
    try:
        yield cancel
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class Interrupted(SlipwayError):
    """A signal ended an action that changes nothing."""


def _reason(name: str) -> str:
    return "stopped by Ctrl-C" if name == "SIGINT" else f"stopped by {name}"


class Interruption:
    """Whether a signal has ended the action."""

    def __init__(self) -> None:
        self._why: str | None = None

    def end(self, number: int, _frame: FrameType | None) -> None:
        """Handle the first signal, and none after it.

        :raises Interrupted: wherever the action is.
        """
        for each in _ENDING:
            signal.signal(each, signal.SIG_IGN)
        self._why = _reason(signal.Signals(number).name)
        raise Interrupted(self._why)

    def check(self) -> None:
        """Raise an exception again that was swallowed: by Python in a destructor, or by code that ignores errors.

        :raises Interrupted: then.
        """
        if self._why is not None:
            raise Interrupted(self._why)


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """End an action by :class:`Interrupted` at the first SIGINT or SIGTERM; its cleanup is not interrupted."""
    interruption = Interruption()
    previous = {number: signal.signal(number, interruption.end) for number in _ENDING}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class Cancel:
    """Whether and why the run must stop."""

    def __init__(self, marked: Callable[[], str | None]) -> None:
        self._marked = marked
        self._why: str | None = None
        self._asked = threading.Event()

    def take(self, number: int, _frame: FrameType | None) -> None:
        """Receive a signal. The first one counts."""
        if self._why is None:
            self._why = _reason(signal.Signals(number).name)
        self._asked.set()

    def why(self) -> str | None:
        """The reason, or ``None`` without one."""
        if self._why is None:
            name = self._marked()
            self._why = _reason(name) if name is not None else None
        return self._why

    def wait(self, seconds: float) -> None:
        """Sleep for that long, or until the first signal; later signals do not shorten it."""
        if self._why is not None:
            self._asked.clear()
        self._asked.wait(seconds)


def collect_rarely() -> None:
    """Exclude what Ansible has loaded from garbage collection, in this process and in its workers.

    A collection in a forked worker touches every object, and so copies the pages shared with this process
    (https://docs.python.org/3/library/gc.html#gc.freeze). A worker collects its own garbage as often as usual: the
    answers of AWS are full of cycles.
    """
    os.register_at_fork(before=gc.freeze, after_in_child=partial(gc.set_threshold, *gc.get_threshold()))
    gc.set_threshold(_COLLECT_EVERY)
