# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each service and host should run, from all records: each one's release can be in a different record. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..builds.wanted import LEFT_OUT
from ..hosts.plan import NOT_SELECTED

Record = Mapping[str, Any]

#: The change was never begun, or was undone: an older record applies.
_WITHOUT_EFFECT = frozenset({"planned", "registering", "undone"})
#: With these outcomes a record's unchanged services and hosts run the requested release.
_CONFIRMING = frozenset({"succeeded", "unchanged", "held"})
#: Why a record says nothing about an unchanged service or host: it was not compared.
#: Records of earlier versions have "none of theirs" for "not in that release".
NOT_COMPARED = frozenset(
    {"outside the limit", "not in that release", "that release is none of theirs", NOT_SELECTED, LEFT_OUT}
)


@dataclass(frozen=True)
class Released:
    """What a service or host should run according to a record.

    :ivar record: the record's id; ``label`` what it released; ``at`` when it ended, in epoch seconds, if known.
    :ivar task_definition: a service's revision; ``copies`` are those that an undo registered in its place.
    :ivar release: a host's release.
    :ivar configuration: a host's generation of configuration, if recorded.
    :ivar commit: the commit of a host's release, if recorded.
    :ivar unsettled: the state in which the record left it, which is certainly neither the old nor the new release.
    :ivar is_goal: whether ``rollback.yml -e to=<record>`` restores it.
    """

    record: str
    label: str = ""
    at: float | None = None
    task_definition: str = ""
    copies: frozenset[str] = frozenset()
    release: str = ""
    tag: str = ""
    digest: str = ""
    configuration: str = ""
    commit: str = ""
    unsettled: str = ""
    is_goal: bool = False


def released(records: Iterable[Record], names: Collection[str]) -> dict[str, Released]:
    """The release of each name in the records; a missing name was never released.

    :param records: newest first; read no further than needed.
    """
    found: dict[str, Released] = {}
    copies: dict[str, list[tuple[str, str]]] = {}
    wanted = set(names)
    for record in records if wanted else ():
        for item in _mine(record, wanted):
            name = str(item["name"])
            said = _said(record, item)
            undo = item.get("undo") or {}
            if said is None and undo.get("task_definition"):
                # The undo registered the earlier revision again.
                before = undo.get("equivalent_of") or (item.get("from") or {}).get("task_definition")
                copies.setdefault(name, []).append((str(undo["task_definition"]), str(before)))
                continue
            if said is not None:
                found[name] = _with_copies(said, copies.get(name, []))
                wanted.discard(name)
        if not wanted:
            break
    return found


def groups_released(records: Iterable[Record], groups: Collection[str]) -> dict[str, Released]:
    """What hosts of a group without a record should run, such as scaled-out ones: its last good release.

    :param records: newest first; read no further than needed.
    """
    found: dict[str, Released] = {}
    wanted = set(groups)
    for record in records if wanted else ():
        of = record.get("releases")
        for group in sorted(wanted):
            release = of.get(group) if isinstance(of, Mapping) else None
            others = [item for item in record.get("unchanged") or () if item.get("group") in (None, group)]
            whole = all(item.get("why") != NOT_SELECTED for item in others)
            if record.get("outcome") in ("succeeded", "unchanged") and isinstance(release, Mapping) and whole:
                found[group] = _of_host(record, release, group)
                wanted.discard(group)
        if not wanted:
            break
    return found


def _mine(record: Record, wanted: Collection[str]) -> Iterator[Mapping[str, Any]]:
    for key in ("targets", "unchanged"):
        for item in record.get(key) or ():
            if item.get("name") in wanted:
                yield item


def _said(record: Record, item: Mapping[str, Any]) -> Released | None:
    """The release of a record's entry; ``None`` if an older record applies."""
    outcome = record.get("outcome")
    if "to" not in item:
        confirmed = outcome in _CONFIRMING and item.get("why") not in NOT_COMPARED
        if not confirmed:
            return None
        tag = item.get("image_tag")
        if item.get("release"):
            return _of_host(record, {**item, "tag": tag}, item.get("group"))
        return _of_service(record, {**item, "tag": tag}) if item.get("task_definition") else None
    state = str(item.get("state") or "planned")
    to = item.get("to") or {}
    if state in _WITHOUT_EFFECT and outcome != "succeeded":
        return None
    if state != "stable" and outcome != "succeeded":
        return Released(**_place(record), unsettled=state)
    return _of_host(record, to, item.get("group")) if item.get("kind") == "host" else _of_service(record, to)


def _of_service(record: Record, side: Mapping[str, Any]) -> Released:
    return Released(
        **_place(record),
        task_definition=str(side.get("task_definition") or ""),
        tag=str(side.get("tag") or ""),
        digest=str(side.get("digest") or ""),
    )


def _of_host(record: Record, side: Mapping[str, Any], group: Any) -> Released:
    whole = (record.get("releases") or {}).get(group) or {}
    return Released(
        **_place(record),
        release=str(side.get("release") or ""),
        tag=str(side.get("tag") or ""),
        digest=str(side.get("digest") or ""),
        configuration=str(side.get("configuration") or ""),
        commit=str(whole.get("commit") or "") if whole.get("release") == side.get("release") else "",
    )


def _place(record: Record) -> dict[str, Any]:
    return {
        "record": str(record["id"]),
        "label": str(record.get("label") or record.get("title") or ""),
        "at": record.get("finished_at") or record.get("started_at"),
        "is_goal": record.get("outcome") == "succeeded" and record.get("kind") in ("deploy", "rollback"),
    }


def _with_copies(said: Released, copies: Sequence[tuple[str, str]]) -> Released:
    """Add the revisions that are copies of the released one, or copies of those.

    :param copies: each with its original, newest first.
    """
    same = {said.task_definition}
    for copy, original in reversed(copies):
        if original in same:
            same.add(copy)
    return replace(said, copies=frozenset(same - {said.task_definition}))
