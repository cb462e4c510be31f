# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of a checklist, and which question each asks from where. Pure.

A row is *green* if its answer is right, *red* if the answer is wrong, and *unknown* if there is
no conclusive answer. Unknown is never green.

A kind of row is a subclass of :class:`Spec`, and a line in the registry of :mod:`.probes_declared`, which reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from ..common.text import duration, plural
from .moment import age
from .request import secrets_of
from .smoke import Secret, SmokeCheck

Verdict = Literal["green", "red", "unknown"]
#: From where a row is asked.
Via = Literal["control", "host"]
#: systemd's states of a unit that is starting or stopping.
_MOVING = ("activating", "deactivating", "maintenance", "refreshing")


@dataclass(frozen=True)
class Found:
    """A verdict and its reason in one line."""

    verdict: Verdict
    detail: str = ""


class Spec:
    """What a row of one kind asks, and what the answer means."""

    #: Whether each host of the group is asked; otherwise the answer of the first one counts for all.
    each_host: ClassVar[bool] = False
    #: Whether the row accepts ``via``, from where it is asked.
    movable: ClassVar[bool] = False

    @property
    def home(self) -> Via:
        """From where it is asked by default."""
        return "control"

    def secrets(self) -> list[tuple[str, Secret]]:
        """The secrets that it needs, with their places in the row."""
        return []

    def question(self, revealed: Mapping[Secret, str], service: str | None) -> dict[str, Any]:
        """What ``module_utils.probes.machine`` is asked, on a host or on the control node.

        :param revealed: the values of the secrets.
        :param service: the host's service, if known.
        """
        raise NotImplementedError(f"{type(self).__name__} is not asked of a machine")

    def judge(self, answer: Mapping[str, Any]) -> Found:
        """Judge the machine's answer. A missing or malformed field may raise any exception."""
        raise NotImplementedError(f"{type(self).__name__} is judged elsewhere")


@dataclass(frozen=True)
class Http(Spec):
    """A request and what its answer must be; asked at ``url``, or at each of the group's own addresses."""

    check: SmokeCheck
    url: str | None = None

    def secrets(self) -> list[tuple[str, Secret]]:
        """Those of the request."""
        return list(secrets_of(self.check))


@dataclass(frozen=True)
class Sentry(Spec):
    """No new issue of one of these levels since the deploy began."""

    organization: str
    token: Secret
    projects: tuple[str, ...] = ()
    environment: str | None = None
    levels: tuple[str, ...] = ("error", "fatal")
    url: str = "https://sentry.io"

    def secrets(self) -> list[tuple[str, Secret]]:
        """The token."""
        return [("token", self.token)]


@dataclass(frozen=True)
class Redis:
    """A Redis server and one question to it.

    :ivar url: its address; a secret where a password stands in it.
    :ivar variable: instead of ``url``: the variable of the service's own environment, on the host, that holds it.
    """

    command: tuple[str, ...]
    url: str | Secret | None = None
    variable: str | None = None
    password: Secret | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class _OfRedis(Spec):
    """A row that Redis answers."""

    redis: Redis

    movable: ClassVar[bool] = True

    @property
    def home(self) -> Via:
        """The host, where the address stands in the service's own environment."""
        return "host" if self.redis.variable is not None else "control"

    def secrets(self) -> list[tuple[str, Secret]]:
        """Those of the connection."""
        places = (("url", self.redis.url), ("password", self.redis.password))
        return [(place, value) for place, value in places if isinstance(value, Secret)]

    def question(self, revealed: Mapping[Secret, str], service: str | None) -> dict[str, Any]:
        """The command, and how Redis is reached."""
        redis = self.redis
        return {
            "kind": "redis",
            "command": list(redis.command),
            "url": revealed[redis.url] if isinstance(redis.url, Secret) else redis.url,
            "password": revealed[redis.password] if redis.password else None,
            "ca_file": redis.ca_file,
            "unit": service,
            "variable": redis.variable,
        }


@dataclass(frozen=True)
class Queue(_OfRedis):
    """A queue that must be shorter than ``below``. A missing key is an empty queue, as in Redis."""

    below: int

    def judge(self, answer: Mapping[str, Any]) -> Found:
        """Green below the limit."""
        depth = answer["value"]
        if not isinstance(depth, int) or isinstance(depth, bool) or depth < 0:
            return Found("unknown", "Redis gave no length")
        if depth < self.below:
            return Found("green", f"{depth} waiting")
        return Found("red", f"{depth} waiting, fewer than {self.below} are allowed")


