# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Streams whose reader goes away, in processes of their own: what writes to them goes on to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Writes as ansible-core does, in a thread too; says how it ended by its exit code.
PROGRAM = """
import sys, threading
{before}
from ansible_collections.slipway.deploy.plugins.plugin_utils.streams import keep_going
{prepare}
keep_going()
keep_going()
def say():
    for number in range({lines}):
        sys.stdout.write(f"line {{number}}\\n")
        sys.stdout.flush()
        sys.stderr.write("error\\n")
        sys.stderr.flush()
    ended.append(True)
ended = []
thread = threading.Thread(target=say)
thread.start()
thread.join()
{after}
sys.stdout.flush()
raise SystemExit(7 if ended else 1)
"""


def program(before: str = "", prepare: str = "", after: str = "", lines: int = 5) -> list[str]:
    """The command line of such a process."""
    paths = f"import sys; sys.path[:] = {sys.path!r}\n"
    text = PROGRAM.format(before=before, prepare=prepare, after=after, lines=lines)
    return [sys.executable, "-c", paths + text]


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "PYTHONUNBUFFERED"])
@pytest.mark.parametrize(
    "shell", ["| head -1", "> /dev/full", ">&-", "<&-", "<&- >&-", "2>&1 | head -1", "2> /dev/full"]
)
def test_it_goes_on_to_its_end(shell: str, unbuffered: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash", *program(lines=2000)],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_disk_with_room_again_is_written_again(tmp_path: Path) -> None:
    """What did not fit is lost, what comes later is not."""
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); hard = resource.RLIM_INFINITY"
    small = f"{limit}; resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))"
    again = 'resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard)); sys.stdout.write("later\\n")'
    with (tmp_path / "log").open("w") as log:
        done = subprocess.run(program(prepare=small, after=again), stdout=log, stderr=subprocess.DEVNULL, check=False)
    assert done.returncode == 7
    text = (tmp_path / "log").read_text()
    assert text.startswith("line 0\n")
    assert text.endswith("later\n")


def test_a_pipe_that_somebody_made_non_blocking_loses_nothing() -> None:
    """Node.js does, and shares the pipe with what it started."""
    with subprocess.Popen(
        program(prepare="import os; os.set_blocking(1, False)", lines=20_000),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read().splitlines() == [f"line {number}" for number in range(20_000)]
    assert process.returncode == 7


def test_descriptors_that_were_closed_are_given_to_nobody_else() -> None:
    """A worker of Ansible replaces 0, 1 and 2 by /dev/null, whatever they are."""
    null = 'all(os.readlink(f"/proc/self/fd/{n}") == "/dev/null" for n in (0, 1))'
    after = f"import os; assert min(os.pipe()) > 2; assert {null}"
    done = subprocess.run(
        ["bash", "-c", '"$@" <&- >&-', "bash", *program(after=after)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7, done.stderr


def test_a_log_that_cannot_be_written_is_said_once() -> None:
    logs = 'import logging; logging.basicConfig(filename="/dev/full", level=logging.INFO)'
    after = 'for n in range(3): logging.getLogger("ansible").info("line")'
    done = subprocess.run(program(prepare=logs, after=after), capture_output=True, text=True, check=False)
    assert done.returncode == 7
    said = [line for line in done.stderr.splitlines() if line != "error"]
    assert said == ["[WARNING]: the log cannot be written: No space left on device · /dev/full · The run continues"]
