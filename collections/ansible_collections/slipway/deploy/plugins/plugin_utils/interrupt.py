# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ctrl-C while a deploy is being carried out: the first one stops and undoes, the second one leaves.

ansible-core's own handler (``TaskQueueManager._signal_handler``) raises KeyboardInterrupt in the main process: the
worker could still undo, but no play after it would run and nothing more would be shown. So from the first task that
changes something to the last one, the first signal only leaves a mark among the run's files. The tasks look for it,
whichever of them runs or comes next, and the playbook carries on to its last play.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """The main process's handlers of SIGINT and SIGTERM.

    :param mark: leaves the mark, given the signal's name; false when there is no place for it.
    :param say: called with the signal's name when the mark was left. Both run inside the signal handler, so they must
        not use buffered streams.
    """

    def __init__(self, mark: Callable[[str], bool], say: Callable[[str], None]) -> None:
        self._mark = mark
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
        name = signal.Signals(number).name
        if not ours or not self._mark(name):
            self._give_back(number, frame)
            return
        self.passed_on = True
        self._say(name)

    def _give_back(self, number: int, frame: FrameType | None) -> None:
        previous = self._previous.get(number, signal.SIG_DFL)
        signal.signal(number, signal.SIG_DFL if previous is None else previous)
        if callable(previous):
            previous(number, frame)
        elif previous != signal.SIG_IGN:
            os.kill(os.getpid(), number)
