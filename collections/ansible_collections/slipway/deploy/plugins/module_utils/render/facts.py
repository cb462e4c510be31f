# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Texts about a record for all screens: revisions, images, times, changes. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..common.text import clean, display_width, plural, truncate

Record = Mapping[str, Any]
Target = Mapping[str, Any]

#: The service was never updated: what ran before still runs.
UNTOUCHED = frozenset({"planned", "registering"})
#: States of a change that is rolling out.
GOING_FORWARD = frozenset({"updating", "in_flight"})
#: States of a change that is being undone.
GOING_BACK = frozenset({"stopping", "undo_registering", "undo_updating", "undoing"})
#: The change is certainly undone completely.
AS_BEFORE = UNTOUCHED | {"undone"}

_PHASES = {
    "planned": "while planning",
    "staging": "while staging",
    "backing_up": "while backing up",
    "migrating": "while migrating",
    "rolling_out": "while rolling out",
    "switching": "while switching",
    "checking": "while checking",
    "undoing": "while undoing",
    "closed": "while closing",
}


def finish(lines: Iterable[str], width: int | None) -> list[str]:
    """A screen's last step: every line printable, without trailing spaces and no wider than ``width`` columns.

    Control characters from a log line, a title or a reason become spaces here, for every screen.
    """
    return [truncate(_printable(line).rstrip(), width) for line in lines]


