# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The progress of each host's change, as functions from one record to the next. Pure.

A host's states are those of a service (:data:`State`), so that a record's reader need not distinguish them. The
result is judged by what the host itself reports afterwards, never by whether an earlier task succeeded: a
host that is gone does not answer, and its result is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..common.failure import Cause, Failure
from .by_kind import by_kind, has_several, of_kind
from .migrations import touched

Record = dict[str, Any]

#: Why a host of a resumed deploy is given up.
NOT_LISTED = "the inventory does not have this host any more, what it runs is not known"
#: States that an undo must handle: the host runs the new release, or what it runs is unknown.
_TO_UNDO = frozenset({"updating", "stable", "failed", "undoing"})


@dataclass(frozen=True)
class After:
    """What a host reported after its step.

    :param answered: whether it answered at all.
    :param release: the release that its service runs, or ``None``; likewise ``configuration``, and ``renewed``,
        from which that was renewed.
    :param active: whether the service's process runs.
    :param started: the links and the digests of the files that it was started with, by path; empty when unknown.
    :param reason: why its step failed, in one line; empty if it did not.
    :param doubt: why its running release is not confirmed: the ledger has it as bad, not proven, or not ready.
    :param log: the service's last log lines, redacted.
    """

    answered: bool
    release: str | None = None
    active: bool = False
    configuration: str | None = None
    renewed: str | None = None
    reason: str = ""
    doubt: str = ""
    log: tuple[str, ...] = ()
    started: Mapping[str, str] = field(default_factory=dict)


def hosts_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The record's targets that are hosts, in the plan's order."""
    return [item for item in record["targets"] if item.get("kind") == "host"]


def to_switch(record: Mapping[str, Any]) -> list[str]:
    """The hosts that still must be switched: none if the deploy is undone or held."""
    if record.get("cause") or record.get("hold"):
        return []
    return [item["name"] for item in hosts_of(record) if item["state"] in ("planned", "updating")]


def to_undo(record: Mapping[str, Any]) -> list[str]:
    """The hosts to undo: none of a kind after a migration that is incompatible with its old release."""
    if not record.get("cause"):
        return []
    back = [item for item in hosts_of(record) if item["state"] in _TO_UNDO]
    return [item["name"] for item in back if not point_of_no_return(record, item["group"])]


def finished(record: Mapping[str, Any]) -> bool:
    """Whether nothing is left to do on hosts: all are switched, or all are undone (or given up)."""
    return not to_undo(record) if record.get("cause") else not to_switch({**record, "hold": None})


def files_before(item: Mapping[str, Any]) -> dict[str, str]:
    """The digests of the files that a host's process was started with before; empty if unknown."""
    return dict((item.get("from") or {}).get("files") or {})


def links_before(item: Mapping[str, Any], service: str) -> list[dict[str, str]]:
    """The links of what a host ran before, for service_release; empty if nothing ran.

    :param item: the host's target in the record.
    :param service: the service's name, in the path of its configuration.
    """
    before = item.get("from") or {}
    if not before.get("release"):
        return []
    links = dict(before.get("links") or {})
    if not links:
        # Records from before links were stored are of backend hosts.
        links["/app/app.jar"] = f"/app/releases/{before['release']}/app.jar"
        if before.get("configuration"):
            links[f"/etc/{service}/current"] = f"/etc/{service}/generations/{before['configuration']}"
    return [{"path": path, "target": target} for path, target in links.items()]


def release_before(item: Mapping[str, Any]) -> dict[str, str]:
    """What a host ran before, as service_release accepts it; empty if nothing ran.

    :param item: the host's target in the record.
    """
    before = item.get("from") or {}
    if not before.get("release"):
        return {}
    known = {name: before.get(name) for name in ("tag", "digest", "schema", "configuration")}
    return {"id": str(before["release"]), **{name: str(value) for name, value in known.items() if value}}


def left_behind(record: Mapping[str, Any]) -> Cause | None:
    """Why a deploy that was not undone is not a success: some hosts failed, within the threshold."""
    failed = [item for item in hosts_of(record) if item.get("failure")]
    if not failed or record.get("cause"):
        return None
    names = ", ".join(item["name"] for item in failed)
    return Cause(f"the deploy failed on {names} ({failed[0]['failure']['reason']})", failed[0]["name"])


def begin(record: Mapping[str, Any], names: Collection[str], now: float) -> Record:
    """The record before hosts are switched: after a kill it shows which may be incomplete."""
    return _changed(record, names, lambda item: {"state": "updating", "started_at": item.get("started_at") or now})


def end(record: Mapping[str, Any], after: Mapping[str, After], thresholds: Mapping[str, int], now: float) -> Record:
    """The record after hosts were switched.

    :param thresholds: how many hosts of a kind may fail before its release is undone. Until one runs the new release,
        none may: the first host is a canary for the rest.
    """
    record = _changed(record, after, lambda item: _ended(item, after[item["name"]], now), frozenset({"updating"}))
    for kind in dict.fromkeys(item["group"] for item in hosts_of(record) if item["name"] in after):
        mine = [item for item in hosts_of(record) if item["group"] == kind]
        failed = [item for item in mine if item.get("failure")]
        proven = any(item["state"] == "stable" for item in mine)
        if len(failed) > (thresholds.get(kind, 0) if proven else 0) and not record.get("cause"):
            first = next((item for item in failed if item["name"] in after), failed[0])
            cause = Cause(str(first["failure"]["reason"]), first["name"], wave=None)
            record = {**record, "cause": cause.to_record()}
    return record


