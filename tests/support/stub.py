# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base of the stubs of JSON APIs: a server on loopback, its calls, and injected failures.

A stub is a subclass with ``answer``; a test reads ``calls``, and makes it fail by ``fail``.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Call:
    """A request, and how it was answered."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    """Their names are in lower case."""
    body: bytes
    status: int = 0

    @property
    def parts(self) -> list[str]:
        """The path's parts, decoded."""
        return [unquote(part) for part in self.path.strip("/").split("/")]

    @property
    def token(self) -> str | None:
        """The bearer token, when there is one."""
        kind, _space, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() in ("bearer", "token") else None

    def one(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return self.query.get(name, [default])[-1]

    def json(self) -> Any:
        """The body. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """A stub's answer: a document, or raw bytes."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Raised by a stub for a request that the real API refuses."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(status, body)
        self.answer = Answer(status, body, headers)


class Stub:
    """The server; a context manager. ``token`` is the accepted one."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.token = secrets.token_hex(20)
        self.calls: list[Call] = []
        self.lock = threading.Lock()
        self._bad: list[Answer] = []
        self._server = _Server((address, 0), _Handler)
        self._server.stub = self

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.address}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(self, status: int, times: int = 1, body: Any = None, **headers: str) -> None:
        """Answer the next requests with this, regardless of the request."""
        self._bad += [Answer(status, body if body is not None else {"message": "Server Error"}, headers)] * times

    def answer(self, call: Call) -> Answer:
        """The API's answer. Raises Refusal."""
        raise NotImplementedError

    def handle(self, call: Call) -> Answer:
        """Answer and remember, one request at a time."""
        with self.lock:
            try:
                given = self._bad.pop(0) if self._bad else self.answer(call)
            except Refusal as refusal:
                given = refusal.answer
            self.calls.append(Call(call.method, call.path, call.query, call.headers, call.body, given.status))
            return given


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    stub: Stub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _handle(self) -> None:
        place = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        sent = self.rfile.read(int(headers.get("content-length") or 0))
        query = parse_qs(place.query, keep_blank_values=True)
        given = self.server.stub.handle(Call(self.command, place.path, query, headers, sent))
        body = given.body
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.send_response(given.status)
        own = {"Content-Type": "application/json; charset=utf-8", "Content-Length": len(content), **given.headers}
        for name, value in own.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _handle

    def log_message(self, *_arguments: object) -> None:
        """Do nothing; ``calls`` has it."""
