# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C while the engine works: the first one stops and undoes, the second one leaves.

ansible-core's own handler (``TaskQueueManager._signal_handler``) raises KeyboardInterrupt in the main process: the
worker could still undo, but no play after it would run and nothing more would be shown. So while the engine's task
runs, the first signal goes to the worker alone and the playbook carries on to its last play.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any, Protocol

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Child(Protocol):
    """A child process, as multiprocessing has them."""

    @property
    def pid(self) -> int | None:
        """Its process id once it is started."""

    def is_alive(self) -> bool:
        """Whether it runs."""


class Interrupts:
    """The main process's handlers of SIGINT and SIGTERM.

    :param workers: the children that may be running the engine.
    :param say: called with the signal's name when the first one was passed on; it runs inside the signal handler, so
        it must not use buffered streams.
    """

    def __init__(self, workers: Callable[[], Iterable[Child]], say: Callable[[str], None]) -> None:
        self._workers = workers
        self._say = say
        self._previous: dict[int, Any] = {}
        self._owner = 0
        self.engine_runs = False
        self.passed_on = False

    def install(self) -> bool:
        """Take the signals over; false, and nothing is done, outside the main thread or when already installed."""
        if self._previous or threading.current_thread() is not threading.main_thread():
            return False
        self._owner = os.getpid()
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._handle)
        return True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        # A worker inherits this handler for the moment between fork and its own; it must act as it always did.
        ours = os.getpid() == self._owner and self.engine_runs and not self.passed_on
        if not ours or not self._pass_on(number):
            self._give_back(number, frame)
            return
        self.passed_on = True
        self._say(signal.Signals(number).name)

    def _pass_on(self, number: int) -> bool:
        reached = False
        for child in self._workers():
            if child.pid is None or not child.is_alive():
                continue
            try:
                os.kill(child.pid, number)
            except ProcessLookupError:
                continue
            reached = True
        return reached

    def _give_back(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous.get(number, signal.SIG_DFL)
        signal.signal(number, signal.SIG_DFL if previous is None else previous)
        if callable(previous):
            previous(number, frame)
        elif previous != signal.SIG_IGN:
            os.kill(os.getpid(), number)
