# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback in real runs of ansible-playbook: into a pipe, and on a terminal with Ctrl-C.

The collection's callback is used with an engine that does nothing but draw, wait and say which signal it got.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pyte
import pytest

COLLECTION = Path(__file__).parents[4]
# ansible-core checks the locale; CI and NO_COLOR of the machine that runs the tests must not decide.
ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "LC_ALL": "C.UTF-8",
    "TERM": "xterm-256color",
}
WIDTH, HEIGHT = 80, 24

ENGINE = """
import os
import select

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.slipway.deploy.plugins.module_utils.lock.process import main_process
from ansible_collections.slipway.deploy.plugins.module_utils.render.screen import VARIABLE, Screen, Terminal
from ansible_collections.slipway.deploy.plugins.plugin_utils.files import Held, RunFiles, runs_directory

display = Display()


class ActionModule(ActionBase):
    ON_RECORD = True

    def run(self, tmp=None, task_vars=None):
        files, got = RunFiles(runs_directory(), main_process()), []
        files.save(Held("dev", "token"))
        terminal = Terminal.parse(os.environ.get(VARIABLE))
        display.display(f"terminal {os.environ.get(VARIABLE)}")
        if terminal:
            screen = Screen(terminal.columns, terminal.lines)
            display.display(screen.draw(0, ["one", "two"]), screen_only=True, newline=False)
        else:
            display.display("working")
        if self._task.args.get("wait"):
            while not files.asked_to_stop():
                select.select([], [], [], 0.01)
            got = [files.asked_to_stop()]
        if terminal:
            display.display(screen.draw(2, ["uno", "due"]), screen_only=True, newline=False)
        lines = [f"the engine got {name}" for name in got] + ["wave 1: done"]
        if self._task.args.get("fail"):
            return {"failed": True, "msg": "first error\\nsecond error", "slipway_lines": ["FAILED user-service"]}
        return {"changed": True, "slipway_lines": lines, "big": {"json": ["x"] * 50}}
"""

# A module that changes a file, without the seconds that a real one takes.
WRITE = """
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        return {"changed": True, "diff": {"before": "", "after": "hello\\n", "after_header": "/written"}}
"""

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Roll out
      slipway.deploy.fleet_rollout: {arguments}
      run_once: true
    - name: Go on
      ansible.builtin.debug:
        msg: the last play runs
      run_once: true
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory in which slipway.deploy has the real callback and an engine of its own."""
    plugins = tmp_path / "ansible_collections" / "slipway" / "deploy" / "plugins"
    (plugins / "action").mkdir(parents=True)
    for name in ("callback", "module_utils", "plugin_utils"):
        (plugins / name).symlink_to(COLLECTION / "plugins" / name)
    (plugins / "action" / "fleet_rollout.py").write_text(ENGINE)
    (tmp_path / "action_plugins").mkdir()
    (tmp_path / "action_plugins" / "write.py").write_text(WRITE)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\ncollections_path = {tmp_path}\nstdout_callback = slipway.deploy.operator\n"
        f"home = {tmp_path}/.ansible\ninterpreter_python = {sys.executable}\n"
    )
    return tmp_path


def command(project: Path, playbook: str, *options: str) -> list[str]:
    path = project / "playbook.yml"
    path.write_text(playbook)
    return [sys.executable, "-m", "ansible", "playbook", "-i", "a,b,c", "-c", "local", str(path), *options]


def piped(project: Path, playbook: str, *options: str) -> tuple[int, list[str]]:
    """Exit code and output of a run into a pipe."""
    done = subprocess.run(
        command(project, playbook, *options),
        cwd=project,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_only_what_matters_is_printed(project: Path) -> None:
    code, lines = piped(project, PLAYBOOK.format(arguments="{}"))
    assert (code, lines) == (0, ["terminal None", "working", "wave 1: done", "the last play runs"])


EVERYTHING = """
- hosts: all
  gather_facts: false
  tasks:
    - {name: As it was, ansible.builtin.raw: "true", changed_when: false}
    - {name: Skipped, ansible.builtin.raw: "true", when: false}
    - {name: Change, ansible.builtin.raw: "true"}
    - {name: Loop, ansible.builtin.raw: "true", loop: [x], run_once: true}
    - {name: Tolerate, ansible.builtin.fail: {msg: never mind}, ignore_errors: true, run_once: true}
    - {name: Write, write: {}, run_once: true}
    - {name: Break, ansible.builtin.raw: "echo why >&2; exit 3", when: inventory_hostname == "b"}
    - name: Reach
      ansible.builtin.raw: "true"
      when: inventory_hostname == "c"
      vars: {ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1}
    - name: Roll out
      slipway.deploy.fleet_rollout: {fail: true}
      run_once: true
