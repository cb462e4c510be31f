# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A git server over HTTPS that asks for a token, as GitHub does for a private repository.

    with GitServer(address=gateway) as server:
        server.add("starxtechnologysolutions/Umigo", umigo.directory)
        server.url("starxtechnologysolutions/Umigo")    # https://10.89.0.1:41234/starxtechnologysolutions/Umigo.git
        server.ca                                       # the certificate authority's file, which clients must trust
        server.token                                    # the password, for any user name
        server.revoke()

Requests go to ``git http-backend``. ``requests`` holds (method, path, user name, status) of each, never a password.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import secrets
import shutil
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

REALM = 'Basic realm="GitHub"'
REFUSED = b"remote: Invalid username or token. Password authentication is not supported for Git operations.\n"


def _openssl(*arguments: str, directory: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def make_certificate(directory: Path, address: str) -> tuple[Path, Path, Path]:
    """(authority, certificate, key) for a server at an address or a name; the authority is thrown away with it."""
    kind = "IP" if _is_ip(address) else "DNS"
    extensions = directory / "extensions"
    extensions.write_text(f"subjectAltName={kind}:{address}\nbasicConstraints=CA:FALSE\n", encoding="utf-8")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = "/CN=Throw-away test authority"
    _openssl(
        *("req", "-x509", *new, "-days", "2", "-subj", subject, "-keyout", "ca.key", "-out", "ca.pem"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        directory=directory,
    )
    _openssl(
        *("req", *new, "-subj", f"/CN={address}", "-keyout", "key.pem", "-out", "request.pem"), directory=directory
    )
    _openssl(
        *("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"),
        *("-extfile", str(extensions), "-out", "certificate.pem"),
        directory=directory,
    )
    (directory / "ca.key").unlink()
    return directory / "ca.pem", directory / "certificate.pem", directory / "key.pem"


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


class _Handler(BaseHTTPRequestHandler):
    """One request: checked, then handed to git's own CGI program."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _credentials(self) -> tuple[str, str]:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        user, _, password = base64.b64decode(value).decode("utf-8", "replace").partition(":")
        return user, password

    def _serve(self) -> None:
        git = self.server.git
        body = self._body()
        user, password = self._credentials()
        if git.token is None or not secrets.compare_digest(password.encode(), git.token.encode()):
            self._answer(401, [("WWW-Authenticate", REALM), ("Content-Type", "text/plain")], REFUSED, user)
            return
        path, _, query = self.path.partition("?")
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            capture_output=True,
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(git.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_GLOBAL": str(git.settings),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REMOTE_USER": user or "token",
                "REMOTE_ADDR": self.client_address[0],
            },
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().splitlines() if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200 if head else 500)
        self._answer(status, [(name, value) for name, value in headers if name != "Status"], content, user)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, user: str) -> None:
        self.server.git.requests.append((self.command, self.path, user, status))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Do nothing; ``requests`` has it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, git: GitServer, context: ssl.SSLContext) -> None:
        self.git = git
        super().__init__((git.address, 0), _Handler)
        self._context = context

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the standard library's server."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.git.address, int(self.server_address[1])

    def finish_request(self, request: object, client_address: object) -> None:
        """Do the handshake in the request's own thread, so that a waiting client does not block others."""
        with self._context.wrap_socket(request, server_side=True) as secured:  # type: ignore[arg-type]
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the authority hangs up; the client says so."""


class GitServer:
    """The server; a context manager. ``token`` is the password of every user name."""

    def __init__(self, address: str = "127.0.0.1", token: str | None = None) -> None:
        self.address = address
        self.token: str | None = token or f"github_pat_{secrets.token_hex(20)}"
        self.requests: list[tuple[str, str, str, int]] = []
        self._server: _Server | None = None
        self._directory = Path()
        self.ca = Path()

    @property
    def root(self) -> Path:
        """Where the bare repositories are."""
        return self._directory / "repositories"

    @property
    def settings(self) -> Path:
        """The server's git configuration."""
        return self._directory / "gitconfig"

    def __enter__(self) -> Self:
        """Make a certificate and listen."""
        self._directory = Path(tempfile.mkdtemp(prefix="git-server-"))
        self.root.mkdir()
        # Whoever has the token may push; another owner's directory is not a reason to refuse.
        self.settings.write_text("[http]\n\treceivepack = true\n[safe]\n\tdirectory = *\n", encoding="utf-8")
        self.ca, certificate, key = make_certificate(self._directory, self.address)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = _Server(self, context)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and remove everything."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def endpoint(self) -> str:
        """The server's address."""
        return f"https://{self.address}:{self._server.server_port if self._server else 0}"

    def add(self, name: str, source: Path | None = None) -> Path:
        """Serve a repository as ``<name>.git``: a mirror of ``source``, or an empty one. Its path on this machine."""
        path = self.root / f"{name}.git"
        path.parent.mkdir(parents=True, exist_ok=True)
        settings = {**os.environ, "GIT_CONFIG_GLOBAL": str(self.settings)}
        if source is None:
            command = ["git", "init", "-q", "--bare", "-b", "main", str(path)]
        else:
            command = ["git", "clone", "-q", "--mirror", str(source), str(path)]
        subprocess.run(command, check=True, capture_output=True, env=settings)
        return path

    def url(self, name: str) -> str:
        """The address of a repository."""
        return f"{self.endpoint}/{name}.git"

    def revoke(self) -> None:
        """Refuse every token from now on."""
        self.token = None
