# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs declared HTTP checks, several at once. The edge of :mod:`smoke`: sockets, threads and the clock are here.

Redirects are answers, not followed; proxies are not used; certificates are verified; an answer is read up to
:data:`MOST_BODY` bytes; a check's ``timeout`` ends an attempt as a whole, however slowly it is answered. A check that
refers to another's answer is made once that one has passed, all others side by side.

A request carries a trace id of its check's own (W3C Trace Context, ``traceparent``), by which its way can be found in
what the service reports to a tracer or to Sentry.
"""

from __future__ import annotations

import http.client
import secrets as randomness
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from ..common.errors import SlipwayError
from .order import Order
from .request import Draft, Request, Resolver, draft
from .smoke import Attempt, Judged, SmokeCheck, another, judge, taken
from .values import Reference, Scalar, Values

#: How much of an answer is read and judged, in bytes.
MOST_BODY = 1024 * 1024
# Seconds between two checks for cancellation.
_POLL = 0.1
_TRACE = "traceparent"


@dataclass(frozen=True)
class Job:
    """A check of one service or host; ``base_url`` is what ``check.path`` is appended to."""

    name: str
    base_url: str
    check: SmokeCheck


@dataclass(frozen=True)
class _Done:
    """A check's verdict, and the values that it took for others, which are never shown."""

    judged: Judged
    taken: dict[Reference, Scalar]


def run_checks(
    jobs: Sequence[Job],
    secrets: Resolver,
    cancelled: Callable[[], bool] = lambda: False,
    *,
    parallel: int = 8,
    context: ssl.SSLContext | None = None,
) -> list[Judged]:
    """Run the checks and judge them, in the order of ``jobs``.

    :param secrets: returns the value of a stored secret; the second argument is the location to name in an error.
    :param cancelled: polled; once it is true, no attempt is started and running ones are aborted.
    :param parallel: concurrent attempts.
    :param context: TLS settings; the system's certificate authorities by default.
    :raises SlipwayError: before any request, a base URL, a secret or a reference is invalid.
    """
    drafts = [draft(job.name, job.base_url, job.check, secrets) for job in jobs]
    order = Order([(job.name, job.check) for job in jobs])
    connections = _Connections(context or ssl.create_default_context())
    with ThreadPoolExecutor(max_workers=max(1, parallel), thread_name_prefix="smoke") as pool:
        try:
            return _in_order(
                order,
                lambda index, values: pool.submit(connections.work, drafts[index], values),
                connections,
                cancelled,
            )
        except BaseException:
            # Leaving the pool waits for its threads, so they are stopped first.
            connections.stop()
            raise


def _in_order(
    order: Order,
    begin: Callable[[int, Values], Future[_Done]],
    connections: _Connections,
    cancelled: Callable[[], bool],
) -> list[Judged]:
    running: dict[Future[_Done], int] = {}
    while not order.over:
        for index in order.ready():
            running[begin(index, order.values(index))] = index
        done, _pending = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
        for future in [future for future in running if future in done]:
            result = future.result()
            order.finish(running.pop(future), result.judged, result.taken)
        if cancelled():
            connections.stop()
    return order.results()


class _Connections:
    """The open connections, so that they can be aborted."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._lines: set[_Line] = set()

    def stop(self) -> None:
        """Start no more attempts and abort running ones."""
        self._stopped.set()
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.cut()

    def work(self, drafted: Draft, values: Values) -> _Done:
        """Run one check with all its attempts."""
        check = drafted.check
        try:
            request = drafted.fill(values)
        except SlipwayError as error:
            return _Done(Judged("inconclusive", 0, detail=f"not asked: {error}"), {})
        trace = _trace(check)
        attempts: list[Attempt] = []
        while not self._stopped.is_set() and another(check, attempts):
            if attempts and self._stopped.wait(check.interval):
                break
            attempt = self._attempt(check, _traced(request, trace))
            if not self._stopped.is_set():
                attempts.append(attempt)
        judged = judge(check, attempts)
        found = taken(check, attempts[-1]) if judged.verdict == "pass" else {}
        return _Done(replace(judged, trace_id=trace if attempts else None), found)

    def _attempt(self, check: SmokeCheck, request: Request) -> Attempt:
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


def _trace(check: SmokeCheck) -> str | None:
    """A trace id, unless the check has tracing off or sends its own."""
    own = any(name.lower() == _TRACE for name, _value in check.headers)
    return randomness.token_hex(16) if check.trace and not own else None


def _traced(request: Request, trace: str | None) -> Request:
    """The request as a sampled span of its trace: https://www.w3.org/TR/trace-context/."""
    if trace is None:
        return request
    return replace(request, headers=(*request.headers, (_TRACE, f"00-{trace}-{randomness.token_hex(8)}-01")))


class _Line:
    """One connection for one request. :meth:`cut` may be called from another thread at any time.

    So it holds the connection itself, which the common HTTP client does not expose.
    """

    def __init__(self, request: Request, timeout: float, context: ssl.SSLContext) -> None:
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
            # The answer may be truncated.
            return Attempt(latency=time.monotonic() - begun, error=f"no answer within {self._timeout:g} s")
        return attempt

    def _exchange(self, method: str, begun: float) -> Attempt:
        self._connection.connect()
        self._socket = self._connection.sock
        if self._cut.is_set():
            raise TimeoutError
        headers = {"User-Agent": "slipway-smoke", "Connection": "close", **dict(self._request.headers)}
        self._connection.request(method, self._request.path, body=self._request.body, headers=headers)
        response = self._connection.getresponse()
        body = response.read(MOST_BODY)
        if response.length and len(body) < MOST_BODY:
            # http.client does not report a connection that ends before Content-Length.
            raise http.client.IncompleteRead(b"", response.length)
        latency = time.monotonic() - begun
        return Attempt(response.status, latency, body, response.getheader("Server") or "", at=time.time())

    def _words(self, error: Exception) -> str:
        # Only our own text or the system's: an exception's text may repeat the request.
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
        return f"no valid HTTP answer ({type(error).__name__})"
