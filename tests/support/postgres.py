# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real PostgreSQL for tests: the distribution's own server, in a directory of its own, with passwords.

with Postgres(address=gateway) as database:
    database.url()                       # jdbc:postgresql://10.89.0.1:41234/umigo
    database.user, database.password     # owns the database
    database.query("SELECT version FROM flyway_schema_history")
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support import fixtures
from tests.support.pace import scaled

BINARIES = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")
LIMIT_SECONDS = scaled(60)
#: Until a copy of the template has its own.
_TEMPLATE_PASSWORD = "of-the-template"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class PostgresError(Exception):
    """The server or a statement failed; the text says how."""


def binaries() -> Path:
    """The newest installed server's directory. Raises PostgresError."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise PostgresError(f"no PostgreSQL server below {BINARIES}: scripts/hosts.sh installs it")
    return found[-1].parent


def free_port(address: str) -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def _account() -> str | None:
    """The user that runs the server, which refuses to run as root."""
    if os.getuid() != 0:
        return None
    known = {one.pw_name for one in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


class Postgres:
    """A server with one database, owned by ``user``; a context manager that removes everything again."""

    def __init__(self, address: str = "127.0.0.1", database: str = "umigo", user: str = "umigo") -> None:
        self.address = address
        self.database = database
        self.user = user
        self.password = secrets.token_urlsafe(12)
        self.port = 0
        self._root = Path()
        self._account = _account()
        self._server: subprocess.Popen[bytes] | None = None

    def url(self, database: str | None = None) -> str:
        """The database's address, as Spring and Flyway want it."""
        return f"jdbc:postgresql://{self.address}:{self.port}/{database or self.database}"

    def __enter__(self) -> Self:
        """Copy the template of a cluster, start it, give the user a password of its own, make the database."""
        self._root = Path(tempfile.mkdtemp(prefix="postgres-"))
        try:
            if self._account:
                shutil.chown(self._root, self._account)
            subprocess.run(["cp", "-a", str(self._template()), str(self._data)], check=True)
            self.port = free_port(self.address)
            own, self.password = self.password, _TEMPLATE_PASSWORD
            self.start()
            self.query(f'ALTER ROLE "{self.user}" PASSWORD \'{own}\'; CREATE DATABASE "{self.database}"', "postgres")
            self.password = own
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop and remove it."""
        self.close()

    def _template(self) -> Path:
        """A cluster that the user owns: made once for each version and user, a second of a processor's time each."""
        path = fixtures.CACHE / f"postgres-{fixtures.digest(str(binaries()), self.user)}"
        with fixtures.alone("postgres"):
            if not path.exists():
                secret = self._root / "password"
                secret.write_text(_TEMPLATE_PASSWORD, encoding="utf-8")
                if self._account:
                    shutil.chown(secret, self._account)
                made = self._begin(
                    *("initdb", "--no-sync", "-D", str(self._data), "-U", self.user, "--pwfile", str(secret)),
                    *("-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8"),
                )
                if made.wait(LIMIT_SECONDS):
                    raise self._failed("initdb")
                with (self._data / "pg_hba.conf").open("a") as rules:
                    rules.write("host all all all scram-sha-256\n")
                # Under a temporary name first, so that an existing one is complete.
                beside = path.with_suffix(".new")
                shutil.rmtree(beside, ignore_errors=True)
                subprocess.run(["mv", "-T", str(self._data), str(beside)], check=True)
                beside.rename(path)
        return path

    @property
    def _data(self) -> Path:
        return self._root / "data"

    @property
    def _log(self) -> Path:
        return self._root / "log"

    def _begin(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(binaries() / program), *arguments],
                user=self._account,
                group=pwd.getpwnam(self._account).pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A killed test leaves no server behind.
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # nothing but one system call happens there
            )

    def _failed(self, what: str) -> PostgresError:
        return PostgresError(f"{what}: {self._log.read_text(errors='replace')[-2000:]}")

    def start(self) -> None:
        """Start it, also after ``stop``: same port, same data. Raises PostgresError."""
        options = ["-h", self.address, "-p", str(self.port), "-k", str(self._root), "-c", "fsync=off"]
        self._server = self._begin("postgres", "-D", str(self._data), *options)
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._server.poll() is None and time.monotonic() < deadline:
            try:
                self.query("SELECT 1", "postgres")
            except PostgresError:
                time.sleep(0.1)
            else:
                return
        raise self._failed("the server did not start")

    def stop(self) -> None:
        """Stop it at once, connections and all, as a crash would; the data stays."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(LIMIT_SECONDS)
            self._server = None

    def close(self) -> None:
        """Stop it, if it runs, and remove it."""
        self.stop()
        shutil.rmtree(self._root, ignore_errors=True)

    def query(self, statement: str, database: str | None = None) -> list[list[str]]:
        """The rows of a statement, as text. Raises PostgresError."""
        environment = {**os.environ, "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"}
        place = ["-h", self.address, "-p", str(self.port), "-U", self.user, "-d", database or self.database]
        done = subprocess.run(
            [str(binaries() / "psql"), *place, "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-f", "-"],
            input=statement,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        if done.returncode:
            raise PostgresError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]
