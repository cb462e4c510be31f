# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on demand: which fault, for which service and action, how often."""

from __future__ import annotations

import fnmatch
import itertools
import random
import threading
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.protocol import Call

# kind -> (HTTP status, code, message) for kinds that are an error answer.
ERRORS: dict[str, tuple[int, str, str]] = {
    "throttle": (400, "ThrottlingException", "Rate exceeded"),
    "server_error": (500, "ServerException", "Service Unavailable. Please try again later."),
    "unavailable": (503, "ServiceUnavailable", "Service is unable to handle request."),
    "expired_token": (400, "ExpiredTokenException", "The security token included in the request is expired"),
    "invalid_token": (403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    "access_denied": (400, "AccessDeniedException", "User is not authorized to perform: {service}:{action}"),
    "clock_skew": (403, "InvalidSignatureException", "Signature expired: is now earlier than the request's time."),
}
KINDS = (*ERRORS, "error", "reset", "latency", "stale", "date", "truncate")


@dataclass
class Fault:
    """One rule.

    ``service`` and ``action`` are patterns (``*``); ``count`` how often it applies (``None``: until removed);
    ``skip`` how many matching calls pass first; ``when``: before or after the call takes effect;
    ``match``: a text that the request's body must contain; ``path``: one that its path must contain (S3's is
    ``/bucket/key``). ``seconds`` is for latency and date, ``bytes`` for truncate: how much of the answer is sent.
    """

    id: int
    kind: str
    service: str = "*"
    action: str = "*"
    count: int | None = None
    probability: float = 1.0
    skip: int = 0
    when: str = "before"
    match: str = ""
    path: str = ""
    seconds: float = 0.0
    bytes: int | None = None
    status: int = 500
    code: str = "InternalFailure"
    message: str = "Injected by the sandbox."
    struck: int = 0


class Faults:
    """The rules in force."""

    def __init__(self, seed: int | None = None) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._ids = itertools.count(1)
        self._random = random.Random(seed)

    def add(self, values: dict[str, Any]) -> Fault:
        """Add a rule from a control request. Raises ValueError for an unknown kind or field."""
        kind = values.get("kind")
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        try:
            rule = Fault(id=next(self._ids), **values)
        except TypeError as error:
            raise ValueError(str(error)) from None
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, identity: int | None = None) -> None:
        """Remove a rule, or all."""
        with self._lock:
            self._rules = [one for one in self._rules if identity is not None and one.id != identity]

    def rules(self) -> list[dict[str, Any]]:
        """The rules as the control endpoint shows them."""
        with self._lock:
            return [asdict(one) for one in self._rules]

    def strike(self, call: Call) -> list[Fault]:
        """The faults that this call meets; counts them."""
        if not self._rules:
            return []
        struck = []
        with self._lock:
            for one in self._rules:
                if not self._matches(one, call):
                    continue
                if one.skip > 0:
                    one.skip -= 1
                    continue
                one.struck += 1
                if one.count is not None:
                    one.count -= 1
                struck.append(one)
            self._rules = [one for one in self._rules if one.count is None or one.count > 0]
        return struck

    def _matches(self, one: Fault, call: Call) -> bool:
        return (
            fnmatch.fnmatchcase(call.service, one.service)
            and fnmatch.fnmatchcase(call.action, one.action)
            and (not one.match or one.match.encode() in call.body)
            and one.path in call.path
            and (one.probability >= 1 or self._random.random() < one.probability)
        )


def answer_of(fault: Fault, call: Call) -> tuple[int, str, str]:
    """(status, code, message) of a fault that is an error answer."""
    if fault.kind == "error":
        return fault.status, fault.code, fault.message
    status, code, message = ERRORS[fault.kind]
    if call.service == "s3" and fault.kind in ("throttle", "access_denied", "expired_token"):
        status, code = {
            "throttle": (503, "SlowDown"),
            "access_denied": (403, "AccessDenied"),
            "expired_token": (400, "ExpiredToken"),
        }[fault.kind]
    elif not call.json_protocol:
        code = {"expired_token": "ExpiredToken", "access_denied": "AccessDenied", "throttle": "Throttling"}.get(
            fault.kind, code
        )
        status = 403 if code in ("ExpiredToken", "AccessDenied") else status
    return status, code, message.format(service=call.service, action=call.action)
