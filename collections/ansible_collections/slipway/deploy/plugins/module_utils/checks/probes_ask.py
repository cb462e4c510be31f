# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs a checklist's questions on the control node, all at once, and judges the answers. The edge of :mod:`probes`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from ..common.errors import SlipwayError
from ..http_client.client import Unreachable
from ..http_client.json_client import request_json
from ..probes import machine
from . import sentry
from .http import Job, run_checks
from .probes import Found, Group, Http, Probe, Question, Row, Sentry, Spec, host_question
from .probes_judge import judge, judge_smoke
from .request import Resolver
from .smoke import Secret

_WORKERS = 16
# Seconds between two checks for cancellation.
_POLL = 0.1
#: How much of Sentry's answer is read: a hundred issues, each with its statistics.
_MOST_ISSUES = 4 * 1024 * 1024
#: Answers of a host by the names of rows.
Answers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class World:
    """What is needed to ask questions.

    :ivar reveal: returns a secret's value.
    :ivar since: the epoch time at which the deploy began, if known.
    :ivar said: the hosts' answers, by host.
    """

    reveal: Resolver
    since: float | None = None
    group: Group = field(default_factory=Group)
    said: Mapping[str, Answers] = field(default_factory=dict)


def ask(questions: Sequence[Question], world: World, cancelled: Callable[[], bool] = lambda: False) -> list[Row]:
    """The rows, in the order of the questions. A question that cannot be asked is unknown; errors do not raise.

    :param cancelled: polled; once it is true, no question is started.
    """
    stop = threading.Event()
    rows: dict[int, Row] = {}
    requests = [(index, item) for index, item in enumerate(questions) if isinstance(item.probe.spec, Http)]
    others = [(index, item) for index, item in enumerate(questions) if not isinstance(item.probe.spec, Http)]
    with ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="checklist") as pool:
        try:
            batch = pool.submit(_requests, [item for _index, item in requests], world, stop)
            singles = {pool.submit(_one, item, world, stop): index for index, item in others}
            _watch([batch, *singles], stop, cancelled)
            rows.update({index: future.result() for future, index in singles.items()})
            rows.update({index: row for (index, _item), row in zip(requests, batch.result(), strict=True)})
        except BaseException:
            # Leaving the pool waits for its threads, so they are stopped first.
            stop.set()
            raise
    return [rows[index] for index in range(len(questions))]


def _watch(futures: Sequence[Future[Any]], stop: threading.Event, cancelled: Callable[[], bool]) -> None:
    pending = set(futures)
    while pending:
        _done, pending = wait(pending, timeout=_POLL)
        if pending and cancelled():
            stop.set()


def _requests(questions: Sequence[Question], world: World, stop: threading.Event) -> list[Row]:
    if not all(item.base for item in questions):
        return [Row(item, Found("unknown", "there is no host to ask")) for item in questions]
    # Rows can refer to one another if they have the same address.
    jobs = [Job(item.base, item.base, item.probe.spec.check) for item in questions if isinstance(item.probe.spec, Http)]
    try:
        judged = run_checks(jobs, world.reveal, stop.is_set)
    except SlipwayError as error:
        return [Row(item, Found("unknown", str(error))) for item in questions]
    return [Row(item, judge_smoke(one), one.latency) for item, one in zip(questions, judged, strict=True)]


def _one(question: Question, world: World, stop: threading.Event) -> Row:
    probe = question.probe
    if probe.via == "host":
        hosts = [question.host] if question.host is not None else list(world.group.hosts)
        if not hosts:
            return Row(question, Found("unknown", "there is no host to ask"))
        answer = next((said[probe.name] for host in hosts if probe.name in (said := world.said.get(host, {}))), None)
        return Row(question, judge(probe, answer), (answer or {}).get("took"))
    if stop.wait(probe.wait):
        return Row(question, Found("unknown", "stopped before it was asked"))
    begun = time.monotonic()
    try:
        found = _ASKED.get(type(probe.spec), _here)(probe, world)
    except SlipwayError as error:
        found = Found("unknown", str(error))
    return Row(question, found, round(time.monotonic() - begun, 3))


def _here(probe: Probe, world: World) -> Found:
    asked = {**host_question(probe, revealed(probe, world.reveal), None), "wait": 0}
    return judge(probe, machine.ask(asked))


def revealed(probe: Probe, reveal: Resolver) -> dict[Secret, str]:
    """The values of a row's secrets.

    :raises SlipwayError: one cannot be read.
    """
    return {secret: reveal(secret, f"{place} of {probe.name}") for place, secret in probe.spec.secrets()}


def _sentry(probe: Probe, world: World) -> Found:
    spec = probe.spec
    if not isinstance(spec, Sentry):
        raise TypeError(f"{probe.kind} is not a row about Sentry")
    if world.since is None:
        return Found("unknown", "no deploy is on record, so nothing says since when an issue is new")
    token = revealed(probe, world.reveal)[spec.token]
    if not token.isascii() or not token.isprintable():
        return Found("unknown", "the token cannot be sent as a header")
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    url = sentry.question(spec, world.since)
    try:
        answer = request_json("GET", url, None, headers, probe.timeout, _MOST_ISSUES)
    except Unreachable as error:
        return Found("unknown", f"Sentry cannot be asked: {error}")
    link = answer.headers.get("link", "")
    return sentry.judge(spec, world.since, answer.status, answer.body, answer.retry_after, link)


#: The functions of kinds of rows that are asked here; probes.machine asks the others.
_ASKED: Mapping[type[Spec], Callable[[Probe, World], Found]] = {Sentry: _sentry}
