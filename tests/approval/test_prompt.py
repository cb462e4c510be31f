# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The approval as a person gives it at a terminal, and as nobody can give it without one."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.support.pace import scaled

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
TAG = "prod-20261120"
PLAYBOOK = """
- name: Approve
  hosts: site
  gather_facts: false
  tasks:
    - name: Have the release approved
      slipway.deploy.approval:
        tag: prod-20261120
        approvers: "{{ site_approvers | default(omit) }}"
        releases: {site: prod-20261120}
        timeout: "{{ seconds | default(60) }}"
      run_once: true
      register: __approval

    - name: Go on
      ansible.builtin.debug:
        msg: "approved: {{ __approval.approval | default({}) | to_json }}"
      run_once: true
"""
QUESTION = f"production is about to get {TAG}. Type the tag to approve it as "
REMEDY = (
    "Give the name of the approver: "
    f"ansible-playbook approve.yml -e env=production -e site_release={TAG} -e approved_by=…"
)
LIMIT_SECONDS = scaled(60)


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path) -> Path:
    """A project with a site of two hosts and a playbook that wants an approval."""
    inventory = tmp_path / "inventories" / "production"
    inventory.mkdir(parents=True)
    shutil.copy(ROOT / "inventories" / "environment.yml", inventory.parent)
    shutil.copy(ROOT / "inventories" / "dev" / "environment.yml", inventory)
    shutil.copy(ROOT / "ansible.cfg", tmp_path)
    (tmp_path / "collections").symlink_to(ROOT / "collections")
    (tmp_path / "approve.yml").write_text(PLAYBOOK, encoding="utf-8")
    hosts = {"site": {"hosts": {"site-1": {}, "site-2": {}}, "vars": {"ansible_connection": "local"}}}
    (inventory / "site.yml").write_text(yaml.safe_dump({"fleet": {"hosts": {}}, **hosts}), encoding="utf-8")
    return tmp_path


