# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Combines an environment's records: what ran when, the goal of a rollback, expected durations. Pure.

Lists of records are newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice
from typing import Any

from ..common.command import again
from ..common.errors import SlipwayError
from ..common.suggest import suggest

Record = Mapping[str, Any]
Runs = dict[str, dict[str, Any]]
"""Service name → what it runs: ``task_definition``, ``tag``, ``digest``. Hosts come and go, so what they run stands
under the name of their group, which :func:`group_key` gives."""

_GROUP = "@"
#: How many older records are searched for another release with the same label.
_SAME_LABEL = 50
_BEFORE_ALL = "the state before the first release"
#: How many records with targets are searched for what was deployed last.
REMEMBERED = 5


@dataclass(frozen=True)
class Goal:
    """What a rollback returns to. ``release`` is ``None`` for the state before the first recorded release."""

    release: str | None
    label: str
    runs: Runs
    releases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def runs_after(record: Record) -> Runs:
    """What the fleet ran after the successful deploy of a record."""
    runs = {**_unchanged(record), **{group_key(name): _side(item) for name, item in _releases(record).items()}}
    runs.update({item["name"]: _side(item["to"]) for item in _services(record)})
    return runs


def runs_before(record: Record) -> Runs:
    """What the fleet ran before the deploy of a record."""
    runs = _unchanged(record)
    runs.update({item["name"]: _side(item["from"]) for item in _services(record)})
    for item in record["targets"]:
        if item.get("kind") == "host" and item.get("from"):
            runs.setdefault(group_key(str(item["group"])), _side(item["from"]))
    return runs


def group_key(group: str) -> str:
    """The key of a group of hosts in :data:`Runs`; no host or service can have this name."""
    return f"{_GROUP}{group}"


def services_of(runs: Runs) -> Runs:
    """The services of :data:`Runs`."""
    return {name: side for name, side in runs.items() if not name.startswith(_GROUP)}


def _releases(record: Record) -> Mapping[str, Any]:
    return record.get("releases") or {}


def _services(record: Record) -> Iterator[Mapping[str, Any]]:
    return (item for item in record["targets"] if item.get("kind") != "host")


def rollback_goal(records: Iterable[Record], to: str | None, environment: str) -> Goal:
    """The release that a rollback returns to: the named one, or the good one before the current one.

    A group of hosts that it left unchanged returns to what it ran then, from an older record.

    A rollback of a rollback goes further back, not forward again. There can be any number of runs without changes in
    between: records are read until older ones cannot change the answer.

    :param records: newest first; read no further than needed.
    :param to: a record's id, the beginning of one, or its label.
    :raises SlipwayError: there is none, or the name matches none or several.
    """
    read: list[Record] = []
    older = iter(records)
    return _with_groups(_searched(older, read, to, environment), read, older)


def _searched(records: Iterator[Record], read: list[Record], to: str | None, environment: str) -> Goal:
    for record in records:
        read.append(record)
        if record.get("outcome") != "succeeded":
            continue
        if to is not None and to == record["id"]:
            return _goal(record)
        if to is not None and to == record.get("label"):
            read.extend(islice(records, _SAME_LABEL))
            return _goal_among(read, to, environment)
        if to is None:
            try:
                goal = _goal_among(read, None, environment)
            except SlipwayError:
                continue  # An older one may match.
            if goal.release is not None and _is_known(read, goal.release):
                return goal
    return _goal_among(read, to, environment)


def _with_groups(goal: Goal, read: Sequence[Record], older: Iterator[Record]) -> Goal:
    """The goal, completed with groups of hosts from newer records and, if needed, older ones.

    :param older: records that were not read yet; read no further than needed.
    """
    if goal.release is None:
        return goal
    newer = [record for record in read if record["id"] > goal.release]
    missing = {name for record in newer for name in _releases(record)} - set(goal.releases)
    runs, releases = dict(goal.runs), dict(goal.releases)
    for record in chain((item for item in read if item["id"] < goal.release), older if missing else ()):
        if record.get("outcome") == "succeeded":
            found = {name: item for name, item in _releases(record).items() if name in missing}
            releases.update(found)
            runs.update({group_key(name): _side(item) for name, item in found.items()})
            missing -= set(found)
        if not missing:
            break
    for name in missing:
        first = next(record for record in reversed(newer) if name in _releases(record))
        runs.update({key: side for key, side in runs_before(first).items() if key == group_key(name)})
    return replace(goal, runs=runs, releases=releases)


def _goal_among(records: Sequence[Record], to: str | None, environment: str) -> Goal:
    good = [record for record in records if record.get("outcome") == "succeeded"]
    if to is not None:
        return _goal(_named(good, records, to, environment))
    bad = _current_bad(records)
    if bad is not None:
        last_good = next((record for record in good if record["id"] < bad["id"]), None)
        return _goal(last_good) if last_good else Goal(None, _BEFORE_ALL, runs_before(bad))
    if not good:
        what = f"{environment} has no release to go back to"
        raise SlipwayError(what, "rollback", "No recorded deploy changed anything and was kept")
    current = good[0]
    is_rollback = current.get("kind") == "rollback"
    # Before the first release ("of" is null) there is nothing older.
    since = (current.get("of") or "") if is_rollback else current["id"]
    older = [record for record in good if record["id"] < since]
    runs = _carried(good)
    for record in older:
        if _differs(runs[record["id"]], runs[current["id"]]):
            return _goal(record)
    if is_rollback:
        what = f"{environment} is back at the oldest good release already"
        raise SlipwayError(what, "rollback", f"Name another: {again(to='…')}")
    # Releases that changed nothing (forced ones) do not count.
    first = older[-1] if older else current
    return Goal(None, _BEFORE_ALL, runs_before(first))


