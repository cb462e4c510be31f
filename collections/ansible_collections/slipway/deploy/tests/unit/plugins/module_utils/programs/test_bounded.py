# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs with endless output, that do not end, or that leave others behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.programs.bounded import Bounded, run_bounded

MOST = 1000
ENVIRON = {"PATH": os.environ["PATH"], "GREETING": "hello"}


def sh(script: str, timeout: float = 60, cwd: str = "/") -> Bounded:
    return run_bounded(["sh", "-c", script], timeout, ENVIRON, cwd, MOST, MOST)


def test_output_errors_and_code(tmp_path: Path) -> None:
    found = sh("echo $GREETING; pwd; echo oops >&2; cat; exit 3", cwd=str(tmp_path))
    assert found == Bounded(3, f"hello\n{tmp_path}\n".encode(), b"oops\n", cut=False, late=False)


@pytest.mark.parametrize("size", [MOST, MOST + 1, 10 * 1024 * 1024])
def test_the_end_of_long_output_is_kept(size: int) -> None:
    found = sh(f"head -c {size - 1} /dev/zero; printf x; head -c {size - 1} /dev/zero >&2; printf y >&2")
    for text, last in ((found.output, b"x"), (found.errors, b"y")):
        assert len(text) == MOST
        assert text.endswith(last)
    assert found.cut is (size > MOST)


def test_one_that_does_not_end_is_stopped_with_its_children(tmp_path: Path) -> None:
    found = sh("sleep 600 & echo $! > child; echo begun; wait", timeout=1, cwd=str(tmp_path))
    assert (found.late, found.output) == (True, b"begun\n")
    assert found.code < 0
    assert not Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/fd/0").exists()


def test_one_that_ignores_signals_until_it_ends_is_no_failure() -> None:
    assert sh("trap '' TERM; echo a").output == b"a\n"


def test_what_holds_the_pipe_in_another_session_is_not_waited_for(tmp_path: Path) -> None:
    # It waits for the other session: what is still in this one is stopped.
    other = "setsid sh -c 'echo $$ > made && mv made child && exec sleep 600' &"
    found = sh(f"{other} until [ -e child ]; do sleep 0.05; done; echo done", cwd=str(tmp_path))
    assert (found.code, found.output) == (0, b"done\n")
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)


def test_one_that_does_not_exist() -> None:
    with pytest.raises(FileNotFoundError):
        run_bounded(["no-such-program"], 1, ENVIRON, "/", MOST, MOST)
