# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C during a deploy: the first one stops and undoes, the second one exits.

SIGTERM is the same, and so is SIGHUP, the end of the terminal, unless it is ignored (``nohup``).

ansible-core's own handler (``TaskQueueManager._signal_handler``) raises KeyboardInterrupt in the main process: the
worker could still undo, but no later play would run and nothing more would be shown. So from the first task that
changes something to the last one, the first signal only leaves a mark among the run's files. The tasks check for it,
the running and the next ones, and the playbook continues to its last play.

Before the first of those tasks each signal is handled as Ctrl-C: ansible-core ends itself at once at SIGTERM, and the
worker that holds the lock would end before it has released the lock.
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

    :param mark: leaves the mark with the signal's name; returns false if it cannot be written.
    :param say: called with the signal's name after the mark was left.
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
        """Install the handlers; return false, without doing so, outside the main thread or if already installed."""
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
            # A worker inherits this handler between the fork and its own handler; it must behave as before.
            self._give_back(number, frame)
            return
        name = signal.Signals(number).name
        if self.engine_runs and not self.passed_on and self._mark(name):
            self.passed_on = True
            self._say(name)
            return
        if self.passed_on and number == signal.SIGHUP:
            return  # A closing terminal sends it twice: from the shell and from the kernel.
        self._leave()
        self._give_back(number if self.passed_on else signal.SIGINT, frame)

    def _give_back(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous.get(number, signal.SIG_DFL)
        signal.signal(number, signal.SIG_DFL if previous is None else previous)
        if callable(previous):
            previous(number, frame)
        elif previous != signal.SIG_IGN:
            os.kill(os.getpid(), number)
