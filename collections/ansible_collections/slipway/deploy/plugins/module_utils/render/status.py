# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment's status on one screen: lock, last release, a row per service, what needs a person. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..checks.status import Condition, ServiceStatus
from ..common.command import command, here
from ..common.text import clean, columns, display_width, duration, hanging, plural, truncate
from ..hosts.migrations import has_begun
from ..record.model import undo_was_asked
from .facts import (
    UNTOUCHED,
    Record,
    build,
    cause_words,
    counted,
    finish,
    image_label,
    is_rollback,
    joined,
    release,
    revision,
    seconds,
    targets_of,
    who,
)
from .hosts import HostStatus, hosts_table
from .when import moment, since

#: Rows of the table, and lines of each kind of finding, before the rest is counted.
ROWS = 40
FINDINGS = 10
_HEADINGS = ("  service", "revision", "image", "tasks", "rollout", "targets")
_MARKS: Mapping[Condition, str] = {
    "well": "✔",
    "failing": "✘",
    "out_of_step": "≠",
    "moving": "…",
    "unknown": "?",
    "idle": "·",
    "unreleased": "·",
}
_WORDS: Mapping[Condition, str] = {
    "well": "healthy",
    "failing": "failing",
    "out_of_step": "out of step",
    "moving": "in progress",
    "unknown": "unknown",
    "idle": "not exercised",
    "unreleased": "healthy, not released by Slipway",
}
_TROUBLE: tuple[Condition, ...] = ("failing", "out_of_step", "unknown", "moving", "idle", "unreleased", "well")
_OUTCOMES = {
    "undone": "failed and was undone",
    "held": "is held, nothing was undone",
    "needs_person": "needs a person",
    "unchanged": "found nothing to change",
    "abandoned": "ended before it changed anything",
}


@dataclass(frozen=True)
class Overview:
    """The lines above the table.

    :ivar cluster: the cluster's name.
    :ivar fleet: how many services the environment has, selected or not.
    :ivar now: epoch seconds of the state store's clock.
    :ivar lock: the lock in one line.
    :ivar running: whether a run holds the lock, so that an open record is being worked on.
    :ivar record: the newest record.
    :ivar hosts: how many hosts the environment has in group backend.
    :ivar problem: why the newest record cannot be read, in one line; empty if it can.
    """

    environment: str
    cluster: str
    fleet: int
    now: float
    lock: str
    running: bool = False
    record: Record | None = None
    hosts: int = 0
    problem: str = ""


def status(
    overview: Overview, items: Sequence[ServiceStatus], width: int | None = None, hosts: Sequence[HostStatus] = ()
) -> list[str]:
    """The screen.

    :param items: the selected services, in the inventory's order.
    :param width: columns of the terminal; ``None`` does not wrap.
    """
    lines = [*_header(overview, items, width), *hanging("lock", clean(overview.lock), width)]
    lines += hanging("last", _last(overview), width)
    lines += _table(items, width) if items or not hosts else []
    lines += hosts_table(hosts, width)
    lines += _findings(items, width)
    # A command is never broken or cut, so that it can be copied.
    lines += [line for text in _next(overview, items, hosts) for line in hanging("next", text, None)]
    return finish(lines, None)


def _header(overview: Overview, items: Sequence[ServiceStatus], width: int | None) -> list[str]:
    fleet = f"{overview.fleet:,} {'service' if overview.fleet == 1 else 'services'}"
    count = fleet if len(items) == overview.fleet else f"{len(items):,} of {fleet}"
    counts = Counter(item.condition for item in items)
    said = ", ".join(
        f"{counts[condition]:,} {_WORDS[condition]}" for condition in reversed(_TROUBLE) if counts[condition]
    )
    drifted = sum(bool(item.drift) for item in items)
    drift = [f"{drifted:,} with drift"] if drifted else []
    places = [f"{count} in {clean(overview.cluster)}", said] if overview.fleet or not overview.hosts else []
    hosts = [plural(overview.hosts, "host")] if overview.hosts else []
    return joined([clean(overview.environment), *places, *hosts, *drift, moment(overview.now, overview.now)], width)