def _carried(good: Sequence[Record]) -> dict[str, Runs]:
    """What ran after each of some good records, by id; unchanged groups are taken from older records."""
    groups: Runs = {}
    found: dict[str, Runs] = {}
    for record in reversed(good):
        runs = runs_after(record)
        groups.update({group_key(name): runs[group_key(name)] for name in _releases(record)})
        found[record["id"]] = {**groups, **runs}
    return found


def _is_known(read: Sequence[Record], goal: str) -> bool:
    """Whether it is known what all groups ran in the releases newer than a goal: one of these may be closer."""
    runs = _carried([record for record in read if record.get("outcome") == "succeeded"])
    groups = {key for key in next(iter(reversed(runs.values()))) if key.startswith(_GROUP)}
    return all(groups <= of.keys() for identity, of in runs.items() if identity > goal)


def _current_bad(records: Sequence[Record]) -> Record | None:
    """The current release if it is not good (held, or its undo failed) and the newest with changes.

    Then a rollback returns to the last good one, not further.
    """
    for record in records:
        if record.get("outcome") == "succeeded":
            return None
        if record.get("outcome") in ("held", "needs_person") and record["targets"]:
            return record
    return None


def expected_seconds(records: Iterable[Record]) -> dict[str, float]:
    """How long each service took to become stable last time."""
    expected: dict[str, float] = {}
    for record in records:
        for item in record["targets"]:
            started, finished = item.get("started_at"), item.get("finished_at")
            if item.get("state") == "stable" and started is not None and finished is not None:
                expected.setdefault(item["name"], finished - started)
    return expected


class Expected(Mapping[str, float]):
    """:func:`expected_seconds` of the newest records, each read only if newer ones lack the answer.

    A deploy without changes reads none; releases of a few services do not hide the others'.
    """

    def __init__(self, records: Callable[[], Iterable[Record]]) -> None:
        self._records = records
        self._seconds: dict[str, float] = {}

    @cached_property
    def _older(self) -> Iterator[Record]:
        return iter(self._records())

    def _read(self) -> bool:
        """Read one more record; return false if there is none."""
        record = next(self._older, None)
        if record is None:
            return False
        self._seconds = {**expected_seconds([record]), **self._seconds}
        return True

    def __getitem__(self, name: str) -> float:
        while name not in self._seconds and self._read():
            pass
        return self._seconds[name]

    def __iter__(self) -> Iterator[str]:
        while self._read():
            pass
        return iter(self._seconds)

    def __len__(self) -> int:
        return len(list(iter(self)))


def _goal(record: Record) -> Goal:
    return Goal(record["id"], record.get("label") or record["id"], runs_after(record), _releases(record))


def _named(good: Sequence[Record], records: Sequence[Record], to: str, environment: str) -> Record:
    matches = [record for record in good if to in (record["id"], record.get("label"))]
    matches = matches or [record for record in good if record["id"].startswith(to)]
    if not matches:
        bad = next((record for record in records if to in (record["id"], record.get("label"))), None)
        if bad is not None:
            what = f"{to} ended as {bad.get('outcome') or 'unfinished'} in {environment}: it is not a good release"
            raise SlipwayError(what, "-e to", _there_are(good))
        raise SlipwayError(f"{environment} has no release {to}", "-e to", suggest_release(to, good))
    # The newest of several deploys of one release: they are the same.
    runs = _carried(good)
    others = [record for record in matches[1:] if _differs(runs[record["id"]], runs[matches[0]["id"]])]
    if others and to not in (record["id"] for record in matches):
        shown = ", ".join(str(record["id"]) for record in [matches[0], *others][:5])
        what = f"{environment} has {len(others) + 1} releases {to}, which are not the same"
        raise SlipwayError(what, "-e to", f"Choose one: {again(to='…')}, with one of {shown}")
    return matches[0]


def suggest_release(to: str, good: Sequence[Record]) -> str:
    """The suggestion for a release that does not exist."""
    names = [name for record in good for name in (record.get("label"), record["id"]) if name]
    return suggest(to, names) or _there_are(good)


def _there_are(good: Sequence[Record]) -> str:
    shown = [f"{record.get('label')} ({record['id']})" for record in good[:5]]
    return f"There are {', '.join(shown)}" if shown else "There is no good release yet"


def _unchanged(record: Record) -> Runs:
    return {
        item["name"]: {
            "task_definition": item.get("task_definition"),
            "tag": item.get("image_tag"),
            "digest": item.get("digest"),
        }
        for item in record.get("unchanged") or ()
        if item.get("task_definition")
    }


def _side(side: Mapping[str, Any]) -> dict[str, Any]:
    return {name: side.get(name) for name in ("task_definition", "tag", "digest")}


def _differs(a: Runs, b: Runs) -> bool:
    """Whether two sets differ in a service that both have."""
    return any(_identity(a[name]) != _identity(b[name]) for name in a.keys() & b.keys())


def _identity(side: Mapping[str, Any]) -> Any:
    return side.get("task_definition") or side.get("digest")
