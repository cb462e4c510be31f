# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs declared HTTP checks, several at once. The edge of :mod:`smoke`: sockets, threads and the clock are here.

Redirects are answers, not followed; proxies are not used; certificates are verified; an answer is read up to
:data:`MOST_BODY` bytes; a check's ``timeout`` ends an attempt as a whole, however slowly it is answered.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.slipway.deploy.plugins.module_utils.checks.smoke import (
    Attempt,
    Judged,
    Secret,
    SmokeCheck,
    another,
    judge,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

#: How much of an answer is read and judged, in bytes.
MOST_BODY = 1024 * 1024
# How often a caller is asked whether to go on, in seconds.
_POLL = 0.1

Resolver = Callable[[Secret, str], str]


@dataclass(frozen=True)
class Job:
    """A check of one service or host; ``base_url`` is what ``check.path`` is appended to."""

    name: str
    base_url: str
    check: SmokeCheck


@dataclass(frozen=True)
class _Request:
    secure: bool
    host: str
    port: int | None
    path: str
    headers: tuple[tuple[str, str], ...]


def run_checks(
    jobs: Sequence[Job],
    secrets: Resolver,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    parallel: int = 8,
    context: ssl.SSLContext | None = None,
) -> list[Judged]:
    """Carry the checks out and judge them, in the order of ``jobs``.

    :param secrets: gives the value of a header that is kept elsewhere; the second argument is the place to name.
    :param cancelled: asked all the time; once it is true, no attempt is begun and those under way are cut off.
    :param parallel: attempts at once.
    :param context: TLS settings; the system's certificate authorities by default.
    :raises SlipwayError: before any request, when a base URL or a secret is not usable.
    """
    requests = [_request(job, secrets) for job in jobs]
    crew = _Crew(context or ssl.create_default_context())
    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="smoke") as pool:
        futures = [pool.submit(crew.work, job.check, request) for job, request in zip(jobs, requests, strict=True)]
        _watch(futures, crew, cancelled)
        return [future.result() for future in futures]


def _watch(futures: Sequence[Future[Judged]], crew: _Crew, cancelled: Callable[[], bool]) -> None:
    pending = set(futures)
    try:
        while pending:
            _done, pending = wait(pending, timeout=_POLL)
            if pending and cancelled():
                crew.stop()
                return
    except BaseException:
        # Leaving the pool waits for its threads: they must be told to end first.
        crew.stop()
        raise


def _request(job: Job, secrets: Resolver) -> _Request:
    where = f"the base URL of {job.name}"
    url = urlsplit(job.base_url)
    try:
        port = url.port
    except ValueError as error:
        raise SlipwayError("the port is no number", where, "Write http://host:8080") from error
    if url.scheme not in ("http", "https") or not url.hostname or url.username:
        raise SlipwayError(
            "it is no plain http or https address", where, "Write https://host, without user or password"
        )
    path = url.path.rstrip("/") + job.check.path
    headers = tuple((name, _header(value, name, job, secrets)) for name, value in job.check.headers)
    return _Request(url.scheme == "https", url.hostname, port, path, headers)


def _header(value: str | Secret, name: str, job: Job, secrets: Resolver) -> str:
    where = f"header {name} of smoke check {job.check.name!r} of {job.name}"
    text = secrets(value, where) if isinstance(value, Secret) else value
    # http.client would repeat a bad value in its exception.
    if not text.isascii() or not text.isprintable():
        raise SlipwayError("the value cannot be sent as a header", where, "It must be one line of ASCII text")
    return text


class _Crew:
    """The connections that are open, so that they can be cut off."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._lines: set[_Line] = set()

    def stop(self) -> None:
        """Begin nothing more and cut off what is under way."""
        self._stopped.set()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.cut()

    def work(self, check: SmokeCheck, request: _Request) -> Judged:
        """One check with all its attempts."""
        attempts: list[Attempt] = []
        while not self._stopped.is_set() and another(check, attempts):
            if attempts and self._stopped.wait(check.interval):
                break
            attempt = self._attempt(check, request)
            if not self._stopped.is_set():
                attempts.append(attempt)
        return judge(check, attempts)

    def _attempt(self, check: SmokeCheck, request: _Request) -> Attempt:
        line = _Line(request, check.timeout, self._context)
        with self._lock:
            self._lines.add(line)
        if self._stopped.is_set():
            line.cut()
        timer = threading.Timer(check.timeout, line.cut)
        timer.daemon = True
        timer.start()
        try:
            return line.ask(check.method)
        finally:
            timer.cancel()
            with self._lock:
                self._lines.discard(line)


class _Line:
    """One connection for one request. :meth:`cut` may be called from another thread at any time."""

    def __init__(self, request: _Request, timeout: float, context: ssl.SSLContext) -> None:
        self._request = request
        self._timeout = timeout
        self._cut = threading.Event()
        self._socket: socket.socket | None = None
        if request.secure:
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                request.host, request.port, timeout=timeout, context=context
            )
        else:
            self._connection = http.client.HTTPConnection(request.host, request.port, timeout=timeout)

    def cut(self) -> None:
        """End the attempt."""
        self._cut.set()
        if self._socket is not None:
            try:
                # The plain socket's method: a TLS socket's own would change the object under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return

    def ask(self, method: str) -> Attempt:
        """Make the request; an error becomes an attempt without a status."""
        begun = time.monotonic()
        try:
            attempt = self._exchange(method, begun)
        except (OSError, http.client.HTTPException, ValueError) as error:
            attempt = Attempt(latency=time.monotonic() - begun, error=self._words(error))
        finally:
            self._connection.close()
        if self._cut.is_set():
            # What was read may be half an answer.
            return Attempt(latency=time.monotonic() - begun, error=f"no answer within {self._timeout:g} s")
        return attempt

    def _exchange(self, method: str, begun: float) -> Attempt:
        self._connection.connect()
        self._socket = self._connection.sock
        if self._cut.is_set():
            raise TimeoutError
        headers = {"User-Agent": "slipway-smoke", "Connection": "close", **dict(self._request.headers)}
        self._connection.request(method, self._request.path, headers=headers)
        response = self._connection.getresponse()
        body = response.read(MOST_BODY)
        latency = time.monotonic() - begun
        return Attempt(response.status, latency, body, response.getheader("Server") or "")

    def _words(self, error: Exception) -> str:
        # Only words of our own or of the system: an exception's text may repeat what was sent.
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout:g} s"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {error.verify_message}"
        if isinstance(error, ssl.SSLError):
            return f"TLS failed: {error.reason or 'no reason given'}"
        if isinstance(error, socket.gaierror):
            return f"the name {self._request.host} does not resolve"
        if isinstance(error, OSError):
            return (error.strerror or type(error).__name__).lower()
        return f"no proper HTTP answer ({type(error).__name__})"