def _last(overview: Overview) -> str:
    record, now = overview.record, overview.now
    if record is None:
        return f"unknown: {clean(overview.problem)}" if overview.problem else "no release is recorded yet"
    kind = "" if is_rollback(record) else "deploy "
    title = f' "{clean(record["title"])}"' if record.get("title") else ""
    at = record.get("finished_at") or record.get("started_at")
    when = [since(at, now)] if at is not None else []
    built = [build(record)] if build(record) else []
    done = f"{kind}{release(record)}{title} {_outcome(overview, record)}"
    return " · ".join([done, *built, *when, f"by {who(record)}"])


def _outcome(overview: Overview, record: Record) -> str:
    outcome = record.get("outcome")
    if outcome is None:
        phase = str(record.get("phase") or "").replace("_", " ")
        return f"is running ({phase})" if overview.running else f"is unfinished (left {phase})"
    cause = cause_words(record) or clean((record.get("hold") or {}).get("what") or "")
    if undo_was_asked(record):
        return "was undone, as requested"
    if outcome != "succeeded":
        return f"{_OUTCOMES.get(str(outcome), clean(outcome))}{f': {cause}' if cause else ''}"
    took = seconds(record)
    return f"succeeded: {counted(targets_of(record))}{f' in {duration(took)}' if took is not None else ''}"


def _row(item: ServiceStatus) -> tuple[str, ...]:
    known = item.task_definition is not None
    return (
        f"{_MARKS[item.condition]} {clean(item.name)}",
        revision(item.task_definition) if known else "",
        image_label({"tag": item.tag, "digest": item.digest}) if known else "",
        f"{item.running}/{item.desired} running" if item.running is not None else "missing",
        item.rollout,
        f"{item.healthy}/{item.registered} healthy" if item.healthy is not None else "",
    )


def _table(items: Sequence[ServiceStatus], width: int | None) -> list[str]:
    shown = list(items)
    if len(shown) > ROWS:
        shown = sorted(items, key=lambda item: (_TROUBLE.index(item.condition), not item.drift))[:ROWS]
    rows = [_HEADINGS, *map(_row, shown)]
    lines = columns(rows)
    if width is not None and any(display_width(line) > width for line in lines):
        # The mark already shows the rollout's state.
        lines = columns([(*row[:4], *row[5:]) for row in rows])
    lines = [truncate(line, width) for line in lines]
    names = {item.name for item in shown}
    rest = Counter(item.condition for item in items if item.name not in names)
    if rest:
        said = ", ".join(f"{rest[condition]:,} {_WORDS[condition]}" for condition in _TROUBLE if rest[condition])
        lines.append(f"… and {rest.total():,} more: {said}")
    return lines


def _findings(items: Sequence[ServiceStatus], width: int | None) -> list[str]:
    order = sorted(items, key=lambda item: _TROUBLE.index(item.condition))
    health = [f"{item.name}: {item.detail}" for item in order if item.condition != "well" and item.detail]
    stray = [f"{item.name}: {item.stray}" for item in order if item.stray]
    drift = [f"{item.name}: {item.drift}" for item in items if item.drift]
    lines: list[str] = []
    for label, texts in (("health", health), ("release", stray), ("drift", drift)):
        lines += [line for text in texts[:FINDINGS] for line in hanging(label, clean(text), width)]
        if len(texts) > FINDINGS:
            lines += hanging(label, f"and {len(texts) - FINDINGS:,} more: {here('status', '--limit', '…')}", None)
    return lines


