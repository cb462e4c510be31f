# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a service counts as ready: :func:`judge` is pure, :func:`ask` sends the request."""

from __future__ import annotations

import re
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from ..common.documents import loads_or_none
from ..http_client import client
from ..http_client.client import Unreachable, opener
from ..jvm.spring_files import Application
from ..systemd.systemctl import Unit

_ANSWER_LIMIT = 64 * 1024
_GOOD = ("up", "ok", "healthy", "ready", "pass", "alive", "live", "running", "success", "available", "operational")
# Starlette: "Invalid host header". Django: DisallowedHost.
_HOST = re.compile(rb"invalid host|disallowedhost|invalid http_host", re.IGNORECASE)
_HINT = 4096
#: Timeout of one request in seconds.
PATIENCE = 5.0


@dataclass(frozen=True)
class Wanted:
    """What ready means. Times are seconds. See the module ``service_release``.

    :ivar application: a Spring Boot application, whose own settings give the URL if ``url`` is not set.
    """

    url: str | None = None
    status: Collection[int] = (200,)
    timeout: float = 120
    stable_for: float = 5
    interval: float = 0.5
    headers: Mapping[str, str] = field(default_factory=dict)
    application: Application | None = None


@dataclass(frozen=True)
class Answer:
    """The service's answer; ``said`` is one line."""

    ready: bool
    said: str


@dataclass(frozen=True)
class Watch:
    """A wait for a process.

    :ivar began: when the wait began, on a monotonic clock in seconds.
    :ivar unit: the unit as it was then.
    :ivar ready_since: since when it is continuously ready.
    :ivar first_ready: when it was ready for the first time.
    """

    began: float
    unit: Unit
    ready_since: float | None = None
    first_ready: float | None = None
    verdict: bool | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether the wait has ended."""
        return self.verdict is not None


def judge(watch: Watch, unit: Unit, answer: Answer | None, now: float, wanted: Wanted) -> Watch:
    """The wait after one more observation.

    :param unit: the unit as it is now.
    :param answer: the service's answer, or ``None`` if its process is gone.
    """
    trouble = _trouble(watch, unit, now)
    if trouble:
        return replace(watch, verdict=False, reason=trouble)
    if answer is not None and answer.ready:
        since = now if watch.ready_since is None else watch.ready_since
        first = now if watch.first_ready is None else watch.first_ready
        done = True if now - since >= wanted.stable_for else None
        return replace(watch, ready_since=since, first_ready=first, verdict=done)
    said = answer.said if answer else "it was not asked"
    watch = replace(watch, ready_since=None)
    limit = wanted.timeout + (wanted.stable_for if watch.first_ready is not None else 0)
    if now - watch.began < limit:
        return watch
    what = "not ready" if watch.first_ready is None else "did not stay ready"
    return replace(watch, verdict=False, reason=f"{what} within {limit:g} s: {said}")


def _trouble(watch: Watch, unit: Unit, now: float) -> str:
    """Why further waiting is useless: the started process no longer runs."""
    if not unit.loaded:
        return "systemd knows no such service"
    after = f"{max(now - watch.began, 0):.0f} s after its start"
    how = f" ({unit.ended})" if unit.ended and unit.ended != "success" else ""
    if unit.active in ("failed", "inactive") or unit.sub == "auto-restart":
        return f"the process ended {after}{how}"
    if unit.restarts > watch.unit.restarts or unit.invocation != watch.unit.invocation:
        return f"the process ended {after} and systemd started it again{how}"
    if unit.active == "activating" or unit.pid == watch.unit.pid:
        return ""
    return f"the process {watch.unit.pid} was replaced by {unit.pid} {after}"


# The proxy must not be used for the host itself.
_OPENER = opener(proxies=False)
# Its certificate is not verified if the request uses another name.
_ITSELF = opener(proxies=False, context=ssl._create_unverified_context())  # noqa: S323, SLF001


def ask(url: str, wanted: Wanted, patience: float = PATIENCE) -> Answer:
    """Send one request, with the configured headers, which may include ``Host``."""
    try:
        found = client.ask("GET", url, wanted.headers, patience, most=_ANSWER_LIMIT, via=_OPENER)
    except Unreachable as error:
        return Answer(ready=False, said=f"{url} gave no answer ({error})")
    answer = read_answer(found.status, found.body, wanted.status, found.headers.get("location", ""))
    return answer if url in answer.said else replace(answer, said=f"{answer.said} from {url}")


def status_of(url: str, host: str, patience: float) -> tuple[int, str]:
    """The HTTP status of one GET and ``""``, or 0 and the error; redirects are not followed.

    :param url: its certificate is not verified.
    :param host: the ``Host`` header; by default the URL's.
    """
    try:
        return client.ask("GET", url, {"Host": host} if host else {}, patience, most=0, via=_ITSELF).status, ""
    except Unreachable as error:
        return 0, f"{url} gave no answer ({error})"


def read_answer(code: int, body: bytes, status: Collection[int], location: str = "") -> Answer:
    """Judge an HTTP answer. Pure. Spring Boot's actuator returns ``{"status": "UP"}``; others differ."""
    document = loads_or_none(body)
    said = document.get("status") if isinstance(document, dict) else None
    line = f"HTTP {code}" + (f", status {said}" if isinstance(said, str) else "")
    if code not in status and location:
        # The query may contain a token.
        line += f", a redirect to {' '.join(location.partition('?')[0].split())}"
    elif code not in status and _HOST.search(body[:_HINT]):
        line += ", it does not accept the Host header"
    return Answer(code in status and (not isinstance(said, str) or said.lower() in _GOOD), line[:200])
