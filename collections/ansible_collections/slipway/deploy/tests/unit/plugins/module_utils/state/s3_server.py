# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3 for the tests: moto behind a proxy that loses, breaks and replaces answers on demand."""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.config import Config
from moto.server import ThreadedMotoServer

LOSE = "carry the request out and drop the connection instead of answering"


@dataclass
class Answer:
    """An answer given instead of the server's."""

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode() if self.code else b""


class Proxy(ThreadingHTTPServer):
    """Passes requests to a server; ``faults`` maps a method to what happens to its next requests, in order."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.faults: dict[str, list[str | Answer]] = {}
        self.requests: list[str] = []
        self.down = threading.Event()
        # moto's conditional writes are not atomic, S3's are.
        self.one_by_one = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append(self.command)
        if self.server.down.is_set():
            self.close_connection = True
            return
        queue = self.server.faults.get(self.command, [])
        fault = queue.pop(0) if queue else None
        if isinstance(fault, Answer):
            self._answer(fault.status, list(fault.headers.items()), fault.body())
            return
        with self.server.one_by_one:
            upstream = http.client.HTTPConnection(*self.server.target)
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
        if fault == LOSE:
            self.close_connection = True
            return
        self._answer(answer.status, answer.getheaders(), content)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *args: Any) -> None:
        """Keep the requests out of the tests' output."""


@contextmanager
def s3_server() -> Iterator[Proxy]:
    """A proxy in front of a moto server of its own, both on free ports."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    proxy = Proxy(moto.get_host_and_port())
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        moto.stop()


def s3_client(url: str, attempts: int = 3, **options: Any) -> Any:
    """A client that repeats a request at once instead of waiting longer and longer."""
    session = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **options}
    config = Config(retries={"mode": "legacy", "total_max_attempts": attempts}, proxies={}, connect_timeout=2)
    client = session.create_client("s3", region_name="eu-west-1", endpoint_url=url, config=config, **keys)

    def at_once(attempts: int, response: Any, caught_exception: Exception | None, **_: Any) -> int | None:
        failed = caught_exception is not None or response[0].status_code >= 500
        return 0 if failed and attempts < limit else None

    limit = attempts
    client.meta.events.register_first("needs-retry.s3", at_once)
    return client
