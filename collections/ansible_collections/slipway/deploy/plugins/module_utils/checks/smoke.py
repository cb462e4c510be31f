# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Declared HTTP checks and the verdicts of their answers. Pure, and independent of the kind of target.

An attempt is *right* (everything expected holds), *wrong* (the service answered something else) or *unreachable*
(no answer from the service: no connection, a timeout, or the load balancer's own 502, 503 or 504). A check's
verdict follows from its attempts in order:

==============================================  ================
no attempt, or none right and the last unreachable  inconclusive
none right and the last wrong                   fail
the last right, never wrong                     pass
the last two right, wrong before                pass (it was still starting)
right and wrong, but not right twice at the end inconclusive (it is flapping)
==============================================  ================

So one lost packet never fails a check, a service that answers wrongly to the end always does, and a service that
answers right and wrong in turn is called neither good nor bad.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..common.documents import loads
from .document import at, first_problem
from .values import Reference, Scalar

Verdict = Literal["pass", "fail", "inconclusive", "warn"]
"""``warn``: of what runs nothing, or failed before the deploy and was not changed by it. No attempt leads to it."""
Kind = Literal["right", "wrong", "unreachable"]

# A load balancer answers these itself when it cannot reach a target. 503 is also what an application answers that
# is up and says that it is not well (Spring's actuator does), so it counts only with the balancer's own Server header.
_GATEWAY = frozenset({502, 504})
_GATEWAY_IF_OWN = 503
_BALANCERS = ("awselb/",)


@dataclass(frozen=True)
class Secret:
    """Where a value is stored, as configured: ``{env: NAME}``, ``{file: path}``, ``{ssm: name}`` …."""

    source: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Body:
    """What a request carries: a JSON document or a form's fields, either with secrets among its values, or a text."""

    kind: Literal["json", "form", "text"]
    content: Any


@dataclass(frozen=True)
class Login:
    """User and password of HTTP's basic authentication."""

    user: str | Secret
    password: str | Secret


@dataclass(frozen=True)
class SmokeCheck:
    """One HTTP request and what its answer must be.

    ``retries`` further attempts are made ``interval`` seconds apart while the answer is not right; ``timeout``
    (seconds) holds for each attempt as a whole. ``headers``, ``auth`` and ``send`` go with the request; ``body`` must
    occur in the answer; ``json`` maps dotted paths (``components.db.status``, ``items.0.id``) to the values that must
    stand there, or to rules for them; ``max_latency`` is in seconds. ``take`` gives names to values of the answer, for
    the checks that refer to them. With ``trace`` the request carries a trace id.
    """

    name: str
    path: str
    method: str = "GET"
    status: tuple[int, ...] = (200,)
    headers: tuple[tuple[str, str | Secret], ...] = ()
    body: str | None = None
    json: tuple[tuple[str, Any], ...] = ()
    retries: int = 5
    interval: float = 2.0
    timeout: float = 5.0
    max_latency: float | None = None
    send: Body | None = None
    auth: Login | None = None
    take: tuple[tuple[str, str], ...] = ()
    trace: bool = True


@dataclass(frozen=True)
class Attempt:
    """The result of one request: an answer, or the error.

    ``latency`` is in seconds, ``at`` the epoch time of the answer.
    """

    status: int | None = None
    latency: float = 0.0
    body: bytes = field(default=b"", repr=False)
    server: str = ""
    error: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Judged:
    """A check's verdict, the status and latency of its last attempt, and why; the trace of all its attempts."""

    verdict: Verdict
    attempts: int
    status: int | None = None
    latency: float | None = None
    detail: str = ""
    trace_id: str | None = None

    def to_record(self, name: str, check: str) -> dict[str, Any]:
        """An element of a record's ``smoke``; ``name`` is the service's."""
        return {
            "name": name,
            "check": check,
            **{key: value for key, value in vars(self).items() if key != "trace_id" or value is not None},
        }


def classify(check: SmokeCheck, attempt: Attempt) -> tuple[Kind, str]:
    """Whether an attempt is right, wrong or unreachable, and why."""
    if attempt.status is None:
        return "unreachable", attempt.error or "no answer"
    if attempt.status not in check.status:
        wanted = " or ".join(map(str, check.status))
        if _by_balancer(attempt):
            return "unreachable", f"the load balancer answered {attempt.status} instead of {wanted}"
        return "wrong", f"status {attempt.status} instead of {wanted}"
    wrong = _wrong_content(check, attempt)
    if wrong:
        return "wrong", wrong
    if check.max_latency is not None and attempt.latency > check.max_latency:
        return "wrong", f"took {attempt.latency:.2f} s, {check.max_latency:g} s are allowed"
    return "right", ""


def _by_balancer(attempt: Attempt) -> bool:
    if attempt.status in _GATEWAY:
        return True
    return attempt.status == _GATEWAY_IF_OWN and attempt.server.lower().startswith(_BALANCERS)


def _wrong_content(check: SmokeCheck, attempt: Attempt) -> str:
    text = _text(attempt)
    if check.body is not None and check.body not in text:
        return f"the answer does not contain {check.body!r}"
    if not check.json and not check.take:
        return ""
    try:
        document = loads(text)
    except (ValueError, RecursionError):
        return "the answer is not valid JSON"
    return first_problem(document, check.json, attempt.at) or _untakable(check, document)


def _text(attempt: Attempt) -> str:
    return attempt.body.decode("utf-8", "replace")


def _untakable(check: SmokeCheck, document: Any) -> str:
    for _name, path in check.take:
        found, value = at(document, path)
        if not found:
            return f"{path} is missing in the answer"
        if not isinstance(value, (str, int, float)) or value == "":
            return f"{path} is neither text nor a number, so nothing can be taken from it"
    return ""


def taken(check: SmokeCheck, attempt: Attempt) -> dict[Reference, Scalar]:
    """The values that a check takes from a right answer. They may be secret: only further requests use them."""
    if not check.take:
        return {}
    # Decoded as for the verdict: bytes that are not UTF-8 must not turn a pass into an exception.
    document = loads(_text(attempt))
    return {(check.name, name): at(document, path)[1] for name, path in check.take}


def judge(check: SmokeCheck, attempts: Sequence[Attempt]) -> Judged:
    """The verdict of a check by the rule at the top of this file."""
    if not attempts:
        return Judged("inconclusive", 0, detail="not attempted")
    kinds = [classify(check, attempt) for attempt in attempts]
    verdict, detail = _rule(kinds)
    last = attempts[-1]
    return Judged(verdict, len(attempts), last.status, last.latency if last.status is not None else None, detail)


def _rule(kinds: Sequence[tuple[Kind, str]]) -> tuple[Verdict, str]:
    words = [kind for kind, _detail in kinds]
    last, detail = kinds[-1]
    wrong = "wrong" in words
    if "right" not in words:
        if last == "wrong":
            return "fail", detail
        return "inconclusive", detail
    if last == "right" and (not wrong or words[-2:] == ["right", "right"]):
        return "pass", ""
    troubles = [text for kind, text in kinds if kind != "right"]
    return "inconclusive", f"{'flapping' if wrong else 'right at times'}: {troubles[-1]}"


def another(check: SmokeCheck, attempts: Sequence[Attempt]) -> bool:
    """Whether a further attempt is due: until the verdict is a pass, at most ``retries`` times, plus one to confirm."""
    if not attempts:
        return True
    if judge(check, attempts).verdict == "pass":
        return False
    to_confirm = classify(check, attempts[-1])[0] == "right"
    return len(attempts) < 1 + check.retries + int(to_confirm)


def worst(results: Sequence[Judged]) -> Verdict:
    """The verdict of several checks: fail if one failed, else inconclusive if one was, else pass."""
    found = {result.verdict for result in results}
    if "fail" in found:
        return "fail"
    return "inconclusive" if "inconclusive" in found else "pass"