def _printable(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    return " " * indent + clean(line)


def joined(parts: Iterable[str], width: int | None) -> list[str]:
    """``a · b · c`` on one line, or on several if it is wider than ``width``."""
    lines: list[str] = []
    for part in parts:
        candidate = f"{lines[-1]} · {part}" if lines else part
        if lines and width is not None and display_width(candidate) > width:
            lines.append(f"  {part}")
        else:
            lines[-1:] = [candidate]
    return lines


def targets_of(record: Record) -> list[Target]:
    """The services that the record changes, in the plan's order."""
    return list(record.get("targets") or ())


def unchanged_of(record: Record) -> list[Mapping[str, Any]]:
    """The services that the record does not change."""
    return list(record.get("unchanged") or ())


def is_rollback(record: Record) -> bool:
    """Whether the record is a rollback's."""
    return record.get("kind") == "rollback"


def release(record: Record) -> str:
    """What is released, in a few characters: ``3f9c2d1``, ``rollback to 8d20c11``."""
    label = clean(record.get("label") or record.get("id") or "?")
    return f"rollback to {label}" if is_rollback(record) else label


def build(record: Record) -> str:
    """The build that was deployed, ``build 20261120T205901Z-3f9c2d1``; empty without one."""
    identity = clean((record.get("build") or {}).get("id") or "")
    return f"build {identity}" if identity else ""


def who(record: Record) -> str:
    """Who deploys: ``maria@ci-412``."""
    actor = record.get("actor") or {}
    return clean("@".join(str(part) for part in (actor.get("user"), actor.get("host")) if part)) or "somebody"


def place(record: Record) -> str:
    """The record's key in the state store."""
    return f"{record.get('environment')}/releases/{record.get('id')}.json"


def phase_words(phase: str | None) -> str:
    """When something happened: ``while rolling out``."""
    return _PHASES.get(phase or "", f"in phase {phase}" if phase else "")


def revision(arn: str | None) -> str:
    """A task definition's revision: ``:41``; its full name if it has no number."""
    if not arn:
        return "?"
    name, colon, number = arn.rsplit("/", 1)[-1].rpartition(":")
    return f":{number}" if colon and name else arn


def image_label(image: Mapping[str, Any] | None) -> str:
    """An image in a few characters: its tag and the beginning of its digest, ``8d20c11 sha256:77be``."""
    tag = clean((image or {}).get("tag") or "")
    algorithm, _colon, digest = str((image or {}).get("digest") or "").partition(":")
    short = f"{algorithm}:{digest[:4]}" if digest else ""
    return " ".join(part for part in (tag[:12], short) if part) or "?"


def tag_label(image: Mapping[str, Any] | None) -> str:
    """An image's tag, or the beginning of its digest if it has none."""
    return clean((image or {}).get("tag") or "")[:12] or image_label(image)


def change_label(target: Target) -> str:
    """What runs before and after: the images' tags of a service, the releases of a host."""
    if is_host(target):
        return forward(target)
    return f"{tag_label(target.get('from'))} → {tag_label(target.get('to'))}"


def priority_label(target: Mapping[str, Any]) -> str:
    """The priority of a service, the group of a host."""
    return clean(target.get("group") or "host") if is_host(target) else str(target.get("wave") or "")


def wave_words(record: Record, priority: int) -> str:
    """``wave 2 of 3 (priority 4)``: which of the deploy's waves the services of a priority are."""
    waves = sorted({item.get("wave") or 0 for item in targets_of(record) if not is_host(item)})
    return f"wave {waves.index(priority) + 1} of {len(waves)} (priority {priority})"


def forward(target: Target) -> str:
    """The change: ``:41 → :42``, ``:41 → new`` before the revision is registered."""
    to = target.get("to") or {}
    if is_host(target):
        if _same_release(target):
            return f"{what_ran(target)}, new configuration"
        return f"{what_ran(target)} → {clean(to.get('tag') or to.get('release') or '?')}"
    new = revision(to["task_definition"]) if to.get("task_definition") else "new"
    return f"{what_ran(target)} → {new}"


def back(target: Target) -> str:
    """The change undone: ``:42 → :41``; with the clone's number if the recorded revision was registered again."""
    if is_host(target):
        to = target.get("to") or {}
        if _same_release(target):
            return f"{what_ran(target)}, old configuration"
        return f"{clean(to.get('tag') or to.get('release') or '?')} → {what_ran(target)}"
    to = (target.get("to") or {}).get("task_definition")
    undo = target.get("undo") or {}
    again = undo.get("task_definition") or (target.get("from") or {}).get("task_definition")
    text = f"{revision(to) if to else 'new'} → {revision(again)}"
    same_as = undo.get("equivalent_of")
    return f"{text}, a copy of {revision(same_as)}" if same_as and same_as != again else text


def seconds(item: Mapping[str, Any] | None, now: float | None = None) -> float | None:
    """From ``started_at`` to ``finished_at``, or to ``now`` while it runs; ``None`` if unknown."""
    start = (item or {}).get("started_at")
    end = (item or {}).get("finished_at") or now
    return None if start is None or end is None else max(0.0, float(end) - float(start))


def tasks(target: Target) -> str:
    """``2/2 running``."""
    return f"{target.get('running') or 0}/{target.get('desired') or 0} running"


def untouched(record: Record) -> list[Mapping[str, Any]]:
    """The services and hosts of the environment that this record never updated."""
    return [*unchanged_of(record), *(item for item in targets_of(record) if item.get("state") in UNTOUCHED)]


def as_before(record: Record) -> bool:
    """Whether every change was undone and observed to be stable."""
    return all(item.get("state") in AS_BEFORE for item in targets_of(record))


def cause_words(record: Record) -> str:
    """Why it failed, in one line: ``user-service: 3 of its tasks stopped``; empty when it did not."""
    cause = record.get("cause") or {}
    what, name = clean(cause.get("what") or ""), clean(cause.get("target") or "")
    return f"{name}: {what}" if name and name not in what else what


def is_host(target: Mapping[str, Any]) -> bool:
    """Whether an entry of a record is a host; otherwise it is a service."""
    return target.get("kind") == "host"


def what_ran(target: Target) -> str:
    """What an undo returns to: a service's revision, a host's release."""
    before = target.get("from") or {}
    if is_host(target):
        return clean(before.get("tag") or before.get("release") or "nothing")
    return revision(before.get("task_definition"))


def _same_release(target: Target) -> bool:
    """Whether a host's change is of its configuration only."""
    before, after = target.get("from") or {}, target.get("to") or {}
    return bool(before.get("release")) and before.get("release") == after.get("release")


def services(count: int) -> str:
    """``1 service``, ``2 services``."""
    return plural(count, "service")


def counted(items: Iterable[Mapping[str, Any]]) -> str:
    """``12 services and 2 hosts``: the number of services and hosts among a record's entries."""
    kinds = [is_host(item) for item in items]
    hosts, others = sum(kinds), len(kinds) - sum(kinds)
    parts = [services(others)] if others or not hosts else []
    return " and ".join([*parts, plural(hosts, "host")] if hosts else parts)


def time_left(targets: Sequence[Target], parallel: int, now: float | None = None) -> float | None:
    """Seconds until every change is stable, by past durations: waves in order, ``parallel`` services at a time.

    ``None`` if the duration of a service that is not stable yet is unknown.
    """
    total = 0.0
    targets = [item for item in targets if not is_host(item)]
    for wave in sorted({item["wave"] for item in targets}):
        slots: list[float] = []
        members = [item for item in targets if item["wave"] == wave and item.get("state") != "stable"]
        for item in sorted(members, key=lambda member: member.get("started_at") is None):
            expected = item.get("expected_seconds")
            if expected is None:
                return None
            spent = (seconds(item, now) or 0.0) if now is not None else 0.0
            length = max(0.0, float(expected) - spent)
            start = heapq.heappop(slots) if len(slots) >= max(1, parallel) else 0.0
            heapq.heappush(slots, start + length)
        total += max(slots, default=0.0)
    return total


def parallel_of(record: Record) -> int:
    """How many services may move at once."""
    return int((record.get("settings") or {}).get("max_parallel") or 1)