@dataclass(frozen=True)
class Heartbeat(_OfRedis):
    """A timestamp that must be renewed within ``max_age`` seconds.

    A missing key is red: the scheduler sets it, with or without an expiry, so none is running.
    """

    max_age: float

    def judge(self, answer: Mapping[str, Any]) -> Found:
        """Green while the last heartbeat is recent enough."""
        value = answer["value"]
        if value is None:
            return Found("red", "there is no heartbeat")
        old = age(value, float(answer["at"]))
        if old is None:
            return Found("unknown", "the heartbeat is not a time, or one that lies ahead")
        if old > self.max_age:
            return Found("red", f"the last heartbeat was {duration(old)} ago, {duration(self.max_age)} are allowed")
        return Found("green", f"the last heartbeat was {duration(old)} ago")


@dataclass(frozen=True)
class Unit(Spec):
    """A unit of systemd that must be active; ``None``: the service's own."""

    unit: str | None = None

    each_host: ClassVar[bool] = True

    @property
    def home(self) -> Via:
        """The host: the control node has units of its own."""
        return "host"

    def question(self, _revealed: Mapping[Secret, str], service: str | None) -> dict[str, Any]:
        """The unit's state."""
        return {"kind": "systemd", "unit": self.unit or service or ""}

    def judge(self, answer: Mapping[str, Any]) -> Found:
        """Green when it is active."""
        if not answer["loaded"]:
            return Found("red", "systemd knows no such unit")
        active, sub = str(answer["active"]), str(answer["sub"])
        restarts = int(answer.get("restarts") or 0)
        said = f"{active} ({sub})" + (f", restarted {plural(restarts, 'time')}" if restarts else "")
        if active in ("active", "reloading"):
            return Found("green", said)
        return Found("unknown" if active in _MOVING or not active else "red", said)


@dataclass(frozen=True)
class Command(Spec):
    """A program whose exit code is the verdict: 0 is green, 1 is red, anything else is unknown."""

    argv: tuple[str, ...]

    each_host: ClassVar[bool] = True
    movable: ClassVar[bool] = True

    def question(self, _revealed: Mapping[Secret, str], _service: str | None) -> dict[str, Any]:
        """The program and its arguments."""
        return {"kind": "command", "argv": list(self.argv)}

    def judge(self, answer: Mapping[str, Any]) -> Found:
        """Judge the exit code; a program ended by a signal is unknown."""
        code, said = int(answer["code"]), str(answer.get("said") or "")
        if code == 0:
            return Found("green", said)
        if code == 1:
            return Found("red", said or "exit code 1")
        how = f"exit code {code}" if code > 0 else f"ended by signal {-code}"
        return Found("unknown", f"{how}: {said}" if said else how)


@dataclass(frozen=True)
class Probe:
    """A row of a checklist. ``timeout`` and ``wait`` (before it is asked) are seconds."""

    name: str
    kind: str
    spec: Spec
    via: Via = "control"
    timeout: float = 10.0
    wait: float = 0.0


@dataclass(frozen=True)
class Question:
    """A row that is asked at one place.

    :ivar host: the host that answers, if a row is asked on several hosts.
    :ivar base: the address that a request goes to.
    """

    probe: Probe
    host: str | None = None
    base: str = ""


@dataclass(frozen=True)
class Row:
    """The verdict of a question."""

    question: Question
    found: Found
    took: float | None = None

    def to_record(self, checked_at: str) -> dict[str, Any]:
        """An element of a record's ``checklist``."""
        probe = self.question.probe
        return {
            "name": probe.name,
            "kind": probe.kind,
            "host": self.question.host,
            "verdict": self.found.verdict,
            "detail": self.found.detail,
            "took": self.took,
            "checked_at": checked_at,
        }


@dataclass(frozen=True)
class Group:
    """The hosts of a checklist.

    :ivar hosts: their names, with the address at which each is asked by HTTP.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)


def questions(probes: Sequence[Probe], group: Group) -> list[Question]:
    """The questions, in the order of the rows.

    A request goes to each address once. A unit and a program on hosts are asked of each host. A Redis is shared: the
    first host in the inventory's order that answers speaks for all.
    """
    asked: list[Question] = []
    names = list(group.hosts)
    for probe in probes:
        if isinstance(probe.spec, Http):
            asked += _requests(probe, probe.spec, group)
        elif probe.via == "host" and probe.spec.each_host and names:
            asked += [Question(probe, name) for name in names]
        else:
            asked.append(Question(probe))
    return asked


def _requests(probe: Probe, spec: Http, group: Group) -> list[Question]:
    if spec.url is not None:
        return [Question(probe, base=spec.url)]
    first: dict[str, str] = {}
    for name, base in group.hosts.items():
        first.setdefault(base, name)
    if len(first) == 1:
        return [Question(probe, base=base) for base in first]
    return [Question(probe, name, base) for base, name in first.items()] or [Question(probe)]


def host_question(probe: Probe, revealed: Mapping[Secret, str], service: str | None) -> dict[str, Any]:
    """What ``module_utils.probes.machine`` is asked for a row.

    :param revealed: the values of the row's secrets.
    :param service: the host's service, if known.
    """
    return {"timeout": probe.timeout, "wait": probe.wait, **probe.spec.question(revealed, service)}
