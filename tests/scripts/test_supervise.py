# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tests that are ended by a signal leave nothing running, in whatever session and with whatever environment it was."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deploys import wait_for
from tests.support.pace import scaled

SUPERVISE = Path(__file__).resolve().parents[2] / "scripts" / "supervise.py"
# A daemon in a session of its own, without its starter's environment.
TESTS = """
setsid env -i /bin/sh -c '{trap} echo $$ >{place}/daemon; while :; do sleep 0.1; done' &
echo $$ >{place}/script
{then}
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A directory for a run; what a failed test leaves is ended."""
    yield tmp_path
    for name in ("daemon", "script"):
        if is_alive(tmp_path / name):
            os.kill(int((tmp_path / name).read_text()), signal.SIGKILL)


def start(place: Path, then: str, trap: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [SUPERVISE, f"touch {place}/cleaned", "bash", "-c", TESTS.format(place=place, then=then, trap=trap)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def is_alive(file: Path) -> bool:
    return file.exists() and bool(text := file.read_text().strip()) and Path("/proc", text).exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("whole_group", [False, True], ids=["one process", "its group"])
def test_a_signal_ends_everything(place: Path, number: signal.Signals, whole_group: bool) -> None:
    stubborn = "trap : TERM;" if whole_group and number == signal.SIGTERM else ""
    run = start(place, "sleep 600", stubborn)
    wait_for("the daemon runs", lambda: is_alive(place / "daemon") and is_alive(place / "script"))
    (os.killpg if whole_group else os.kill)(run.pid, number)
    run.communicate(timeout=scaled(60))
    assert run.returncode in (143, -signal.SIGKILL)
    wait_for("it has cleaned up", (place / "cleaned").exists)
    assert not is_alive(place / "daemon")
    assert not is_alive(place / "script")


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_commands_and_nothing_is_left(place: Path, code: int) -> None:
    wait = f"until [ -s {place}/daemon ]; do sleep 0.1; done; exit {code}"
    run = start(place, wait)
    run.communicate(timeout=scaled(60))
    assert run.returncode == code
    assert (place / "cleaned").exists()
    assert not is_alive(place / "daemon")
