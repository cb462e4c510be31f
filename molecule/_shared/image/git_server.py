#!/usr/bin/python3
# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""git over HTTPS, as the test host's own server: the token of a file is the password of every repository but public/.

usage: git_server.py DIRECTORY; it has cert.pem, key.pem, token (empty: every token is refused) and repositories/.
A request below /redirected/ is sent on to localhost, which is another host than 127.0.0.1.
"""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

HOME = Path(sys.argv[1])
PORT = 8443


class Handler(BaseHTTPRequestHandler):
    """One request, handed to ``git http-backend``."""

    def do_GET(self) -> None:
        """The names of a repository."""
        self._serve()

    do_POST = do_GET

    def log_message(self, *_arguments: object) -> None:
        """Nothing is logged."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/redirected/"):
            return self._answer(302, {"Location": f"https://localhost:{PORT}/{self.path[len('/redirected/') :]}"})
        if not parts.path.startswith("/public/") and not self._allowed():
            return self._answer(401, {"WWW-Authenticate": 'Basic realm="git"'})
        if (HOME / "forbidden").exists():
            return self._answer(403, {})
        return self._backend(parts, body)

    def _allowed(self) -> bool:
        kind, _space, credentials = (self.headers.get("Authorization") or "").partition(" ")
        token = (HOME / "token").read_text().strip()
        given = base64.b64decode(credentials).decode().partition(":")[2] if kind == "Basic" else ""
        return bool(token) and given == token

    def _backend(self, parts: SplitResult, body: bytes) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(HOME / "repositories"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": unquote(parts.path),
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type") or "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "",
            "REMOTE_USER": "molecule",
        }
        answer = subprocess.run(["git", "http-backend"], input=body, env=environ, stdout=subprocess.PIPE, check=False)
        head, _blank, content = answer.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        self._answer(status, headers, content)

    def _answer(self, status: int, headers: dict[str, str], content: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    """Serve on the loopback."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HOME / "cert.pem", HOME / "key.pem")
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
