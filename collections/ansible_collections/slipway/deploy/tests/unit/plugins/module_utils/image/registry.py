# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small container registry on loopback: one repository, its manifests, and both ways to log in."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

REPOSITORY = "salitemihret/backend"
BODY = b'{"schemaVersion": 2}'
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
TOKEN = "token-of-a-realm"


class Registry:
    """``wants``: how one logs in, and with what; ``status``: what is answered whatever is asked."""

    def __init__(self) -> None:
        self.tags = {"staging-20261121"}
        self.digest = DIGEST
        self.says_digest = True
        self.body = BODY
        self.wants: tuple[str, str] | None = None
        self.status = 0
        self.blobs: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def image(self) -> str:
        """The image without a tag."""
        return f"{self.address}/{REPOSITORY}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, login: str) -> tuple[int, dict[str, str], bytes]:
        """A request's status, headers and body."""
        self.asked.append((method, path))
        kind, secret = self.wants or ("", "")
        if path.startswith("/token?"):
            right = login == f"Basic {secret}" and f"scope=repository%3A{REPOSITORY.replace('/', '%2F')}%3Apull" in path
            return (200, {}, b'{"token": "%s"}' % TOKEN.encode()) if right else (401, {}, b"")
        expected = {"": login, "Basic": f"Basic {secret}", "Bearer": f"Bearer {TOKEN}"}[kind]
        if login != expected:
            realm = (
                f'Bearer realm="http://{self.address}/token",service="stub"' if kind == "Bearer" else 'Basic realm="x"'
            )
            return 401, {"WWW-Authenticate": realm}, b""
        if self.status:
            return self.status, {"Location": "http://127.0.0.1:1/"}, b""
        if path in {f"/v2/{REPOSITORY}/blobs/{digest}" for digest in self.blobs}:
            return 307, {"Location": f"http://{self.address}/storage"}, b""
        if path == "/storage" and self.blobs and not login:
            return 200, {}, self.body
        if path not in {f"/v2/{REPOSITORY}/manifests/{tag}" for tag in self.tags}:
            return 404, {}, b""
        return 200, {"Docker-Content-Digest": self.digest} if self.says_digest else {}, self.body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self._send()

            def do_GET(self) -> None:
                self._send()

            def _send(self) -> None:
                login = self.headers.get("Authorization", "")
                status, headers, body = stub.answer(self.command, self.path, login)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                """Nothing."""

        return Handler
