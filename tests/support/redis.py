# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Redis for tests: the distribution's own server, in a directory of its own, with a password.

with Redis(address=gateway) as store:
    store.url                              # redis://:password@10.89.0.1:41234/0
    store.command("RPUSH", "imports", "a") # 1
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.pace import scaled
from tests.support.postgres import free_port

LIMIT_SECONDS = scaled(20)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class RedisError(Exception):
    """The server or a command failed; the text says how."""


def end_with_parent() -> None:
    """Let a process that is about to run a program end with the one that started it."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Redis:
    """A server; a context manager that removes everything again."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.password = secrets.token_urlsafe(12)
        self.port = 0
        self._root = Path()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, as clients want it."""
        return f"redis://:{self.password}@{self.address}:{self.port}/0"

    def __enter__(self) -> Self:
        """Start it."""
        self._root = Path(tempfile.mkdtemp(prefix="redis-"))
        try:
            self.port = free_port(self.address)
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and remove it."""
        self.close()

    def start(self) -> None:
        """Start it, also after ``stop``: same port, no data. Raises RedisError."""
        program = shutil.which("redis-server")
        if program is None:
            raise RedisError("no redis-server: scripts/hosts.sh installs it")
        lines = (f"bind {self.address}", f"port {self.port}", f"requirepass {self.password}", f"dir {self._root}")
        # By standard input: the password is on no command line.
        settings = "\n".join((*lines, 'save ""', "appendonly no", f"logfile {self._log}")) + "\n"
        self._server = subprocess.Popen(
            [program, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            # A killed test leaves no server behind.
            preexec_fn=end_with_parent,  # noqa: PLW1509  # nothing but one system call happens there
        )
        with self._server.stdin as settings_file:  # type: ignore[union-attr]
            settings_file.write(settings.encode())
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._server is not None and self._server.poll() is None and time.monotonic() < deadline:
            try:
                self.command("PING")
            except OSError:
                time.sleep(0.02)
            else:
                return
        said = self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""
        raise RedisError(f"the server did not start: {said}")

    @property
    def _log(self) -> Path:
        return self._root / "log"

    def stop(self) -> None:
        """Stop it at once; its data is gone."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(LIMIT_SECONDS)
            self._server = None

    def close(self) -> None:
        """Stop it, if it runs, and remove it."""
        self.stop()
        shutil.rmtree(self._root, ignore_errors=True)

    def command(self, *words: str) -> object:
        """Its answer to a command: a number, a text, a list of them, or ``None``. Raises RedisError, OSError."""
        with socket.create_connection((self.address, self.port), LIMIT_SECONDS) as connection:
            stream: IO[bytes] = connection.makefile("rwb")  # type: ignore[assignment]
            for sent in (("AUTH", self.password), words):
                stream.write(b"*%d\r\n" % len(sent))
                for word in sent:
                    stream.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
                stream.flush()
                answer = _read(stream)
            return answer


def _read(stream: IO[bytes]) -> object:
    """One value of the protocol. Raises RedisError."""
    line = stream.readline().removesuffix(b"\r\n")
    kind, rest = line[:1], line[1:].decode()
    if kind == b"-":
        raise RedisError(rest)
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode()
    if kind == b"*":
        return [_read(stream) for _ in range(int(rest))]
    return rest
