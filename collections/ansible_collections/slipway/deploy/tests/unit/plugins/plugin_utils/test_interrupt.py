# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SIGINT, SIGTERM and SIGHUP in the main process, with real signals."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

import pytest

from ansible_collections.slipway.deploy.plugins.plugin_utils.interrupt import SIGNALS, Interrupts


@dataclass
class World:
    """The main process: the marks that were left, what was said, what the previous handler got, how often it left."""

    has_files: bool = True
    marks: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    previous: list[int] = field(default_factory=list)
    left: int = 0

    def handle(self, number: int, _frame: FrameType | None) -> None:
        """Ansible's handler."""
        self.previous.append(number)

    def mark(self, name: str) -> bool:
        """Leave a mark, if there is a place for it."""
        if self.has_files:
            self.marks.append(name)
        return self.has_files

    def leave(self) -> None:
        """The run ends at once."""
        self.left += 1


@pytest.fixture
def world() -> Iterator[World]:
    here = World()
    before = {number: signal.signal(number, here.handle) for number in SIGNALS}
    yield here
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def interrupts(world: World) -> Interrupts:
    made = Interrupts(world.mark, world.said.append, world.leave)
    assert made.install()
    return made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_leaves_a_mark_the_second_goes_to_ansible(
    world: World, interrupts: Interrupts, number: signal.Signals
) -> None:
    interrupts.engine_runs = True
    os.kill(os.getpid(), number)
    assert (world.marks, world.said, world.previous, world.left) == ([number.name], [number.name], [], 0)
    os.kill(os.getpid(), number)
    assert world.left == 1
    assert (world.marks, world.said, world.previous) == ([number.name], [number.name], [number])
    assert signal.getsignal(number) == world.handle


def test_a_second_one_of_the_other_kind_leaves_too(world: World, interrupts: Interrupts) -> None:
    interrupts.engine_runs = True
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    assert (world.previous, world.left) == ([signal.SIGTERM], 1)


def test_a_terminal_that_closes_never_makes_it_leave(world: World, interrupts: Interrupts) -> None:
    """The shell and the kernel both send SIGHUP."""
    interrupts.engine_runs = True
    for _time in range(3):
        os.kill(os.getpid(), signal.SIGHUP)
        assert (world.marks, world.said, world.previous, world.left) == (["SIGHUP"], ["SIGHUP"], [], 0)


def test_nohup_is_heeded(world: World) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    Interrupts(world.mark, world.said.append).install()
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


@pytest.mark.parametrize("number", SIGNALS)
def test_outside_the_engines_tasks_each_is_a_ctrl_c_for_ansible(
    world: World, interrupts: Interrupts, number: signal.Signals
) -> None:
    os.kill(os.getpid(), number)
    assert (world.marks, world.said, world.previous, world.left) == ([], [], [signal.SIGINT], 1)


def test_without_a_place_for_the_mark_ansible_handles_it(world: World, interrupts: Interrupts) -> None:
    world.has_files = False
    interrupts.engine_runs = True
    os.kill(os.getpid(), signal.SIGINT)
    assert (world.said, world.previous) == ([], [signal.SIGINT])


def test_a_forked_child_acts_as_it_always_did(world: World, interrupts: Interrupts) -> None:
    interrupts.engine_runs = True
    interrupts._owner = os.getppid()
    os.kill(os.getpid(), signal.SIGINT)
    assert (world.said, world.previous) == ([], [signal.SIGINT])


def test_a_default_handler_comes_back(world: World) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts(world.mark, world.said.append)
    interrupts.install()
    os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_it_is_installed_once_and_in_the_main_thread_only(world: World, interrupts: Interrupts) -> None:
    assert not interrupts.install()
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(Interrupts(world.mark, world.said.append).install()))
    thread.start()
    thread.join()
    assert results == [False]
