# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A sandbox for tests: a separate process on free ports."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 300.0


class SandboxError(Exception):
    """The sandbox did not start, or refused a control request."""


class Sandbox:
    """A context manager that runs a sandbox; options are those of ``python -m sandbox serve``.

    ``seed`` is a fleet file, ``"none"`` or ``None`` (the twelve services); ``fleet`` a number of services or a
    mapping in the file's form. ``stale`` and ``throttle`` default to 0 so that tests see their changes at once.
    """

    def __init__(
        self,
        *,
        seed: str | Path | None = None,
        environment: str | None = None,
        fleet: int | Mapping[str, Any] | None = None,
        account: str = "000000000000",
        region: str = "eu-west-1",
        speed: float = 1.0,
        throttle: float = 0.0,
        stale: float = 0.0,
        port: int = 0,
        alb_port: int = 0,
        address: str = "127.0.0.1",
    ) -> None:
        self.account = account
        self.region = region
        self.endpoint = ""
        self.alb = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        self._fleet = fleet if isinstance(fleet, Mapping) else None
        self._arguments = [
            *("--port", str(port), "--alb-port", str(alb_port), "--account", account, "--region", region),
            *("--with-parent", "--address", address),
            *("--speed", str(speed), "--throttle", str(throttle), "--stale", str(stale)),
        ]
        self._clients: dict[tuple[str, str, str], Any] = {}
        if environment:
            self._arguments += ["--environment", environment]
        if self._fleet is not None:
            self._arguments += ["--seed", "none"]
        elif isinstance(fleet, int):
            self._arguments += ["--fleet", str(fleet)]
        elif seed is not None:
            self._arguments += ["--seed", str(seed)]

    def __enter__(self) -> Self:
        """Start the process and wait until it is ready."""
        self._directory = tempfile.TemporaryDirectory(prefix="sandbox-")
        found = Path(self._directory.name) / "state.json"
        log = (Path(self._directory.name) / "log").open("wb")
        with log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", "serve", "--state-file", str(found), *self._arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_LIMIT
        while not found.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                text = Path(log.name).read_text(errors="replace")
                self.close()
                raise SandboxError(f"the sandbox did not start:\n{text}")
            time.sleep(0.02)
        state = json.loads(found.read_text())
        self.endpoint, self.alb = state["endpoint"], state["alb"]
        if self._fleet is not None:
            self.control("seed", dict(self._fleet))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the process."""
        self.close()

    def close(self) -> None:
        """Stop the process, if it runs."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return (Path(self._directory.name) / "log").read_text(errors="replace") if self._directory else ""

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables with which any AWS client talks to this sandbox."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service: str, region: str | None = None, **options: Any) -> Any:
        """A boto3 client for this sandbox.

        Without options it is the same one each time: creating one takes up to a quarter of a second, and
        tests ask in loops.
        """
        key = (self.endpoint, service, region or self.region)
        if not options and key in self._clients:
            return self._clients[key]
        import boto3

        keys: dict[str, Any] = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "sandbox")
        session: Any = boto3.session.Session(region_name=key[2], **keys)
        made = session.client(service, endpoint_url=self.endpoint, **options)
        return made if options else self._clients.setdefault(key, made)

    def control(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """A control request: POST when there is a body, else GET. Raises SandboxError with the answer's text."""
        connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"), timeout=30)
        try:
            connection.request(
                method or ("GET" if body is None else "POST"),
                f"/_sandbox/{path.removeprefix('/_sandbox').lstrip('/')}",
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status >= 400:
            raise SandboxError(f"{path}: {text}")
        return json.loads(text)
