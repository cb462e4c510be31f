# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment's releases, newest first: outcomes, what runs now, what a rollback returns to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..common.command import command
from ..common.errors import SlipwayError
from ..common.text import clean, columns, display_width, duration, hanging, plural, truncate
from ..record.history import Goal, rollback_goal
from ..record.released import NOT_COMPARED
from .facts import UNTOUCHED, Record, as_before, build, finish, seconds, targets_of, who
from .own import Own, runs_of
from .status import is_unfinished

_HEADINGS = ("", "release", "kind", "label", "build", "title", "outcome", "services", "took", "who")
_KIND, _LABEL, _BUILD, _TITLE, _WHO = 2, 3, 4, 5, 9
_NARROWEST_TITLE = 12
_TITLE_WIDTH = 40
_ASTRAY = 10
_STATES = (("stable", "changed"), ("undone", "undone"), ("undo_failed", "not undone"))


@dataclass(frozen=True)
class Releases:
    """The combined records of an environment.

    :ivar shown: the records that get a row, newest first.
    :ivar total: how many were read.
    :ivar current: the release that runs: the newest successful one.
    :ivar unsure: a later one that changed services and was not undone; then no release runs as a whole.
    :ivar goal: what ``rollback.yml`` returns to, or ``None``; ``no_goal`` then says why.
    :ivar astray: the services and hosts that do not run their release, with what they run.
    :ivar not_compared: why what runs was not compared with the records; empty if it was.
    :ivar own: hosts that deploy themselves, with their own records.
    """

    environment: str
    shown: tuple[Record, ...]
    total: int = 0
    current: Record | None = None
    unsure: Record | None = None
    goal: Goal | None = None
    no_goal: str = ""
    astray: tuple[str, ...] = ()
    not_compared: str = ""
    own: tuple[Own, ...] = ()


def releases(
    records: Sequence[Record], environment: str, entries: int, looked_back: int, own: Sequence[Own] = ()
) -> Releases:
    """Find out what runs and what a rollback returns to.

    :param records: newest first.
    :param entries: rows to show.
    :param looked_back: records that ``rollback.yml`` considers.
    :param own: hosts that deploy themselves; their records are shown among the others.
    """
    current = next((record for record in records if record.get("outcome") == "succeeded"), None)
    later = records[: list(records).index(current)] if current is not None else records
    unsure = next((record for record in later if not as_before(record)), None)
    goal, no_goal = None, ""
    if records and is_unfinished(records[0]):
        no_goal = "the newest release has not ended: wait for its run, or finish or undo it"
    else:
        try:
            goal = rollback_goal(records[:looked_back], None, environment)
        except SlipwayError as error:
            no_goal = error.what
    among = [*records, *(record for _host, of, _problem in own for record in of)]
    # Ids begin with the time in UTC.
    rows = sorted(among, key=lambda record: str(record["id"]), reverse=True) if own else among
    found = (environment, tuple(rows[:entries]), len(rows), current, unsure, goal, no_goal)
    return Releases(*found, own=tuple(own))


def history(found: Releases, width: int | None = None) -> list[str]:
    """The screen.

    :param width: columns of the terminal; ``None`` for all columns.
    """
    environment = clean(found.environment)
    if not found.shown:
        return [f"{environment} · no release is recorded yet"]
    count = plural(len(found.shown), "release")
    older = found.total > len(found.shown) or bool(found.shown[-1].get("previous"))
    lines = [f"{environment} · the newest {count}" if older else f"{environment} · {count}"]
    lines += _table([_row(found, record) for record in found.shown], width)
    if older:
        more = command("history", environment, entries=str(len(found.shown) * 2))
        lines.append(f"… there are older ones: {more}")
    lines += hanging("now", _now(found), width)
    for text in found.astray[:_ASTRAY]:
        lines += hanging("", clean(text), width)
    if len(found.astray) > _ASTRAY:
        lines += hanging("", f"and {len(found.astray) - _ASTRAY} more: {command('status', environment)}", None)
    if found.not_compared:
        lines += hanging("", f"what runs was not compared with it: {clean(found.not_compared)}", width)
    # A command is never broken or cut, so that it can be copied.
    lines += hanging("back", _back(found), None if found.goal is not None else width)
    return finish(lines, None)