def give_up(record: Mapping[str, Any], there: Collection[str], choice: str, now: float) -> Record:
    """The record with hosts given up that are no longer in the inventory, so that the rest can continue.

    :param there: the hosts of the inventory.
    :param choice: ``finish`` or ``undo``.
    """
    gone = [item["name"] for item in hosts_of(record) if item["name"] not in there]
    if choice == "undo":
        undo = {"started_at": now, "finished_at": now, "detail": NOT_LISTED}
        return _changed(record, gone, lambda _item: {"state": "undo_failed", "undo": undo}, _TO_UNDO)
    failure = Failure(NOT_LISTED).to_record()
    change = {"state": "failed", "finished_at": now, "failure": failure}
    return _changed(record, gone, lambda _item: change, frozenset({"planned", "updating"}))


def begin_undo(record: Mapping[str, Any], names: Collection[str], now: float) -> Record:
    """The record before hosts are undone."""
    return _changed(
        record,
        names,
        lambda _item: {"state": "undoing", "undo": {"started_at": now, "finished_at": None, "detail": ""}},
    )


def end_undo(record: Mapping[str, Any], after: Mapping[str, After], now: float) -> Record:
    """The record after the undo of hosts succeeded or failed."""
    return _changed(record, after, lambda item: _undone(item, after[item["name"]], now), frozenset({"undoing"}))


def needs_person(record: Mapping[str, Any]) -> bool:
    """Whether a host could not be undone, or the schema is incompatible with the old release."""
    stuck = any(item["state"] == "undo_failed" for item in hosts_of(record))
    return stuck or bool(record.get("cause") and point_of_no_return(record))


def point_of_no_return(record: Mapping[str, Any], kind: str | None = None) -> str | None:
    """Why the deploy cannot be undone completely: a migration incompatible with the old release began; else ``None``.

    :param kind: one kind of host; by default any.
    """
    found = by_kind(record) if kind is None else {kind: of_kind(record, kind)}
    bad = [
        f"{item.get('version')}{f' of {name}' if has_several(record) else ''}"
        for name, migrations in found.items()
        for item in touched(migrations)
        if not item.get("compatible")
    ]
    if not bad:
        return None
    what = f"migration {bad[0]}" if len(bad) == 1 else f"migrations {', '.join(bad)}"
    return f"{what} {'is' if len(bad) == 1 else 'are'} not declared backward-compatible"


def kept_kinds(record: Mapping[str, Any]) -> list[str]:
    """The kinds of host that cannot be undone, in a record of several kinds; otherwise empty, which means all."""
    return [kind for kind in by_kind(record) if has_several(record) and point_of_no_return(record, kind)]


def _ended(item: Mapping[str, Any], after: After, now: float) -> dict[str, Any]:
    wanted, before = item["to"].get("release"), (item.get("from") or {}).get("release")
    if after.answered and not after.reason and after.active and after.release == wanted:
        return {"state": "stable", "finished_at": now, "failure": None}
    reason = after.reason
    if not after.answered:
        reason = f"the host is gone, what it runs is not known{f': {after.reason}' if after.reason else ''}"
    failure = Failure(reason or "it does not run the release that it was switched to", log=after.log).to_record()
    if before is not None and _back(item, after):
        # The host undid it by itself, or was never switched.
        undo = {"started_at": item.get("started_at"), "finished_at": now, "detail": "the host put it back by itself"}
        return {"state": "undone", "finished_at": now, "failure": failure, "undo": undo}
    return {"state": "failed", "finished_at": now, "failure": failure}


def _undone(item: Mapping[str, Any], after: After, now: float) -> dict[str, Any]:
    before = (item.get("from") or {}).get("release")
    undo = {**(item.get("undo") or {}), "finished_at": now}
    if after.answered and before is None and not after.active:
        return {"state": "undone", "undo": {**undo, "detail": "nothing ran before: the service is stopped"}}
    if before is not None and _back(item, after) and not after.reason:
        return {"state": "undone", "undo": undo}
    detail = (
        after.reason
        or after.doubt
        or (
            f"it runs {after.release or 'nothing'}, not {before or 'nothing'}" if after.answered else "the host is gone"
        )
    )
    return {"state": "undo_failed", "undo": {**undo, "detail": detail}}


def _back(item: Mapping[str, Any], after: After) -> bool:
    """Whether the host runs what it ran before, with its configuration, its unit and its web server's configuration."""
    before = item.get("from") or {}
    links = dict(before.get("links") or {})
    # A generation may have renewed values: `configuration` says more than its name.
    started = {path: target for path, target in links.items() if "/generations/" not in target}
    started.update(before.get("files") or {})
    same = before.get("configuration") in (None, after.configuration, after.renewed) and all(
        after.started.get(path, value) == value for path, value in started.items()
    )
    runs = after.answered and after.active and not after.doubt
    return runs and after.release == before.get("release") and same


def _changed(
    record: Mapping[str, Any],
    names: Collection[str],
    change: Callable[[Mapping[str, Any]], dict[str, Any]],
    states: frozenset[str] = frozenset(),
) -> Record:
    """The record with some hosts changed.

    :param states: only hosts in these states; by default in any.
    """
    targets = [
        {**item, **change(item)}
        if item.get("kind") == "host" and item["name"] in names and (not states or item["state"] in states)
        else item
        for item in record["targets"]
    ]
    return {**record, "targets": targets}
