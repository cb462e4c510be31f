# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The site's backend on this machine, as a developer runs it: a release's tree, Alembic, and uvicorn.

backend = Backend("staging-20261108", tmp_path, database_url(database), REDIS_URL=store.url)
backend.migrate()
backend.fill("smoke", "s7@o8", members=45)
with backend.serve() as server:
    server.ask("GET", "/health")                    # (200, {"status": "ok", …})
    server.ask("GET", "/members", token=server.log_in("smoke", "s7@o8"))
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support import site_builds
from tests.support.pace import scaled
from tests.support.postgres import Postgres, free_port
from tests.support.site import write_source

LIMIT_SECONDS = scaled(60)


def database_url(database: Postgres) -> str:
    """A database's address, as SQLAlchemy wants it."""
    place = f"{database.address}:{database.port}/{database.database}"
    return f"postgresql+psycopg2://{database.user}:{database.password}@{place}"


class Backend:
    """A release's tree below ``directory``, and its environment variables."""

    def __init__(self, tag: str, directory: Path, url: str, **settings: str) -> None:
        self.tree = directory / tag
        write_source(tag, self.tree)
        self.settings = {"DATABASE_URL": url, "JWT_SECRET": secrets.token_hex(32), **settings}
        self._python = site_builds.venv() / "bin" / "python"

    def command(self, *arguments: str) -> list[str]:
        """A command of the virtual environment's."""
        return [str(self._python), *arguments]

    @property
    def place(self) -> dict[str, Any]:
        """Where such a command runs."""
        return {"cwd": self.tree / "server", "env": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self.settings}}

    def run(self, *arguments: str, sent: str = "") -> subprocess.CompletedProcess[str]:
        """Run ``python …``; it may fail."""
        return subprocess.run(
            self.command(*arguments),
            input=sent,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
            **self.place,
        )

    def alembic(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Alembic; it may fail."""
        return self.run("-m", "alembic", *arguments)

    def migrate(self, revision: str = "head") -> None:
        """Upgrade; fail if that fails."""
        done = self.alembic("upgrade", revision)
        assert done.returncode == 0, done.stderr

    def fill(self, user: str, password: str, members: int) -> None:
        """A user, and members."""
        for done in (
            self.run("-m", "app.manage", "user", user, sent=password),
            self.run("-m", "app.manage", "members", str(members)),
        ):
            assert done.returncode == 0, done.stderr

    def serve(self, *, inherited: bool = False) -> Server:
        """Run it; optionally on an inherited socket, as from systemd."""
        return Server(self, inherited=inherited)


class Server:
    """The backend's process; a context manager."""

    def __init__(self, backend: Backend, *, inherited: bool) -> None:
        self.log = backend.tree / "log"
        self._socket: socket.socket | None = None
        if inherited:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = int(self._socket.getsockname()[1])
            where = ["--fd", str(self._socket.fileno())]
        else:
            self.port = free_port("127.0.0.1")
            where = ["--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                backend.command("-m", "uvicorn", "app.main:app", *where),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[self._socket.fileno()] if self._socket else [],
                **backend.place,
            )

    def __enter__(self) -> Self:
        """Wait until it answers, with any status."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self.ask("GET", "/health")[0] == 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise AssertionError(self.log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._socket is not None:
            self._socket.close()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def ended(self) -> int:
        """Its exit code."""
        return self._process.wait(LIMIT_SECONDS)

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        """The status and the JSON of an answer; 0 when there is none."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=scaled(30))
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith("{") else text

    def log_in(self, user: str, password: str) -> str:
        """A token."""
        status, body = self.ask("POST", "/auth/login", {"username": user, "password": password})
        assert status == 200, body
        return str(body["access_token"])
