# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Progress messages: what a run is doing, after a period without output."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from ..module_utils.common.text import clean
from ..module_utils.lock.lease import boottime
from ..module_utils.lock.process import identify

#: Seconds without output before the first line, and before the next ones. They become rarer: CI logs are stored.
FIRST_SECONDS = 1.0
NEXT_SECONDS = (5.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_LOOK_SECONDS = 0.25
#: Seconds until a playbook starts on an idle machine.
_QUIET_START_SECONDS = 0.8


class Signs:
    """Prints what is being done after too long without other output.

    It uses a thread, which must be stopped before the process ends.

    :param say: prints a line.
    :param last_write: the time of the last output, on the same clock; output before the start does not count.
    :param clock: seconds.
    :param slowness: the factor by which this machine is slower than an idle one: intervals grow with it.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        last_write: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        slowness: float = 1.0,
    ) -> None:
        self._slowness = slowness
        self._say = say
        self._last_write = last_write
        self._clock = clock
        self._started = clock()
        self._what = ""
        self._since = self._started
        self._said = 0
        self._said_at = 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def doing(self, what: str) -> None:
        """Set what the run is doing; an empty text disables messages (during a prompt)."""
        self._what, self._since = what, self._clock()

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread."""
        self._stop.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def look(self) -> None:
        """Print a line if it is due."""
        line = self._line()
        if line is not None:
            self._say(line)
            self._said += 1
            self._said_at = self._clock()

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            self.look()

    def _line(self) -> str | None:
        now, written = self._clock(), self._last_write()
        if not self._what:
            return None
        if self._said == 0 and written < self._started:
            return f"{self._what} …" if now - self._started >= FIRST_SECONDS * self._slowness else None
        # Its own output does not reset the interval, which only grows.
        if written > self._said_at + _LOOK_SECONDS:
            self._said = 0
        quiet = now - max(written, self._said_at)
        if quiet < NEXT_SECONDS[min(self._said, len(NEXT_SECONDS) - 1)] * self._slowness:
            return None
        return f"{self._what} … {now - self._since:.0f} s"


def slowness() -> float:
    """This machine's slowness, from the time that Ansible took to start; 1 to 5, measured once."""
    process = identify(os.getpid())
    if process is None:
        return 1.0
    took = boottime() - process.start / os.sysconf("SC_CLK_TCK")
    return min(5.0, max(1.0, took / _QUIET_START_SECONDS))


def environment_of(play: Any) -> str:
    """The prefix of a line with the play's environment."""
    manager = play.get_variable_manager()
    everywhere = getattr(getattr(manager, "_inventory", None), "groups", {}).get("all")
    name = clean(everywhere.vars.get("env") or "") if everywhere is not None else ""
    return f"{name}: " if name else ""
