# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A process that is found again, stopped with its children, and not left behind when it does not get ready."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.developer.process import Backend, Launch
from ansible_collections.slipway.deploy.plugins.module_utils.lock.process import is_running

SERVER = """
import http.server, socketserver, sys, subprocess
subprocess.Popen(["sleep", "60"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
print("ready", flush=True)
socketserver.TCPServer.allow_reuse_address = True
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Backend]:
    made = Backend(tmp_path / "state")
    yield made
    made.stop()


def launch(tmp_path: Path, program: str, port: int, timeout: float = 30) -> Launch:
    command = [sys.executable, "-c", program, str(port)]
    return Launch(command, tmp_path, dict(os.environ), "one", port, timeout)


def test_it_is_found_again_and_stopped_with_its_children(backend: Backend, tmp_path: Path) -> None:
    wanted = launch(tmp_path, SERVER, free_port())
    process = backend.start(wanted, list)
    assert backend.running() == process
    assert backend.runs(wanted)
    assert not backend.runs(Launch(**{**vars(wanted), "identity": "another"}))
    assert os.getpgid(process.pid) == process.pid
    assert backend.log.stat().st_mode & 0o777 == 0o600
    assert backend.stop()
    assert not is_running(process)
    assert backend.running() is None
    assert not backend.stop()


def test_a_process_that_ends_says_why(backend: Backend, tmp_path: Path) -> None:
    wanted = launch(tmp_path, "print('ERROR no database'); raise SystemExit(3)", free_port())
    with pytest.raises(SlipwayError, match=r"it ended \(exit code 3\): ERROR no database. See "):
        backend.start(wanted, list)
    assert backend.running() is None


def test_a_process_that_never_gets_ready_is_not_left_behind(backend: Backend, tmp_path: Path) -> None:
    wanted = launch(tmp_path, "import time; print('waiting', flush=True); time.sleep(60)", free_port(), 1)
    with pytest.raises(SlipwayError, match="it was not ready after 1 s: waiting"):
        backend.start(wanted, list)
    assert backend.running() is None


def test_a_port_that_is_taken_is_said(backend: Backend, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = launch(tmp_path, SERVER, other.getsockname()[1])
        with pytest.raises(SlipwayError, match="is taken by another process. Stop that one"):
            backend.start(wanted, list)
