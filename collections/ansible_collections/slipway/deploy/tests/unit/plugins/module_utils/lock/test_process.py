# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names of owners and identities of processes."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import sys

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.lock import process
from ansible_collections.slipway.deploy.plugins.module_utils.lock.owner import current_owner


@pytest.mark.parametrize(
    ("environ", "owner"),
    [
        ({"SLIPWAY_OWNER": "team@night", "GITHUB_ACTOR": "maria", "GITHUB_RUN_NUMBER": "412"}, "team@night"),
        ({"GITHUB_ACTOR": "maria", "GITHUB_RUN_NUMBER": "412"}, "maria@ci-412"),
        ({"SLIPWAY_OWNER": " ", "GITHUB_ACTOR": "maria"}, "maria@ci"),
        ({}, f"{getpass.getuser()}@{socket.gethostname()}"),
    ],
)
def test_names_the_owner(environ: dict[str, str], owner: str) -> None:
    assert current_owner(environ) == owner


def test_a_user_without_a_name_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert current_owner({}).startswith(f"uid-{os.getuid()}@")


def test_tells_a_process_from_another_with_its_pid() -> None:
    me = process.identify(os.getpid())
    assert me is not None
    assert process.is_running(me)
    assert not process.is_running(process.ProcessId(me.pid, me.start + 1))


def test_a_zombie_has_ended() -> None:
    child = subprocess.Popen([sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    identity = process.identify(child.pid)
    assert identity is not None
    reader, writer = os.pipe()
    watch = process.Watch(identity)
    assert not watch.wait(0, reader)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert watch.wait(20, reader)
    assert process.identify(child.pid) is None
    child.communicate()
    process.terminate(identity)
    os.close(reader)
    os.close(writer)


def test_a_process_is_terminated_once_for_certain() -> None:
    child = subprocess.Popen([sys.executable, "-S", "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    identity = process.identify(child.pid)
    assert identity is not None
    process.terminate(process.ProcessId(identity.pid, identity.start + 1))
    assert child.poll() is None
    process.terminate(identity)
    child.communicate()
    assert child.returncode == -15


def test_finds_the_process_that_forked_this_one() -> None:
    here = process.identify(os.getpid())
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, repr(process.main_process()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 1000).decode() == repr(here)
    os.close(reader)
    os.close(writer)


def test_an_adopter_is_not_the_main_process(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    monkeypatch.setattr(os, "getppid", lambda: sleeper.pid)
    with pytest.raises(SlipwayError, match="has ended"):
        process.main_process()
    sleeper.communicate()
