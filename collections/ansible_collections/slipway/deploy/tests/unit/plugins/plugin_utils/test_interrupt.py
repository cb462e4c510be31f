# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SIGINT and SIGTERM in the main process, with real children and real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType

import pytest

from ansible_collections.slipway.deploy.plugins.plugin_utils.interrupt import SIGNALS, Interrupts

# Says the number of every signal that it gets.
CHILD = """
import signal
signals = (signal.SIGINT, signal.SIGTERM)
signal.pthread_sigmask(signal.SIG_BLOCK, signals)
print("ready", flush=True)
while True:
    print(int(signal.sigwait(signals)), flush=True)
"""


class Worker:
    """A child process as multiprocessing would have it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
        assert self.said() == "ready"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@dataclass
class World:
    """The main process: its children, what was said, what the previous handler got."""

    workers: list[Worker] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    previous: list[int] = field(default_factory=list)

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.previous.append(number)

    def hire(self) -> Worker:
        self.workers.append(Worker())
        return self.workers[-1]


@pytest.fixture
def world() -> Iterator[World]:
    here = World()
    before = {number: signal.signal(number, here.handle) for number in SIGNALS}
    yield here
    for number, handler in before.items():
        signal.signal(number, handler)
    for worker in here.workers:
        worker.end()


@pytest.fixture
def interrupts(world: World) -> Interrupts:
    made = Interrupts(lambda: world.workers, world.said.append)
    assert made.install()
    return made


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_goes_to_the_worker_the_second_to_ansible(
    world: World, interrupts: Interrupts, number: signal.Signals
) -> None:
    worker = world.hire()
    interrupts.engine_runs = True
    os.kill(os.getpid(), number)
    assert worker.said() == str(int(number))
    assert (world.said, world.previous) == ([number.name], [])
    os.kill(os.getpid(), number)
    assert (world.said, world.previous) == ([number.name], [number])
    assert signal.getsignal(number) == world.handle


def test_a_second_one_of_the_other_kind_leaves_too(world: World, interrupts: Interrupts) -> None:
    world.hire()
    interrupts.engine_runs = True
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    assert world.previous == [signal.SIGTERM]


def test_outside_the_engines_tasks_ansible_handles_it(world: World, interrupts: Interrupts) -> None:
    world.hire()
    os.kill(os.getpid(), signal.SIGINT)
    assert (world.said, world.previous) == ([], [signal.SIGINT])


def test_without_a_living_worker_ansible_handles_it(world: World, interrupts: Interrupts) -> None:
    world.hire().end()
    interrupts.engine_runs = True
    os.kill(os.getpid(), signal.SIGINT)
    assert (world.said, world.previous) == ([], [signal.SIGINT])


def test_a_forked_child_acts_as_it_always_did(world: World, interrupts: Interrupts) -> None:
    world.hire()
    interrupts.engine_runs = True
    interrupts._owner = os.getppid()
    os.kill(os.getpid(), signal.SIGINT)
    assert (world.said, world.previous) == ([], [signal.SIGINT])


def test_a_default_handler_comes_back(world: World) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts(list, world.said.append)
    interrupts.install()
    os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_it_is_installed_once_and_in_the_main_thread_only(world: World, interrupts: Interrupts) -> None:
    assert not interrupts.install()
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(Interrupts(list, world.said.append).install()))
    thread.start()
    thread.join()
    assert results == [False]
