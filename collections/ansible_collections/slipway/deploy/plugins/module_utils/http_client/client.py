# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An HTTP client that follows redirects only on request, and whose errors never show an address or a header.

Besides ``http`` and ``https`` an address may be that of a socket: ``http+unix://%2Frun%2Fx.sock/health``.

Python 3.8, standard library only: it runs on hosts as well.
"""

from __future__ import annotations

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, RemoteDisconnected
from typing import Any
from urllib.parse import unquote, urlsplit

#: How much of an answer is read by default, in bytes.
MOST_BODY = 64 * 1024


class Unreachable(Exception):
    """There is no answer; the text says why, without secrets."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, including redirects and refusals. Names of ``headers`` are in lower case."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def retry_after(self) -> float | None:
        """The seconds of the Retry-After header; ``None`` without one."""
        value = self.headers.get("retry-after")
        return float(value) if value is not None and value.isdecimal() else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_redirect: Any, **_more: Any) -> None:
        """Return redirects as answers: following one could send a token or a login to another address."""


def opener(
    *, follow: bool = False, proxies: bool = True, context: ssl.SSLContext | None = None
) -> urllib.request.OpenerDirector:
    """An opener of URLs.

    :param follow: whether redirects are followed; only for a request without secrets in its headers.
    :param proxies: whether the environment's proxies are used; never for this machine or its metadata service.
    :param context: TLS settings; by default certificates are verified by the system's authorities.
    """
    handlers: list[urllib.request.BaseHandler] = [] if follow else [_NoRedirect()]
    if not proxies:
        handlers.append(urllib.request.ProxyHandler({}))
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)


def ask(
    method: str,
    url: str,
    headers: Mapping[str, str],
    timeout: float,
    *,
    body: bytes | None = None,
    most: int = MOST_BODY,
    via: urllib.request.OpenerDirector | None = None,
) -> Answer:
    """Send one request; every answer of the server is returned, whatever its status.

    :param timeout: seconds for each step of the exchange.
    :param most: how much of the answer is read, in bytes.
    :param via: an :func:`opener`, by default one without arguments.
    :raises Unreachable: when there is no HTTP answer.
    """
    try:
        if url.startswith("http+unix:"):
            return _ask_socket(method, url, headers, timeout, body, most)
        request = urllib.request.Request(url, body, {"User-Agent": "slipway", **headers}, method=method)  # noqa: S310 - callers check the scheme
        with (via or opener()).open(request, timeout=timeout) as response:
            return Answer(response.status, response.read(most), _lower(response.headers))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _rest(error, most), _lower(error.headers))
    except Exception as error:  # noqa: BLE001 - http.client's ValueErrors repeat addresses and headers: none may pass
        raise Unreachable(reason(error)) from None


class _SocketConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask_socket(
    method: str, url: str, headers: Mapping[str, str], timeout: float, body: bytes | None, most: int
) -> Answer:
    parts = urlsplit(url)
    connection = _SocketConnection(unquote(parts.netloc), timeout)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read(most), _lower(response.headers))
    finally:
        connection.close()


def reason(error: BaseException) -> str:
    """Why there is no answer, in our own text or the system's."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return str(cause.strerror)
    return f"the request failed ({type(cause).__name__})"


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _rest(error: urllib.error.HTTPError, most: int) -> bytes:
    try:
        return error.read(most)
    except OSError:
        return b""
