# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Programs that read their secrets from memory."""

from __future__ import annotations

import getpass
import os
import signal
import time
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.programs.run import (
    account,
    base_environment,
    ending,
    hidden,
    path_of,
    run,
    run_command,
    run_logged,
)


@pytest.fixture
def me():
    return account(getpass.getuser(), "user")


def start(owner, *argv, **more):
    return run(argv, owner, base_environment(owner), more.pop("timeout", 30), **more)


def test_a_hidden_file_is_read_by_the_program_and_its_children(me):
    with hidden(b"canary", me) as descriptor:
        finished = start(
            me, "sh", "-c", f"sh -c 'cat {path_of(descriptor)}; cat {path_of(descriptor)}'", descriptors=[descriptor]
        )
    assert finished.output == "canarycanary"


def test_a_hidden_program_runs(me):
    with hidden(b"#!/bin/sh\necho ran\n", me, executable=True) as descriptor:
        assert start(me, "sh", "-c", path_of(descriptor), descriptors=[descriptor]).output == "ran\n"


def test_a_hidden_file_is_closed_and_private(me):
    with hidden(b"canary", me) as descriptor:
        assert os.fstat(descriptor).st_mode & 0o777 == 0o400
        other = start(me, "sh", "-c", f"cat {path_of(descriptor)}")
    assert "canary" not in other.output
    assert not Path(path_of(descriptor)).exists()


def test_only_what_is_given_is_in_the_environment(me, monkeypatch):
    monkeypatch.setenv("CANARY", "canary")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    output = start(me, "env").output
    assert "CANARY" not in output
    assert "https_proxy=http://proxy:3128" in output


def test_a_program_that_takes_too_long_is_stopped_with_its_children(me):
    finished = start(me, "sh", "-c", "echo begun; sleep 600 & wait", timeout=0.3)
    assert finished.late
    assert finished.output == "begun\n"


def test_output_and_errors(me):
    command = ("sh", "-c", "echo out; echo err >&2; exit 3")
    assert start(me, *command)[:3] == (3, "out\n", "err\n")
    assert start(me, *command, together=True)[:3] == (3, "out\nerr\n", "")


def test_what_cannot_be_started(me):
    with pytest.raises(SlipwayError, match="cannot start /nowhere: no such file or directory"):
        start(me, "/nowhere")


def test_a_user_that_is_not_there():
    with pytest.raises(SlipwayError, match="user: the host has no user nobody-of-that-name"):
        account("nobody-of-that-name", "user")


def test_a_signal_becomes_an_error_and_the_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SlipwayError, match="stopped by SIGTERM"), ending():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_command_has_its_output_and_errors_apart_or_together():
    argv = ["sh", "-c", "echo out; echo err >&2; exit 3"]
    assert run_command(argv, 30) == (3, "out\n", "err\n", False)
    assert run_command(argv, 30, together=True) == (3, "out\nerr\n", "", False)


def test_a_command_has_our_environment_in_english_or_its_own(monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("OURS", "1")
    assert run_command(["sh", "-c", "echo $LC_ALL $OURS"], 30).output == "C 1\n"
    assert run_command(["/bin/sh", "-c", "echo $LC_ALL $OURS"], 30, {"LC_ALL": "C.UTF-8"}).output == "C.UTF-8\n"


def test_a_command_that_takes_too_long_is_killed_with_its_children():
    begun = time.monotonic()
    assert run_command(["sh", "-c", "echo begun; sleep 600 & wait"], 0.2) == (-signal.SIGKILL, "", "", True)
    assert time.monotonic() - begun < 60


def test_a_command_that_does_not_exist():
    with pytest.raises(FileNotFoundError):
        run_command(["/nonexistent/program"], 30)


def test_a_command_reads_what_it_is_given_and_nothing_else(tmp_path):
    assert run_command(["cat"], 30, stdin=b"given").output == "given"
    assert run_command(["cat"], 30).output == ""
    assert run_command(["pwd"], 30, cwd=str(tmp_path)).output == f"{tmp_path}\n"


def test_all_of_the_output_is_kept_where_it_is_asked_for():
    long = ["head", "-c", "5000000", "/dev/zero"]
    assert len(run_command(long, 30).output) < len(run_command(long, 30, whole=True).output) == 5000000
    assert run_command(["printf", r"\377"], 30, whole=True).output.encode(errors="surrogateescape") == b"\xff"


def logged(tmp_path, *argv, stopping=lambda: False, timeout=60, **more):
    with (tmp_path / "log").open("wb") as log:
        done = run_logged(argv, log.fileno(), timeout, stopping, **more)
    return done, (tmp_path / "log").read_text()


def test_a_command_writes_its_output_and_errors_into_a_file_in_their_order(tmp_path):
    done, text = logged(tmp_path, "sh", "-c", "pwd; cat; echo 2 >&2; echo 3; exit 4", cwd="/", stdin=b"1\n")
    assert (done.code, done.late, text) == (4, False, "/\n1\n2\n3\n")
    assert logged(tmp_path, "sh", "-c", "cat; echo $A", environ={"A": "1", "PATH": os.environ["PATH"]})[1] == "1\n"
    # One that does not read its input is not waited for, and is no error.
    assert logged(tmp_path, "true", stdin=b"x" * 1_000_000)[0].code == 0


def test_a_logged_command_is_stopped_with_its_children_when_asked_or_late(tmp_path):
    asked = []

    def stopping():
        asked.append(1)
        return len(asked) > 1

    done, text = logged(tmp_path, "sh", "-c", "echo begun; sleep 77 & wait", stopping=stopping)
    assert done.late
    assert text == "begun\n"
    assert logged(tmp_path, "sleep", "77", timeout=0.01)[0].late
    with pytest.raises(FileNotFoundError):
        logged(tmp_path, "no-such-program")
