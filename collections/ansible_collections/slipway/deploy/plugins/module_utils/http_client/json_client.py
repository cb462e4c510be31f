# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON over HTTPS. No error shows the address or a header: both may be secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .client import MOST_BODY, Answer, Unreachable, ask

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def post_json(url: str, payload: Any, headers: Mapping[str, str], timeout: float) -> Answer:
    """POST ``payload`` as JSON: :func:`request_json`."""
    return request_json("POST", url, payload, headers, timeout)


def request_json(
    method: str, url: str, payload: Any, headers: Mapping[str, str], timeout: float, most: int = MOST_BODY
) -> Answer:
    """Send a request, with ``payload`` as JSON unless it is ``None``.

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
    try:
        return ask(method, url, {**typed, **headers}, timeout, body=body, most=most)
    except Unreachable as error:
        said = str(error)
        raise Unreachable(said[:1].lower() + said[1:]) from None
