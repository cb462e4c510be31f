# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small threaded WSGI server with keep-alive.

werkzeug's development server closes every connection and waits 10 ms for stray input after each request,
which would be most of the time of a call here.
"""

from __future__ import annotations

import io
import json
import socket
import struct
import sys
import traceback
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


# A header of an application to this server: so many bytes of the body are sent, then the connection ends.
CUT = "sandbox-cut"


class ResetConnection(Exception):
    """Raised by an application to drop the connection with a TCP reset instead of answering."""


class Handler(BaseHTTPRequestHandler):
    """One connection: request after request until the client closes it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "Server"
    sys_version = ""
    server: Server

    def handle_one_request(self) -> None:
        """Read a request, run the application, answer."""
        try:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            self._run()
            self.wfile.flush()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Answer at once: a client that sent ``Expect`` waits a second for it otherwise."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def environ(self, body: bytes) -> dict[str, Any]:
        """The WSGI environment of the request."""
        path, _, query = self.path.partition("?")
        if path.startswith("http://"):
            path = "/" + path.split("/", 3)[-1]
        made: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "sandbox.body": body,
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "RAW_URI": self.path,
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_LENGTH": str(len(body)),
        }
        for key, value in self.headers.items():
            name = key.upper().replace("-", "_")
            if name == "CONTENT_TYPE":
                made[name] = value
            elif name not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
                name = f"HTTP_{name}"
                made[name] = f"{made[name]},{value}" if name in made else value
        return made

    def _run(self) -> None:
        status: list[Any] = []
        written: list[bytes] = []

        def start(line: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
            status[:] = [line, headers]
            return written.append

        try:
            answer = self.server.app(self.environ(self._body()), start)
            content = b"".join([*written, *answer])
            if hasattr(answer, "close"):
                answer.close()
        except ResetConnection:
            self._reset()
            return
        except Exception:  # noqa: BLE001  # a mistake of the sandbox's own must reach the client, and the log
            traceback.print_exc()
            status[:] = ["500 Internal Server Error", [("Content-Type", "application/json")]]
            text = traceback.format_exc(limit=-1).strip().rpartition("\n")[2]
            content = json.dumps({"__type": "ServerException", "message": f"sandbox: {text}"}).encode()
        code, _, phrase = status[0].partition(" ")
        headers = status[1]
        self.send_response_only(int(code), phrase)
        names = {name.lower() for name, _ in headers}
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length", CUT):
                self.send_header(name, value)
        given = {name.lower(): value for name, value in headers}.get("content-length")
        bodiless = self.command == "HEAD" or code in ("204", "304")
        self.send_header("Content-Length", given if bodiless and given else str(len(content)))
        self.end_headers()
        cut = next((int(value) for name, value in headers if name == CUT), None)
        if cut is not None:
            self.close_connection = True
        if not bodiless:
            self.wfile.write(content if cut is None else content[:cut])

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *_args: Any) -> None:
        """Do nothing; the journal has it."""


class Server(ThreadingHTTPServer):
    """An application on a port of one address of this machine."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, app: App, address: str = "127.0.0.1") -> None:
        super().__init__((address, port), Handler)
        self.app = app

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the standard library's server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report errors of the server itself, not dropped connections."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
