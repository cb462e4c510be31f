# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Redis answers, on this machine, for as long as a test runs."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Words = list[str]


class _Handler(socketserver.StreamRequestHandler):
    server: RedisDouble

    def handle(self) -> None:
        while words := self._command():
            self.server.seen.append(words)
            self.wfile.write(self.server.answer(words))

    def _command(self) -> Words:
        head = self.rfile.readline()
        if not head.startswith(b"*"):
            return []
        words = []
        for _word in range(int(head[1:])):
            length = int(self.rfile.readline()[1:])
            words.append(self.rfile.read(length + 2)[:-2].decode())
        return words


class RedisDouble(socketserver.ThreadingTCPServer):
    """Lists and texts behind a password, or whatever ``raw`` says."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.password = ""
        self.lengths: dict[str, int] = {}
        self.texts: dict[str, str] = {}
        self.raw: bytes | None = None
        self.seen: list[Words] = []

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    def answer(self, words: Words) -> bytes:
        """What it says to a command."""
        if self.raw is not None:
            return self.raw
        name, arguments = words[0], words[1:]
        if name == "AUTH":
            return b"+OK\r\n" if arguments[-1] == self.password else b"-WRONGPASS invalid username-password pair\r\n"
        if self.password and not any(said[0] == "AUTH" and said[-1] == self.password for said in self.seen):
            return b"-NOAUTH Authentication required.\r\n"
        if name == "SELECT":
            return b"+OK\r\n"
        if name == "GET":
            text = self.texts.get(arguments[0])
            return b"$-1\r\n" if text is None else b"$%d\r\n%s\r\n" % (len(text.encode()), text.encode())
        if arguments[0] in self.texts:
            return b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
        return b":%d\r\n" % self.lengths.get(arguments[0], 0)


@contextmanager
def redis_double() -> Iterator[RedisDouble]:
    """One that answers until the block ends."""
    server: Any = RedisDouble()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
