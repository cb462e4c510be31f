# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout while it runs: a table that is redrawn in place, or a line for each change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..common.text import clean, clock, columns, duration, stopwatch
from .facts import (
    GOING_BACK,
    GOING_FORWARD,
    Record,
    Target,
    back,
    cause_words,
    counted,
    finish,
    forward,
    is_host,
    joined,
    parallel_of,
    release,
    seconds,
    targets_of,
    tasks,
    time_left,
    wave_words,
)

_MARKS = {"planned": "·", "stable": "✔", "failed": "✘", "undo_failed": "✘", "undone": "↺"}
_WORDS = {
    "planned": "waiting",
    "registering": "registering the revision",
    "updating": "updating the service",
    "failed": "failed",
    "stopping": "stopping its deployment",
    "undo_registering": "registering the old revision again",
    "undo_updating": "pointing it back",
    "undoing": "going back",
    "undone": "back, stable",
    "undo_failed": "could not be undone",
}
# If the services do not fit, moving ones are shown before ended ones, and those before waiting ones.
_URGENCY = ("failed", "undo_failed", *sorted(GOING_BACK), *sorted(GOING_FORWARD), "registering", "undone", "stable")


def mark(state: str) -> str:
    """The sign of a state: ``✔`` stable, ``…`` moving, ``✘`` failed, ``↺`` being undone or undone, ``·`` waiting."""
    return "↺" if state in GOING_BACK else _MARKS.get(state, "…")


def frame(record: Record, now: float, width: int | None, height: int) -> list[str]:
    """The live table, at most ``height`` lines of at most ``width`` columns.

    :param now: epoch seconds of the record's clock.
    """
    targets = [item for item in targets_of(record) if not is_host(item)]
    header = joined(_header(record, now), width)[: max(1, height - 1)]
    room = max(0, height - len(header))
    shown = _most_urgent(targets, room if len(targets) <= room else room - 1)
    lines = columns([_cells(target, now) for target in shown])
    hidden = [target for target in targets if target not in shown]
    if hidden and room:
        lines.append(_tally(hidden))
    return finish([*header, *lines], width)


def _header(record: Record, now: float) -> list[str]:
    targets = targets_of(record)
    parts = [str(record.get("environment")), release(record)]
    started = record.get("started_at")
    elapsed = f"{stopwatch(now - started)} elapsed" if started is not None else ""
    phase = record.get("phase")
    gone = sum(item.get("state") == "undone" for item in targets)
    going = sum(item.get("state") in GOING_BACK for item in targets)
    if phase == "undoing" or gone or going:
        way = f", {going} on the way" if going else ""
        return [part for part in (*parts, f"undoing: {gone} back{way}", elapsed, cause_words(record)) if part]
    if phase == "checking":
        return [part for part in (*parts, "checking health and smoke", elapsed) if part]
    return [part for part in (*parts, _wave(record), _with_left(record, elapsed, now)) if part]


def _wave(record: Record) -> str:
    targets = [item for item in targets_of(record) if not is_host(item)]
    if not targets:
        return ""
    ahead = [item["wave"] for item in targets if item.get("state") != "stable"]
    return wave_words(record, min(ahead, default=max(item["wave"] for item in targets)))


def _with_left(record: Record, elapsed: str, now: float) -> str:
    targets = targets_of(record)
    if not any(item.get("state") != "stable" for item in targets):
        return elapsed
    left = time_left(targets, parallel_of(record), now)
    if left is None:
        return elapsed
    if left < 1:
        return f"{elapsed}, longer than usual"
    return f"{elapsed}, about {stopwatch(left)} left"


def _cells(target: Target, now: float) -> tuple[str, ...]:
    state = str(target.get("state") or "planned")
    going_back = state in GOING_BACK or state in ("undone", "undo_failed")
    undo = target.get("undo") or {}
    spent = seconds(undo, now) if going_back else seconds(target, now)
    time = "" if spent is None or state == "planned" else duration(spent)
    return (
        f"{mark(state)} {clean(target['name'])}",
        back(target) if going_back else forward(target),
        "" if state in ("planned", "registering") else tasks(target),
        time,
        _note(target, state),
    )


def _note(target: Target, state: str) -> str:
    failure = target.get("failure") or {}
    stopped = int(failure.get("stopped") or 0)
    if state in ("failed", "in_flight") and failure:
        code = f": exit code {failure['exit_code']}" if failure.get("exit_code") is not None else ""
        return f"{stopped} stopped{code}" if stopped else clean(failure.get("reason") or "")
    if state == "undo_failed":
        return clean((target.get("undo") or {}).get("detail") or _WORDS[state])
    if state == "in_flight":
        return clean(target.get("event") or "")
    if state == "stable":
        return "" if target.get("exercised", True) else "not exercised"
    return _WORDS.get(state, state)


