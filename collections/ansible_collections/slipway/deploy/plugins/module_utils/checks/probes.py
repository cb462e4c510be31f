# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rows of a checklist, and what is asked where for each. Pure.

A row is *green* when it was asked and the answer is right, *red* when the answer is wrong, and *unknown* when there is
no answer that says either. Unknown is never green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from .request import secrets_of
from .smoke import Secret, SmokeCheck

Verdict = Literal["green", "red", "unknown"]
#: From where a row is asked.
Via = Literal["control", "host"]


@dataclass(frozen=True)
class Http:
    """A request and what its answer must be; asked at ``url``, or at each of the group's own addresses."""

    check: SmokeCheck
    url: str | None = None


@dataclass(frozen=True)
class Sentry:
    """No new issue of one of these levels since the deploy began."""

    organization: str
    token: Secret
    projects: tuple[str, ...] = ()
    environment: str | None = None
    levels: tuple[str, ...] = ("error", "fatal")
    url: str = "https://sentry.io"


@dataclass(frozen=True)
class Redis:
    """A Redis, and one question to it.

    :ivar url: its address; a secret where a password stands in it.
    :ivar variable: instead of ``url``: the variable of the service's own environment, on the host, that holds it.
    """

    command: tuple[str, ...]
    url: str | Secret | None = None
    variable: str | None = None
    password: Secret | None = None
    ca_file: str | None = None


@dataclass(frozen=True)
class Queue:
    """A queue that must be shorter than ``below``. A key that is not there is an empty queue, as Redis has it."""

    redis: Redis
    below: int


@dataclass(frozen=True)
class Heartbeat:
    """A time that must be written again within ``max_age`` seconds.

    A key that is not there is red: who beats sets it, with an expiry or without, so nobody does.
    """

    redis: Redis
    max_age: float


@dataclass(frozen=True)
class Unit:
    """A unit of systemd that must be active; ``None``: the service's own."""

    unit: str | None = None


@dataclass(frozen=True)
class Command:
    """A program whose exit code says it: 0 is green, 1 is red, anything else is unknown."""

    argv: tuple[str, ...]


Spec: TypeAlias = "Http | Sentry | Queue | Heartbeat | Unit | Command"


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
class Found:
    """A verdict, and why in one line."""

    verdict: Verdict
    detail: str = ""


@dataclass(frozen=True)
class Question:
    """A row that is asked at one place.

    :ivar host: whose answer it is, where a row is asked of several hosts.
    :ivar base: the address that a request goes to.
    """

    probe: Probe
    host: str | None = None
    base: str = ""


@dataclass(frozen=True)
class Row:
    """What became of a question."""

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
    """The hosts that a checklist is about.

    :ivar hosts: their names, with the address at which each is asked by HTTP.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)


def questions(probes: Sequence[Probe], group: Group) -> list[Question]:
    """What is asked, in the order of the rows.

    A request goes to each address once. A unit and a program on hosts are asked of each host. A Redis is shared: the
    first host in the inventory's order that answers speaks for all.
    """
    asked: list[Question] = []
    names = list(group.hosts)
    for probe in probes:
        if isinstance(probe.spec, Http):
            asked += _requests(probe, probe.spec, group)
        elif probe.via == "host" and isinstance(probe.spec, (Unit, Command)) and names:
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


def secrets(probe: Probe) -> list[tuple[str, Secret]]:
    """The secrets of a row, with their places in it."""
    spec = probe.spec
    if isinstance(spec, Http):
        return list(secrets_of(spec.check))
    if isinstance(spec, Sentry):
        return [("token", spec.token)]
    if isinstance(spec, (Queue, Heartbeat)):
        places = (("url", spec.redis.url), ("password", spec.redis.password))
        return [(place, value) for place, value in places if isinstance(value, Secret)]
    return []


def host_question(probe: Probe, revealed: Mapping[Secret, str], service: str | None) -> dict[str, Any]:
    """What ``module_utils.probes.machine`` is asked for a row.

    :param revealed: the values of the row's secrets.
    :param service: the host's service, where it is known.
    """
    spec = probe.spec
    question: dict[str, Any] = {"timeout": probe.timeout, "wait": probe.wait}
    if isinstance(spec, Unit):
        return {**question, "kind": "systemd", "unit": spec.unit or service or ""}
    if isinstance(spec, Command):
        return {**question, "kind": "command", "argv": list(spec.argv)}
    if isinstance(spec, (Queue, Heartbeat)):
        redis = spec.redis
        url = revealed[redis.url] if isinstance(redis.url, Secret) else redis.url
        return {
            **question,
            "kind": "redis",
            "command": list(redis.command),
            "url": url,
            "password": revealed[redis.password] if redis.password else None,
            "ca_file": redis.ca_file,
            "unit": service,
            "variable": redis.variable,
        }
    raise TypeError(f"{probe.kind} is not asked of a machine")