"""
CHANGES = [
    "changed: [a] Loop (x)",
    "ignored: [a] Tolerate: never mind",
    "--- before",
    "+++ after: /written",
    "@@ -0,0 +1 @@",
    "+hello",
    "changed: [a] Write",
    "FAILED: [b] Break: non-zero return code",
    "  why",
]


def test_changes_and_failures_take_a_line_each(project: Path) -> None:
    code, lines = piped(project, EVERYTHING, "--diff")
    assert code != 0
    assert sorted(lines[:3]) == ["changed: [a] Change", "changed: [b] Change", "changed: [c] Change"]
    assert lines[3:12] == CHANGES
    assert lines[12].startswith("UNREACHABLE: [c] Reach: Failed to connect to the host via ssh")
    assert lines[13:] == [
        "terminal None",
        "working",
        "FAILED user-service",
        "first error",
        "second error",
        "hosts: 2 failed (a, b), 1 unreachable (c)",
    ]


KEPT = """
- hosts: a
  gather_facts: false
  tasks:
    - vars: {slipway_failure_is_kept: true}
      block:
        - {name: Try, ansible.builtin.fail: {msg: what was wrong}}
      rescue:
        - {name: Keep it, ansible.builtin.set_fact: {__why: "{{ ansible_failed_result }}"}}
    - vars: {slipway_failure_is_kept: true}
      block:
        - {name: Try each, ansible.builtin.fail: {msg: "no {{ item }}"}, loop: [x]}
      rescue:
        - {name: Keep it, ansible.builtin.set_fact: {__other: "{{ ansible_failed_result }}"}}
    - block:
        - {name: Tell, ansible.builtin.fail: {msg: it goes on}}
      rescue:
        - {name: Do without, ansible.builtin.raw: "true", changed_when: false}
    - {name: Say it, ansible.builtin.debug: {msg: "in the end: {{ __why.msg }}"}}
"""


def test_a_failure_that_is_kept_is_said_by_who_says_it_later(project: Path) -> None:
    code, lines = piped(project, KEPT)
    assert (code, lines) == (0, ["FAILED: [a] Tell: it goes on", "in the end: what was wrong"])
    assert any("what was wrong" in line for line in piped(project, KEPT, "-v")[1][:-3])


def test_verbose_is_ansibles_usual_output(project: Path) -> None:
    code, lines = piped(project, PLAYBOOK.format(arguments="{}"), "-v")
    assert code == 0
    assert "wave 1: done" in lines
    for banner in ("PLAY [all]", "TASK [Roll out]", "PLAY RECAP"):
        assert any(line.startswith(banner) for line in lines)
    assert sum("wave 1: done" in line for line in lines) == 1


class Terminal:
    """A run of ansible-playbook on a terminal of its own."""

    def __init__(self, project: Path, playbook: str) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.ByteStream(self.screen)
        self.received = b""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self.process = subprocess.Popen(
            command(project, playbook),
            cwd=project,
            env=ENVIRON,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    @property
    def lines(self) -> list[str]:
        shown = [line.rstrip() for line in self.screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def until(self, wanted: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen shows what is wanted, or the run ends."""
        while not wanted(self.lines):
            try:
                data = os.read(self._master, 4096)
            except OSError:
                # The other side is closed: Linux says EIO.
                break
            self.received += data
            self._stream.feed(data)
        return self.lines

    def end(self) -> tuple[int, list[str]]:
        lines = self.until(lambda _lines: False)
        code = self.process.wait()
        os.close(self._master)
        return code, lines


def test_the_first_ctrl_c_stops_the_engine_and_the_playbook_goes_on(project: Path) -> None:
    run = Terminal(project, PLAYBOOK.format(arguments="{wait: true}"))
    run.until(lambda lines: "two" in lines)
    os.kill(run.process.pid, signal.SIGINT)
    code, lines = run.end()
    # It was shown below the block and is gone with the next frame.
    assert b"Ctrl-C: stopping; changes are undone. Again: leave, resume later." in run.received
    assert (code, lines) == (
        0,
        ["terminal 80x24:1", "uno", "due", "the engine got SIGINT", "wave 1: done", "the last play runs"],
    )


def test_sigterm_into_a_pipe_is_said_in_a_line(project: Path) -> None:
    process = subprocess.Popen(
        command(project, PLAYBOOK.format(arguments="{wait: true}")),
        cwd=project,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    # The line arrives while the engine works: nothing is held back in a buffer.
    while process.stdout.readline() != "working\n":
        pass
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()
    assert process.returncode == 0
    assert out.splitlines() == ["the engine got SIGTERM", "wave 1: done", "the last play runs"]
    assert err.startswith("SIGTERM: stopping; changes are undone. Press Ctrl-C again to leave at once (the record")
    assert len(err.splitlines()) == 1
