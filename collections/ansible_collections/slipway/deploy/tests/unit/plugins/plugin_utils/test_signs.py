# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a run that says nothing says that it lives."""

from __future__ import annotations

import threading

from ansible_collections.slipway.deploy.plugins.plugin_utils.signs import Signs


class Run:
    """A run on a clock of its own: what its signs said, and when."""

    def __init__(self) -> None:
        self.now = 100.0
        self.written = 0.0
        self.said: list[tuple[float, str]] = []
        self.signs = Signs(self._say, lambda: self.written, lambda: self.now)

    def _say(self, line: str) -> None:
        self.said.append((self.now - 100, line))
        self.written = self.now

    def quiet(self, seconds: float) -> None:
        """Pass time in which nothing is written."""
        for _quarter in range(round(seconds * 4)):
            self.now += 0.25
            self.signs.look()


def test_the_first_line_comes_within_a_second_and_more_become_rarer() -> None:
    run = Run()
    run.signs.doing("dev: Plan and verify")
    run.quiet(200)
    assert run.said == [
        (1.0, "dev: Plan and verify …"),
        (6.0, "dev: Plan and verify … 6 s"),
        (16.0, "dev: Plan and verify … 16 s"),
        (36.0, "dev: Plan and verify … 36 s"),
        (66.0, "dev: Plan and verify … 66 s"),
        (126.0, "dev: Plan and verify … 126 s"),
        (186.0, "dev: Plan and verify … 186 s"),
    ]


def test_after_a_line_of_the_run_it_is_silent_for_five_seconds() -> None:
    run = Run()
    run.signs.doing("dev: Begin")
    run.written = run.now
    run.quiet(4)
    run.signs.doing("dev: Roll out")
    run.quiet(1)
    assert run.said == [(5.0, "dev: Roll out … 1 s")]
    run.written = run.now = run.now + 3
    run.quiet(6)
    assert run.said[1:] == [(13.0, "dev: Roll out … 9 s")]


def test_who_is_asked_something_is_not_disturbed() -> None:
    run = Run()
    run.signs.doing("")
    run.quiet(60)
    assert run.said == []


def test_its_thread_ends() -> None:
    said = threading.Event()
    signs = Signs(lambda _line: said.set(), lambda: 0.0)
    signs._started -= 5
    signs.doing("dev: Begin")
    signs.start()
    assert said.wait(60)
    signs.stop()
    assert signs._thread is not None
    assert not signs._thread.is_alive()
