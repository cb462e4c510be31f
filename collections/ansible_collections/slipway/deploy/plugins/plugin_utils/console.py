# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows a worker's progress: frames in place on a terminal, timestamped lines elsewhere.

A worker has no terminal of its own: it writes through Ansible's display, in the main process. The callback
``slipway.deploy.operator`` describes the terminal in an environment variable.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.utils.display import Display

from ..module_utils.common.neutral import neutral
from ..module_utils.render.progress import events, frame
from ..module_utils.render.screen import VARIABLE, Screen, Terminal
from ..module_utils.render.style import Style

display = Display()

#: Minimum interval between two frames (seconds).
_REDRAW_SECONDS = 0.25


class Console:
    """Shows records as they change.

    :param clock: epoch seconds of the state store's clock.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._terminal = Terminal.parse(os.environ.get(VARIABLE))
        self._style = Style(self._terminal.colour if self._terminal else False)
        self._drawn = 0
        self._drawn_at = 0.0
        self._previous: Mapping[str, Any] | None = None

    @property
    def width(self) -> int | None:
        """Columns of the terminal, or ``None`` without one."""
        return self._terminal.columns if self._terminal else None

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines permanently."""
        for line in lines:
            display.display(self._style.line(neutral(line, lines=False)))

    def start(self, record: Mapping[str, Any]) -> None:
        """Begin with a record whose state is not shown."""
        self._previous = record

    def update(self, record: Mapping[str, Any]) -> None:
        """Show a record's new state."""
        if self._terminal is None:
            self.lines(events(self._previous, record, self._clock()))
            self._previous = record
            return
        now = self._clock()
        if record == self._previous and now - self._drawn_at < _REDRAW_SECONDS:
            return
        self._previous = record
        self._drawn_at = now
        self._draw(self._terminal, record, now)

    def finish(self) -> None:
        """Remove the frame: the following output replaces it."""
        if self._terminal is not None and self._drawn:
            screen = Screen(self._terminal.columns, self._terminal.lines)
            display.display(screen.draw(self._drawn, []), newline=False, screen_only=True)
            self._drawn = 0

    def _draw(self, terminal: Terminal, record: Mapping[str, Any], now: float) -> None:
        screen = Screen(terminal.columns, terminal.lines)
        lines = self._style.paint(frame(record, now, terminal.columns, screen.room))
        display.display(screen.draw(self._drawn, lines), newline=False, screen_only=True)
        self._drawn = screen.count(lines)
