# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans the changes of a group's hosts, each with its reasons. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..common.errors import SlipwayError, SlipwayErrors
from .model import (
    HostChange,
    HostPlan,
    ObservedHost,
    Release,
)

_NAMES = 5
#: Hosts are changed after all waves of services.
WAVE = 1000
#: Why a host outside ``--limit`` stays unchanged.
NOT_SELECTED = "not selected"


def plan_hosts(
    release: Release, observed: Sequence[ObservedHost], selected: Collection[str], *, force: bool = False
) -> HostPlan:
    """Compare what the hosts run with what they should run.

    :param observed: the group's hosts in inventory order.
    :param selected: those that ``--limit`` selects; the others stay unchanged.
    :raises SlipwayErrors: naming every selected host that could not be observed, before any change.
    """
    errors = [
        SlipwayError(host.error, host.name, None if ". " in host.error else "Fix it, or leave it out by --limit")
        for host in observed
        if host.error is not None and host.name in selected
    ]
    if errors:
        raise SlipwayErrors(errors)
    changes: list[HostChange] = []
    unchanged: list[tuple[ObservedHost, str]] = []
    for host in observed:
        if host.name not in selected:
            unchanged.append((host, NOT_SELECTED))
            continue
        why = tuple(_reasons(release, host, force))
        if why:
            changes.append(HostChange(host.name, host.runs, release, why))
        else:
            unchanged.append((host, "same release, same configuration"))
    return HostPlan(release, tuple(changes), tuple(unchanged), release.group)


def _reasons(release: Release, host: ObservedHost, force: bool) -> Iterator[str]:
    before = host.runs
    if before is None:
        yield "nothing runs yet"
    elif before.digest != release.digest:
        same = before.tag == release.tag
        yield f"{release.tag} was built again" if same else f"{before.tag or before.release} → {release.tag}"
    if before is not None and not host.active:
        yield "the service does not run"
    if before is not None and host.configuration_changes:
        yield f"configuration: {configuration_words(host)}"
    if before is not None and host.unit:
        yield f"unit: {', '.join(host.unit)} changed"
    if before is not None and host.active and host.differs and not (host.configuration_changes or host.unit):
        yield host.differs
    if before is not None and host.outside:
        yield f"not in the target group {host.outside}"
    if force:
        yield "forced"


def configuration_words(host: ObservedHost) -> str:
    """Which settings change: ``SPRING_REDIS_HOST changed, JAVA_OPTS added``; never a value."""
    parts = []
    for what, names in (host.configuration or {}).items():
        shown = ", ".join(names[:_NAMES])
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        if names:
            parts.append(f"{shown}{more} {what}")
    return ", ".join(parts) or "changed"


def record_targets(plan: HostPlan) -> list[dict[str, Any]]:
    """The record's targets for the hosts that change."""
    return [
        {
            "name": change.name,
            "kind": "host",
            "group": plan.group,
            "wave": WAVE,
            "from": change.before.to_record() if change.before else {},
            "to": {"release": change.after.id, "tag": change.after.tag, "digest": change.after.digest},
            "why": list(change.why),
            "state": "planned",
            "started_at": None,
            "finished_at": None,
            "failure": None,
            "undo": None,
        }
        for change in plan.changes
    ]


def record_unchanged(plan: HostPlan) -> list[dict[str, Any]]:
    """The record's entries for unchanged hosts."""
    entries = []
    for host, why in plan.unchanged:
        runs = host.runs
        entry: dict[str, Any] = {"name": host.name, "kind": "host", "group": plan.group, "why": why}
        if runs is not None:
            entry.update(release=runs.release, image_tag=runs.tag, digest=runs.digest)
        entries.append(entry)
    return entries
