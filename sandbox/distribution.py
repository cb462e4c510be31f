# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The real registry behind ECR's: the distribution's own server on a socket, started when it is first needed."""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

START_LIMIT = 60.0
# The server ends when its standard input does: with this process, however that ends.
_BOUND = '"$@" <&- & server=$!; cat >/dev/null; kill -9 "$server"'


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class DistributionError(Exception):
    """The server is not installed or did not start."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


class Distribution:
    """One server and its directory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._root: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether it was started: else nothing was ever pushed."""
        return self._server is not None

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send it a request. Raises DistributionError."""
        connection = _Connection(self._socket())
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def reset(self) -> None:
        """Forget what was pushed; it reads its directory anew at each request."""
        if self._root is not None:
            shutil.rmtree(self._root / "images", ignore_errors=True)

    def stop(self) -> None:
        """Stop it, if it runs, and remove its directory."""
        with self._lock:
            if self._server is not None:
                self._server.communicate()
                self._server = None
            if self._root is not None:
                shutil.rmtree(self._root, ignore_errors=True)
                self._root = None

    def _socket(self) -> str:
        with self._lock:
            if self._root is None or self._server is None:
                self._root = Path(tempfile.mkdtemp(prefix="sandbox-registry-"))
                self._start(self._root)
            return str(self._root / "socket")

    def _start(self, root: Path) -> None:
        program = shutil.which("docker-registry")
        if program is None:
            raise DistributionError("no docker-registry: scripts/hosts.sh installs it")
        document = {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(root / "images")}, "delete": {"enabled": True}},
            "http": {"net": "unix", "addr": str(root / "socket"), "relativeurls": True, "secret": "sandbox"},
        }
        # JSON is YAML.
        (root / "settings.yml").write_text(json.dumps(document), encoding="utf-8")
        with (root / "log").open("wb") as log:
            self._server = subprocess.Popen(
                ["sh", "-c", _BOUND, "sh", program, "serve", str(root / "settings.yml")],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if (root / "socket").exists():
                return
            time.sleep(0.01)
        raise DistributionError(f"docker-registry did not start: {(root / 'log').read_text(errors='replace')[-2000:]}")