def _row(found: Releases, record: Record) -> tuple[str, ...]:
    marks = []
    if found.unsure is None and found.current is not None and record["id"] == found.current["id"]:
        marks.append("now")
    if found.goal is not None and record["id"] == found.goal.release:
        marks.append("back")
    took = seconds(record)
    return (
        "+".join(marks),
        clean(record["id"]),
        clean(record.get("kind") or ""),
        clean(record.get("label") or _tag_of_own(record)),
        build(record).removeprefix("build "),
        truncate(clean(record.get("title") or "") if record.get("label") else "", _TITLE_WIDTH),
        _outcome(record),
        _services(record),
        duration(took) if took is not None and record.get("outcome") else "",
        who(record),
    )


def _tag_of_own(record: Record) -> str:
    """A host's own record has its tag as its title."""
    return str(record.get("title") or "") if record.get("deployment") else ""


def _outcome(record: Record) -> str:
    outcome = record.get("outcome")
    if outcome is None:
        return f"open ({str(record.get('phase') or '').replace('_', ' ')})"
    return clean(outcome).replace("_", " ")


def _services(record: Record) -> str:
    counts = Counter(str(item.get("state") or "planned") for item in targets_of(record))
    said = [f"{counts[state]} {word}" for state, word in _STATES if counts[state]]
    known = {state for state, _word in _STATES} | UNTOUCHED
    moving = sum(count for state, count in counts.items() if state not in known)
    return ", ".join([*said, f"{moving} not settled"] if moving else said) or "none"


def _table(rows: Sequence[tuple[str, ...]], width: int | None) -> list[str]:
    """The table; if too wide, without the label (the id ends with it), the build, a long title, and finally who."""
    whole = [_HEADINGS, *rows]
    empty = {index for index in (_BUILD, _TITLE) if not any(row[index] for row in rows)}
    kept = [index for index in range(len(_HEADINGS)) if index not in empty]
    lines = _columns(whole, kept)
    for drop in (_LABEL, _BUILD, _WHO, _TITLE, _KIND):
        excess = max(map(display_width, lines)) - width if width is not None else 0
        if excess <= 0:
            break
        room = max(display_width(row[_TITLE]) for row in rows) - excess
        if drop == _WHO and room >= _NARROWEST_TITLE:
            whole = [(*row[:_TITLE], truncate(row[_TITLE], room), *row[_TITLE + 1 :]) for row in whole]
        else:
            kept = [index for index in kept if index != drop]
        lines = _columns(whole, kept)
    return [truncate(line, width) for line in lines]


def _columns(rows: Sequence[tuple[str, ...]], kept: Sequence[int]) -> list[str]:
    return columns([[row[index] for index in kept] for row in rows])


def _named(record: Record) -> str:
    of = f", {build(record)}" if build(record) else ""
    return f"{clean(record.get('label') or '?')} ({clean(record['id'])}{of})"


def _now(found: Releases) -> str:
    environment = clean(found.environment)
    if found.unsure is not None:
        state = _outcome(found.unsure)
        good = f"; the last good release is {_named(found.current)}" if found.current is not None else ""
        return f"{environment} runs a mix: {_named(found.unsure)} is {state}{good}"
    if found.current is None:
        if found.own:
            return f"{environment} runs what its hosts deployed themselves: {_own_runs(found.own)}"
        return f"{environment} runs what it ran before the first release: none went well yet"
    what = _named(found.current)
    if found.astray:
        return (
            f"{environment} should run {what}, and {len(found.astray)} of it {_ARE[len(found.astray) == 1]} out of step"
        )
    return f"{environment} runs {_with_rest(found.current, what)}"


_ARE = {True: "is", False: "are"}


def _with_rest(record: Record, what: str) -> str:
    """The newest release may not be all that runs: with a limit it changed only a part."""
    changed = len(targets_of(record))
    others = sum(item.get("why") in NOT_COMPARED for item in record.get("unchanged") or ())
    if not others:
        return what
    return f"{what} in {changed} of {changed + len(record.get('unchanged') or ())}; the others run earlier releases"


def _own_runs(own: Sequence[Own]) -> str:
    said = []
    for host, records, _problem in own:
        runs = runs_of(records) or {}
        said.append(f"{clean(host)} {clean(runs.get('tag') or runs.get('release') or '?')}")
    return ", ".join(said[:_ASTRAY]) + (", …" if len(said) > _ASTRAY else "")


def _back(found: Releases) -> str:
    back = command("rollback", clean(found.environment))
    if found.goal is None:
        return f"not possible: {found.no_goal}"
    there = f" ({clean(found.goal.release)})" if found.goal.release else ""
    return f"{back} returns to {clean(found.goal.label)}{there}"
