# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Speaks JSON over HTTPS. The edge of notifications: no error repeats the address or a header, both may be secrets."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_MOST_BODY = 64 * 1024
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Unreachable(Exception):
    """There is no answer; the text says why in words that repeat nothing secret."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. ``retry_after`` is in seconds when the server said it; names of ``headers`` are in lower case."""

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_redirect: object, **_more: object) -> None:
        # A redirect would carry the token to another address.
        return None


def post_json(url: str, payload: Any, headers: Mapping[str, str], timeout: float) -> Answer:
    """POST ``payload`` as JSON: :func:`request_json`."""
    return request_json("POST", url, payload, headers, timeout)


def request_json(
    method: str, url: str, payload: Any, headers: Mapping[str, str], timeout: float, most: int = _MOST_BODY
) -> Answer:
    """Ask, with ``payload`` as JSON unless it is ``None``.

    The environment's proxies are used, certificates verified, redirects not followed.

    :param timeout: seconds for each step of the exchange.
    :param most: how much of an answer is read, in bytes.
    :raises Unreachable: when there is no HTTP answer, or the address is not https (http only to this machine).
    """
    try:
        parts = urlsplit(url)
        allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    except ValueError:
        allowed = False
    if not allowed:
        raise Unreachable("the address is not https")
    body = None if payload is None else json.dumps(payload).encode()
    typed = {} if payload is None else {"Content-Type": "application/json; charset=utf-8"}
    all_headers = {"User-Agent": "slipway", **typed, **headers}
    try:
        request = urllib.request.Request(url, body, all_headers, method=method)  # noqa: S310 - the scheme is checked above
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout) as response:
            return Answer(response.status, response.read(most), None, _lower(response.headers))
    except urllib.error.HTTPError as error:
        with error:
            named = _lower(error.headers)
            return Answer(error.code, _rest(error), _seconds(named.get("retry-after")), named)
    except Exception as error:  # noqa: BLE001 - http.client's ValueErrors repeat addresses and headers: none may pass
        raise Unreachable(_words(error)) from None


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in headers.items()}


def _rest(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(_MOST_BODY)
    except OSError:
        return b""


def _seconds(value: str | None) -> float | None:
    return float(value) if value is not None and value.isdecimal() else None


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {reason.verify_message}"
    if isinstance(reason, OSError) and reason.strerror:
        return str(reason.strerror).lower()
    return f"the request failed ({type(reason).__name__})"
