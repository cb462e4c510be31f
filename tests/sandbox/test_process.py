# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting, finding and stopping the sandbox's process."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import process
from sandbox.testing import ROOT, Sandbox
from tests.support.pace import scaled


def free_ports() -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=scaled(90),
        check=False,
    )


def test_up_twice_at_once_status_and_down() -> None:
    port, alb = (str(one) for one in free_ports())
    start = [sys.executable, "-m", "sandbox", "up", "--port", port, "--alb-port", alb, "--seed", "none"]
    both = [subprocess.Popen(start, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    outputs = [one.communicate(timeout=scaled(90)) for one in both]
    try:
        assert [one.returncode for one in both] == [0, 0], outputs
        pid = process.pid_of(int(port))
        assert pid is not None
        assert command("up", "--port", port, "--alb-port", alb, "--seed", "none").returncode == 0
        assert process.pid_of(int(port)) == pid
        assert "up" in command("status", "--port", port).stdout
    finally:
        assert "stopped" in command("down", "--port", port).stdout
    assert command("status", "--port", port).returncode == 3
    assert "was not up" in command("down", "--port", port).stdout
    process.log_file(int(port)).unlink(missing_ok=True)
    (process.RUN / f"sandbox-{port}.lock").unlink(missing_ok=True)


def test_a_taken_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        ended = command("serve", "--port", str(port), "--alb-port", "0", "--seed", "none")
    assert ended.returncode == 1
    assert "cannot listen" in ended.stderr


def test_it_listens_on_the_loopback_address_only(aws: Sandbox) -> None:
    port = f"{int(aws.endpoint.rpartition(':')[2]):04X}"
    tables = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    listening = [line.split()[1] for line in tables.splitlines() if line.split()[3] == "0A"]
    assert [one for one in listening if one.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_an_unknown_fleet_file_field_is_an_error(tmp_path: Path) -> None:
    from sandbox import fleet

    path = tmp_path / "fleet.yml"
    path.write_text("services: {a: {port: 1}}\nnope: 1\n")
    with pytest.raises(ValueError, match="nope"):
        fleet.load(path)