def out_of_step(overview: Overview, items: Sequence[ServiceStatus], hosts: Sequence[HostStatus] = ()) -> str:
    """What is wrong, in one line; empty if nothing is, or a deploy is running."""
    bad: tuple[Condition, ...] = ("failing", "out_of_step", "unknown")
    found = [
        f"{_WORDS[condition]}: {_some([item.name for item in items if item.condition == condition])}"
        for condition in bad
        if any(item.condition == condition for item in items)
    ]
    for verdict, word in (("fail", "failing"), ("unknown", "unknown"), ("out_of_step", "out of step")):
        names = [item.name for item in hosts if item.verdict == verdict]
        found += [f"{word}: {_some(names)}"] if names else []
    # Besides healthy and missing tasks, it also moves.
    astray = [item.name for item in items if item.stray and item.condition not in bad]
    found += [f"out of step: {_some(astray)}"] if astray else []
    record = overview.record
    found[:0] = [overview.problem] if overview.problem else []
    if record is not None and not overview.running:
        if is_unfinished(record):
            found.insert(0, f"the deploy {record['id']} is unfinished")
        elif record.get("outcome") == "needs_person" or (record.get("outcome") == "held" and _is_changed(record)):
            found.insert(0, f"release {record['id']} {_OUTCOMES[str(record['outcome'])]}")
    return f"{overview.environment} has problems: {'; '.join(found)}" if found else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - FINDINGS:,} more" if len(names) > FINDINGS else ""
    return ", ".join(names[:FINDINGS]) + more


def _put_back(environment: str, items: Sequence[ServiceStatus], hosts: Sequence[HostStatus]) -> list[str]:
    """The commands that restore the recorded releases, by release."""
    stray = [(item.name, item.release, item.returns) for item in items if item.step == "out_of_step"]
    stray += [(item.name, item.record, item.returns) for item in hosts if item.verdict == "out_of_step"]
    steps = []
    for record in dict.fromkeys(record for _name, record, returns in stray if returns):
        names = ",".join(clean(name) for name, of, returns in stray if returns and of == record)
        steps.append(f"put it back: {command('rollback', environment, '--limit', names, to=clean(record))}")
    others = ",".join(clean(name) for name, _record, returns in stray if not returns)
    if others:
        steps.append(f"deploy the requested release: {command('deploy', environment, '--limit', others)}")
    return steps


def _next(overview: Overview, items: Sequence[ServiceStatus], hosts: Sequence[HostStatus]) -> list[str]:
    environment = clean(overview.environment)
    steps = []
    if overview.record is not None and not overview.running and is_unfinished(overview.record):
        steps += [
            f"finish it: {command('deploy', environment, resume='finish')}",
            f"undo it: {command('deploy', environment, resume='undo')}",
        ]
    else:
        left = overview.record is not None and overview.record.get("outcome") in ("held", "needs_person")
        if left and overview.record is not None and _is_changed(overview.record):
            steps.append(f"go back: {command('rollback', environment)}")
        steps += _put_back(environment, items, hosts) if not overview.running else []
    bad = [clean(item.name) for item in items if item.condition == "failing"]
    if bad:
        steps.append(f"logs: {command('logs', environment, '--limit', ','.join(bad[:FINDINGS]))}")
    drifted = [clean(item.name) for item in items if item.drift]
    if drifted:
        names = ",".join(drifted[:FINDINGS])
        steps += [
            f"ship the drift: {command('deploy', environment, '--limit', names, '-e', f'ship_drift={names}')}",
            f"or dismiss it: {command('deploy', environment, '--limit', names, '-e', f'dismiss_drift={names}')}",
        ]
    return steps


def is_unfinished(record: Mapping[str, Any]) -> bool:
    """Whether the record's run was lost after it had begun: then the next deploy requires a choice."""
    begun = _is_changed(record) or bool(record.get("cause")) or has_begun(record)
    return record.get("outcome") is None and begun


def _is_changed(record: Record) -> bool:
    return any(item.get("state", "planned") not in UNTOUCHED for item in targets_of(record))
