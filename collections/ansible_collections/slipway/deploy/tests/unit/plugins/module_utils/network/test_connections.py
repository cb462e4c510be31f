# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a restart waits for: real processes with real connections."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.network.connections import (
    Draining,
    accepted_tcp,
    accepted_unix,
)

TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1
   1: 0100007F:1F40 0100007F:C001 01 00000000:00000000 00:00000000 00000000     0        0 101 1
   2: 0100007F:1F40 0100007F:C002 01 00000000:00000000 00:00000000 00000000     0        0 0 1
   3: 0100007F:C001 0100007F:1F40 01 00000000:00000000 00:00000000 00000000     0        0 102 1
"""
UNIX = """Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 100 /run/x.sock
0000000000000000: 00000003 00000000 00000000 0001 03 101 /run/x.sock
0000000000000000: 00000003 00000000 00000000 0001 02 0 /run/x.sock
0000000000000000: 00000003 00000000 00000000 0001 03 102
0000000000000000: 00000003 00000000 00000000 0001 03 103 /run/other.sock
"""


def test_what_is_accepted() -> None:
    assert accepted_tcp(TCP.splitlines(), {8000}) == 1
    assert accepted_tcp(TCP.splitlines(), {8001}) == 0
    assert accepted_unix(UNIX.splitlines(), {"/run/x.sock"}) == 1
    assert accepted_unix(UNIX.splitlines(), set()) == 0


# It accepts one connection, says so, and ends when it is told.
HOLDER = "import socket; c = socket.socket(fileno=0).accept()[0]; print('x', flush=True); c.recv(9)"


@contextmanager
def holder(path: Path | None) -> Iterator[tuple[subprocess.Popen[bytes], str, socket.socket]]:
    """A process that keeps a connection open, the address it listens on, and the connection's other end."""
    kind = socket.AF_UNIX if path else socket.AF_INET
    with closing(socket.socket(kind)) as listener, closing(socket.socket(kind)) as client:
        listener.bind(str(path) if path else ("127.0.0.1", 0))
        listener.listen()
        process = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=listener.fileno(), stdout=subprocess.PIPE)
        try:
            client.connect(listener.getsockname())
            assert process.stdout is not None
            assert process.stdout.read(1) == b"x"
            yield process, str(path) if path else "127.0.0.1:{1}".format(*listener.getsockname()), client
        finally:
            process.kill()
            process.wait()
            process.stdout and process.stdout.close()


@pytest.mark.parametrize("by_path", [False, True])
def test_a_connection_that_stays_open_is_told(tmp_path: Path, by_path: bool) -> None:
    with holder(tmp_path / "x.sock" if by_path else None) as (process, listen, client):
        with Draining(process.pid, [listen], interval=0.01) as draining:
            while not draining.connections:
                assert process.poll() is None
            client.sendall(b"end")
            process.wait()
        assert draining.connections == 1
        assert draining.said(waits=True) == ""
        draining.seconds = draining._held = 5.04
        assert draining.said(waits=True) == (
            "the old process took 5.0 s to end, 1 connection stayed open until then; new requests waited meanwhile"
        )
        draining.seconds = 9.0
        assert draining.said(waits=False) == "the old process took 9.0 s to end; new requests were refused meanwhile"


def test_nothing_to_wait_for() -> None:
    with Draining(0, ["8000"]) as draining:
        pass
    assert (draining.seconds, draining.said(waits=True)) == (0.0, "")