def command(project: Path, *more: str) -> dict[str, object]:
    """What starts the playbook."""
    dropped = ("ANSIBLE_", "AWS_", "GITHUB_", "SLIPWAY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environ = {**kept, "PATH": f"{BIN}:{os.environ['PATH']}", "ANSIBLE_HOME": str(project / "home"), "TERM": "xterm"}
    argv = [str(BIN / "ansible-playbook"), "approve.yml", "-e", "env=production", *more]
    return {"args": argv, "cwd": project, "env": environ}


class Terminal:
    """A terminal with a run on it."""

    def __init__(self, master: int, process: subprocess.Popen[bytes]) -> None:
        self._master = master
        self.process = process
        self.shown = ""

    def until(self, text: str, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until a text was shown."""
        deadline = time.monotonic() + seconds
        while text not in self.shown:
            left = deadline - time.monotonic()
            assert left > 0, f"not shown: {text}\n{self.shown}"
            self._read(left)

    def _read(self, seconds: float) -> bool:
        ready, _write, _error = select.select([self._master], [], [], min(seconds, 0.2))
        if not ready:
            return True
        try:
            piece = os.read(self._master, 4096)
        except OSError:  # Nobody holds the other side any more.
            return False
        self.shown += piece.decode(errors="replace")
        return bool(piece)

    def asked(self, text: str) -> None:
        """Wait until a question was shown and keys are listened to: what is typed before is thrown away."""
        self.until(text)
        deadline = time.monotonic() + LIMIT_SECONDS
        while termios.tcgetattr(self._master)[3] & termios.ICANON:
            assert time.monotonic() < deadline, self.shown
            time.sleep(0.02)
        time.sleep(0.3)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Wait for the run's end; its exit code."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            self._read(0.2)
        while self._read(0.2) and select.select([self._master], [], [], 0)[0]:
            pass
        return self.process.wait(timeout=1)


@contextmanager
def terminal(project: Path, *more: str) -> Iterator[Terminal]:
    """A run on a terminal of its own, which it controls as a person's shell would let it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x28\x00\x78\x00\x00\x00\x00\x00")

    def control() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen(  # type: ignore[call-overload]  # the arguments are in the mapping
        **command(project, *more),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=control,  # noqa: PLW1509 - it is one system call
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


def approval(shown: str) -> dict[str, str]:
    """The approval that the playbook went on with."""
    found: dict[str, str] = json.loads(shown.partition("approved: ")[2].splitlines()[0])
    return found


def test_the_tag_is_typed(project: Path) -> None:
    with terminal(project) as run:
        run.asked(f"{QUESTION}{getpass.getuser()}: ")
        run.type(f"{TAG}\r")
        assert run.end() == 0, run.shown
    found = approval(run.shown)
    assert (found["by"], found["how"]) == (getpass.getuser(), "prompt")
    assert found["at"].endswith("+00:00")
    assert run.shown.count(QUESTION) == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("\r", "nothing was typed"),
        ("y\r", "what was typed is not the tag"),
        ("prod-20261121\r", "what was typed is not the tag"),
        ("\x03", f"stopped by Ctrl-C. {REMEDY}"),
    ],
)
def test_any_other_answer_ends_it(project: Path, typed: str, said: str) -> None:
    with terminal(project) as run:
        run.asked(f"{QUESTION}{getpass.getuser()}: ")
        run.type(typed)
        assert run.end() == 2, run.shown
    assert f"{TAG} is not approved: {said}" in run.shown
    assert "approved: {" not in run.shown


def test_a_slip_can_be_corrected(project: Path) -> None:
    with terminal(project) as run:
        run.asked(QUESTION)
        run.type("prox\x7f\x7f")
        run.type("od-20261120\r")
        assert run.end() == 0, run.shown


def test_nobody_answers_in_time(project: Path) -> None:
    with terminal(project, "-e", "seconds=1") as run:
        run.asked(QUESTION)
        run.type(TAG)  # Without Enter.
        assert run.end() == 2, run.shown
    assert f"{TAG} is not approved: no answer within 1 s" in run.shown


def test_what_was_typed_before_the_question_is_no_answer(project: Path) -> None:
    with terminal(project) as run:
        run.type(f"{TAG}\r")
        run.asked(QUESTION)
        run.type("\r")
        assert run.end() == 2, run.shown
    assert "nothing was typed" in run.shown


def without_terminal(
    project: Path, *more: str, stdin: int | None = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """A run as CI starts it."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]  # the arguments are in the mapping
        **command(project, *more),
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
        start_new_session=True,
    )


def test_without_a_terminal_it_is_a_refusal(project: Path) -> None:
    ran = without_terminal(project)
    assert ran.returncode == 2, ran.stdout
    said = [line for line in (ran.stdout + ran.stderr).splitlines() if line.strip()]
    assert said == [f"{TAG} is not approved: there is no terminal to ask at. {REMEDY}"]


def test_what_a_pipe_says_is_no_answer(project: Path) -> None:
    read, write = os.pipe()
    os.write(write, f"{TAG}\n".encode())
    os.close(write)
    ran = without_terminal(project, stdin=read)
    os.close(read)
    assert ran.returncode == 2
    assert "there is no terminal to ask at" in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (["-e", "approved_by=maria"], 0, '"by": "maria", "how": "variable"'),
        (["-e", "approved_by=maria", "-e", "approval_ref=https://ci.example.org/7"], 0, "https://ci.example.org/7"),
        (["-e", "approved_by="], 2, "-e approved_by: the approver's name is empty"),
        (["-e", "approved_by=maria", "-e", '{"site_approvers": ["petra"]}'], 2, "maria may not approve a release"),
        (["-e", "approved_by=petra", "-e", '{"site_approvers": ["petra"]}'], 0, '"by": "petra"'),
        (["-e", '{"site_approvers": "petra"}'], 2, "the approvers are not a list"),
        (["--check"], 0, "approved: {}"),
    ],
)
def test_the_command_line(project: Path, more: list[str], code: int, said: str) -> None:
    ran = without_terminal(project, *more)
    assert (ran.returncode, said in ran.stdout + ran.stderr) == (code, True), ran.stdout + ran.stderr


def test_a_name_in_the_inventory_approves_nothing(project: Path) -> None:
    variables = project / "inventories" / "production" / "group_vars" / "all.yml"
    variables.parent.mkdir()
    variables.write_text("approved_by: maria\n", encoding="utf-8")
    ran = without_terminal(project)
    assert ran.returncode == 2
    assert "approved_by is set in a file, which does not approve a release" in ran.stdout + ran.stderr
