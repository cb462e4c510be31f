# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real container registry over TLS that asks for a login: the distribution's own server, in a directory of its own.

with Registry(address=gateway) as registry:
    registry.name                       # 10.89.0.1:41234
    registry.ca                         # the certificate authority's file, which clients must trust
    registry.authfile                   # the login, as podman login --authfile writes it
    registry.push(identity, "salitemihret/backend:staging-20261101")
"""

from __future__ import annotations

import ctypes
import json
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.git_server import make_certificate
from tests.support.hosts import podman
from tests.support.pace import scaled
from tests.support.postgres import free_port
from tests.support.redis import end_with_parent

LIMIT_SECONDS = scaled(20)
USER = "deploy"


class RegistryError(Exception):
    """The server did not start; the text is its output."""


def _bcrypt(password: str) -> str:
    # The one kind that the server takes; Python's own module for it is gone with 3.13.
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    hashed: bytes = library.crypt(password.encode(), f"$2b$05${secrets.token_hex(11)}".encode())
    return hashed.decode()


class Registry:
    """The server; a context manager that removes everything again."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.password = secrets.token_urlsafe(12)
        self.port = 0
        self._root = Path()
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """The prefix of its images' names."""
        return f"{self.address}:{self.port}"

    @property
    def ca(self) -> Path:
        """The certificate authority's file."""
        return self._root / "ca.pem"

    @property
    def authfile(self) -> Path:
        """The login."""
        return self._root / "auth.json"

    @property
    def log(self) -> str:
        """Its log."""
        return (self._root / "log").read_text(encoding="utf-8", errors="replace")

    def __enter__(self) -> Self:
        """Start it, and log in."""
        self._root = Path(tempfile.mkdtemp(prefix="registry-"))
        try:
            make_certificate(self._root, self.address)
            self.port = free_port(self.address)
            self._start()
            self._log_in()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and remove it."""
        self.close()

    def _start(self) -> None:
        program = shutil.which("docker-registry")
        if program is None:
            raise RegistryError("no docker-registry: scripts/hosts.sh installs it")
        (self._root / "users").write_text(f"{USER}:{_bcrypt(self.password)}\n", encoding="utf-8")
        settings = self._root / "settings.yml"
        tls = {"certificate": str(self._root / "certificate.pem"), "key": str(self._root / "key.pem")}
        document = {
            "version": 0.1,
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(self._root / "images")}},
            "http": {"addr": self.name, "secret": secrets.token_hex(16), "tls": tls},
            "auth": {"htpasswd": {"realm": "registry", "path": str(self._root / "users")}},
        }
        # JSON is YAML.
        settings.write_text(json.dumps(document), encoding="utf-8")
        with (self._root / "log").open("wb") as log:
            self._server = subprocess.Popen(
                [program, "serve", str(settings)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A killed test leaves no server behind.
                preexec_fn=end_with_parent,  # noqa: PLW1509  # nothing but one system call happens there
            )

    def _log_in(self) -> None:
        login = ["login", "--authfile", str(self.authfile), *self._trust(), "--username", USER, "--password-stdin"]
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._server is not None and self._server.poll() is None and time.monotonic() < deadline:
            said = podman(*login, self.name, stdin=self.password, check=False)
            if self.authfile.exists():
                return
            time.sleep(0.05)
        raise RegistryError(f"the server did not start: {said}\n{self.log[-2000:]}")

    def _trust(self) -> list[str]:
        directory = self._root / "trusted"
        directory.mkdir(exist_ok=True)
        shutil.copy(self.ca, directory / "ca.crt")
        return ["--cert-dir", str(directory)]

    def push(self, image: str, name: str) -> None:
        """Upload an image that podman has here, as ``repository:tag``. Raises HostError."""
        podman("push", "--quiet", "--authfile", str(self.authfile), *self._trust(), image, f"{self.name}/{name}")

    def close(self) -> None:
        """Stop it, if it runs, and remove it."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(LIMIT_SECONDS)
            self._server = None
        shutil.rmtree(self._root, ignore_errors=True)
