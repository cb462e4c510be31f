# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A record's outcome in one sentence. Pure.

"As it was before" is only used if every change was undone and observed to be stable; otherwise it says "unknown".
"""

from __future__ import annotations

from collections.abc import Iterable

from ..common.text import clean, display_width, duration, listed, paragraph
from ..hosts.by_kind import by_kind, has_several
from ..hosts.migrations import is_begun
from ..hosts.progress import kept_kinds, point_of_no_return
from ..kinds.registry import NAMES
from .facts import (
    UNTOUCHED,
    Record,
    Target,
    as_before,
    counted,
    is_host,
    is_rollback,
    place,
    release,
    seconds,
    targets_of,
)
from .plan import nothing_to_do

_NAMES = 120


def closing(record: Record) -> str:
    """The sentence that says what the environment runs now."""
    environment = clean(record.get("environment"))
    outcome = record.get("outcome")
    if outcome == "unchanged":
        return f"{environment}: {nothing_to_do(record)}."
    if outcome == "succeeded":
        return _succeeded(record, environment)
    if outcome == "undone" and as_before(record):
        return f"{environment} is as it was before this {_kind(record)}{_schema_kept(record)}."
    if outcome == "held":
        return _held(record, environment)
    if outcome in ("needs_person", "undone"):
        return _needs_person(record, environment)
    if outcome == "abandoned":
        return f"{environment}: this {_kind(record)} was given up; what runs now was not verified by it."
    return (
        f"{environment}: how this {_kind(record)} ends is not known yet; the record is open, the next run resumes it."
    )


def ending(record: Record, width: int | None) -> list[str]:
    """The closing sentence and the record's key, on one line if it fits."""
    sentence, kept = closing(record), f"Record: {place(record)}"
    if width is None or display_width(sentence) + display_width(kept) < width:
        return [f"{sentence} {kept}"]
    return [*paragraph(sentence, width), kept]


def _schema_kept(record: Record) -> str:
    said = []
    for kind, migrations in by_kind(record).items():
        schema = f"the schema of {clean(kind)}" if has_several(record) else "its schema"
        if is_begun(migrations) and migrations.get("pending"):
            said.append(f"{schema}: how far it was migrated is not known (backward-compatible)")
        elif migrations.get("applied"):
            said.append(f"{schema}, which stays at version {clean(migrations.get('to'))} (backward-compatible)")
    return f", but for {' and '.join(said)}" if said else ""


def _kind(record: Record) -> str:
    return "rollback" if is_rollback(record) else "deploy"


def _succeeded(record: Record, environment: str) -> str:
    changed = targets_of(record)
    took = seconds(record)
    time = f" in {duration(took)}" if took is not None else ""
    verb = "rolled back" if is_rollback(record) else "deployed"
    label = clean(record.get("label") or record.get("id"))
    # Under --limit, or with tags per service, not everything runs the label: only what changed is claimed.
    return f"{environment}: {counted(changed)} {verb} to {label}{time}."


def _held(record: Record, environment: str) -> str:
    targets = targets_of(record)
    back = names(item for item in targets if item.get("state") == "undone")
    new = names(item for item in targets if item.get("state") == "stable")
    old = [item for item in targets if item.get("state") in UNTOUCHED]
    unsure = names(item for item in targets if item.get("state") not in UNTOUCHED | {"stable", "undone"})
    parts = [f"{new} on {release(record)}"] if new else []
    parts += [f"{unsure} not stable"] if unsure else []
    parts += [f"{counted(old)} not begun"] if old else []
    parts += [f"{back} back on what ran before"] if back else []
    said = "; ".join(parts) or "nothing was changed"
    rest = "" if back else ", nothing was undone"
    return f"{environment} is left as it is{rest} ({_holds(record)}): {said}."


def _holds(record: Record) -> str:
    """Why the release is not undone: a setting, or a finding that does not require it."""
    # Hosts that failed within their threshold hold a release, regardless of on_failure.
    failed = next((item for item in targets_of(record) if is_host(item) and item.get("failure")), None)
    if failed:
        return f"{clean(failed.get('group') or NAMES[0])}_failure_threshold"
    if str((record.get("cause") or {}).get("what")).startswith("checklist: "):
        return "the checklist is not green"
    undoes = (record.get("settings") or {}).get("on_failure") == "undo"
    return "what is not known is not undone" if undoes else "on_failure: hold"


def _needs_person(record: Record, environment: str) -> str:
    lost = point_of_no_return(record)
    if lost:
        return f"{environment} needs a person: {lost}, so no host{of_kinds(record)} was undone."
    stuck = names(item for item in targets_of(record) if item.get("state") not in UNTOUCHED | {"undone"})
    return f"{environment} needs a person: {stuck} could not be undone." if stuck else f"{environment} needs a person."


def of_kinds(record: Record) -> str:
    """`` of backend``: the hosts that cannot be undone, in a record of several kinds; else empty, which means all."""
    kept = kept_kinds(record)
    return f" of {clean(' and '.join(kept))}" if kept else ""


def names(targets: Iterable[Target]) -> str:
    """The services' names, comma-separated, a long list shortened by ``…``."""
    return listed((clean(item["name"]) for item in targets), _NAMES)
