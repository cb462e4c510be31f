# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C while a deploy is being carried out: the first one stops and undoes, the second one leaves.

SIGTERM is the same, and so is SIGHUP, the end of the terminal, unless it is ignored (``nohup``).

ansible-core's own handler (``TaskQueueManager._signal_handler``) raises KeyboardInterrupt in the main process: the
worker could still undo, but no play after it would run and nothing more would be shown. So from the first task that
changes something to the last one, the first signal only leaves a mark among the run's files. The tasks look for it,
whichever of them runs or comes next, and the playbook carries on to its last play.

Before the first of those tasks each signal is handled as Ctrl-C: ansible-core ends itself at once at SIGTERM, and the
worker that holds the lock would be gone before it has given the lock back.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """The main process's handlers of SIGINT, SIGTERM and SIGHUP.

    :param mark: leaves the mark, given the signal's name; false when there is no place for it.
    :param say: called with the signal's name when the mark was left.
    :param leave: called before the run is ended at once. All run inside the signal handler, so they must not use
        buffered streams.
    """

    def __init__(
        self, mark: Callable[[str], bool], say: Callable[[str], None], leave: Callable[[], None] = lambda: None
    ) -> None:
        self._mark = mark
        self._say = say
        self._leave = leave
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
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup
            self._previous[number] = signal.signal(number, self._handle)
        return True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:
            # A worker inherits this handler for the moment between fork and its own; it must act as it always did.
            self._give_back(number, frame)
            return
        name = signal.Signals(number).name
        if self.engine_runs and not self.passed_on and self._mark(name):
            self.passed_on = True
            self._say(name)
            return
        if self.passed_on and number == signal.SIGHUP:
            return  # A terminal that closes sends it twice: the shell does, and the kernel.
        self._leave()
        self._give_back(number if self.passed_on else signal.SIGINT, frame)

    def _give_back(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous.get(number, signal.SIG_DFL)
        signal.signal(number, signal.SIG_DFL if previous is None else previous)
        if callable(previous):
            previous(number, frame)
        elif previous != signal.SIG_IGN:
            os.kill(os.getpid(), number)