def _most_urgent(targets: Sequence[Target], room: int) -> list[Target]:
    if len(targets) <= room:
        return list(targets)

    def urgency(index: int) -> tuple[int, int]:
        state = targets[index].get("state") or "planned"
        rank = _URGENCY.index(state) if state in _URGENCY else len(_URGENCY)
        # Of the ended ones the last are relevant, of the waiting ones the first.
        return (rank, -index if state in ("stable", "undone") else index)

    chosen = sorted(range(len(targets)), key=urgency)[: max(0, room)]
    return [targets[index] for index in sorted(chosen)]


def _tally(hidden: Sequence[Target]) -> str:
    counts = Counter(str(item.get("state") or "planned") for item in hidden)
    names = {"planned": "waiting", "in_flight": "in flight", "undo_failed": "not undone"}
    said = ", ".join(f"{count:,} {names.get(state, state.replace('_', ' '))}" for state, count in counts.items())
    return f"  and {len(hidden):,} more: {said}"


def events(previous: Record | None, record: Record, now: float) -> list[str]:
    """Timestamped lines for the changes between two states of a record.

    :param previous: the state of the last call; ``None`` for the first.
    :param now: epoch seconds, the time that the lines carry.
    """
    before = {item["name"]: item.get("state") or "planned" for item in targets_of(previous or {})}
    targets = targets_of(record)
    # Results of hosts are shown after their step.
    services = [item for item in targets if not is_host(item)]
    changed = [item for item in services if (item.get("state") or "planned") != before.get(item["name"], "planned")]
    said: list[str] = []
    for wave in sorted({item["wave"] for item in changed}):
        said += _started([item for item in changed if item["wave"] == wave], before, wave_words(record, wave))
    done = sum(before.get(item["name"]) == "stable" for item in targets)
    for item in changed:
        # Several that end between two observations are counted one after the other.
        done += item.get("state") == "stable"
        said += _ended(item, before.get(item["name"], "planned"), (done, len(targets)), now)
    said += _phase(previous, record)
    for item in changed:
        said += _went_back(item, now)
    said += _troubles(previous, services)
    time = clock(now)
    return finish((f"{time} {line}" for line in said), None)


def _troubles(previous: Record | None, services: Sequence[Target]) -> list[str]:
    """New events about what ECS is unable to do: it keeps trying, and the operator should know the reason."""
    before = {item["name"]: item.get("event") for item in targets_of(previous or {})}
    return [
        f"… {clean(item['name'])} {clean(item['event'])}"
        for item in services
        if item.get("state") == "in_flight"
        and "unable to" in str(item.get("event") or "")
        and item["event"] != before.get(item["name"])
    ]


_BEGUN = frozenset({"updating", "in_flight", "stable", "failed"})
_FORWARD = frozenset({"planned", "registering", "updating", "in_flight"})


def _started(changed: Sequence[Target], before: dict[str, str], wave: str) -> list[str]:
    begun = [
        item
        for item in changed
        if item.get("state") in _BEGUN and before.get(item["name"], "planned") in ("planned", "registering")
    ]
    if not begun:
        return []
    changes = ", ".join(f"{clean(item['name'])} {forward(item)}" for item in begun)
    return [f"… {wave}: {changes}"]


def _ended(item: Target, before: str, count: tuple[int, int], now: float) -> list[str]:
    """The line for a change that ended.

    :param count: how many are stable with it, and of how many.
    """
    state, name = item.get("state"), clean(item["name"])
    if state == "stable":
        spent = f", {duration(seconds(item, now) or 0)}"
        exercised = "" if item.get("exercised", True) else ", not exercised"
        return [f"✔ {name} {forward(item)} {tasks(item)}{spent}{exercised} ({count[0]} of {count[1]})"]
    failure = item.get("failure") or {}
    # A failed service may already be in its undo when it is first observed.
    if state == "failed" or (failure and state not in _BEGUN and before in _FORWARD):
        code = f", exit code {failure['exit_code']}" if failure.get("exit_code") is not None else ""
        reason = clean(failure.get("reason") or "failed")
        return [f"✘ {name} {forward(item)} after {duration(seconds(item, now) or 0)}: {reason}{code}"]
    return []


def _went_back(item: Target, now: float) -> list[str]:
    state, name = item.get("state"), clean(item["name"])
    if state == "undone":
        return [f"↺ {name} {back(item)} back and stable, {duration(seconds(item.get('undo'), now) or 0)}"]
    if state == "undo_failed":
        detail = clean((item.get("undo") or {}).get("detail") or "")
        return [f"✘ {name} could not be undone{f': {detail}' if detail else ''}"]
    return []


def _phase(previous: Record | None, record: Record) -> list[str]:
    phase, before = record.get("phase"), (previous or {}).get("phase")
    if phase == before:
        return []
    if phase == "undoing":
        touched = [item for item in targets_of(record) if item.get("state") not in ("planned", "registering")]
        what = cause_words(record)
        doing = f"undoing {counted(touched)}" if touched else "nothing to undo"
        return [f"↺ {doing}{f': {what}' if what else ''}"]
    if phase == "checking":
        return ["… checking health and smoke"]
    return []
