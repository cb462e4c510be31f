# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan's screen: changes with reasons, what was verified, what an undo would return to. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ..builds.wanted import LEFT_OUT
from ..common.text import clean, columns, display_width, duration, listed, minute, pad, wrap
from ..fleet.planned import NOT_EXERCISED, UNPINNED
from .facts import (
    Record,
    Target,
    build,
    counted,
    finish,
    image_label,
    is_host,
    is_rollback,
    joined,
    parallel_of,
    priority_label,
    release,
    services,
    targets_of,
    time_left,
    unchanged_of,
    what_ran,
)

#: Rows of the table before the rest is left to the record.
ROWS = 40
_REASONS = 5
# From here on the expected end is shown (seconds).
_LONG = 600.0
_NARROWEST_WHY = 24
#: The text for services and hosts that the command line did not select.
_OUTSIDE = ("outside the limit", "not selected", LEFT_OUT)
_HEADINGS = ("priority", "service", "running", "desired", "why")
_INDENT = len("priority  ")
_HOSTS_ONLY = ("group", "host", "running", "desired", "why")


def plan(record: Record, now: float, width: int | None = None, lock: str = "", whole: bool = False) -> list[str]:
    """The screen of a plan.

    :param now: epoch seconds, from which a long rollout's expected end is counted.
    :param width: columns of the terminal; ``None`` does not wrap.
    :param lock: the lock's state in two words (``lock free``); not shown if empty.
    :param whole: show everything: check mode writes no record.
    """
    lines = [
        *_header(record, width, lock),
        *_table(targets_of(record), width, whole),
        *_unchanged(record, width, whole),
    ]
    lines += _verified(record, width)
    lines += [line for text in record.get("warnings") or () for line in _said("warning", str(text), width)]
    lines += _undo(targets_of(record), parallel_of(record), now, width, whole)
    return finish(lines, width)


def _header(record: Record, width: int | None, lock: str) -> list[str]:
    changing = len(targets_of(record))
    title = f' "{clean(record["title"])}"' if record.get("title") else ""
    if changing:
        verb = "change" if changing != 1 else "changes"
        count = f"{_shares(record)} {verb}"
    else:
        count = nothing_to_do(record)
    subject = release(record) if is_rollback(record) else f"plan for {release(record)}"
    parts = [str(record.get("environment")), f"{subject}{title}", *([build(record)] if build(record) else []), count]
    return joined([*parts, lock] if lock else parts, width)


def _shares(record: Record) -> str:
    """``3 of 12 services and 1 of 2 hosts``: changes of all targets."""
    parts = []
    for hosts in (False, True):
        changing = [item for item in targets_of(record) if is_host(item) is hosts]
        every = [*changing, *(item for item in unchanged_of(record) if is_host(item) is hosts)]
        if every:
            parts.append(f"{len(changing)} of {counted(every)}")
    return " and ".join(parts)


def nothing_to_do(record: Record) -> str:
    """``nothing to deploy: 12 services already run the requested release``."""
    # Services outside the limit were not compared.
    compared = [item for item in unchanged_of(record) if item.get("why") not in _OUTSIDE] or unchanged_of(record)
    verb = "runs" if len(compared) == 1 else "run"
    what = "roll back" if is_rollback(record) else "deploy"
    return f"nothing to {what}: {counted(compared)} already {verb} the requested release"


def _row(target: Target) -> tuple[str, ...]:
    notes = [note for note in target.get("notes") or () if not _is_unpinned(note)]
    why = "; ".join(map(clean, (*(target.get("why") or ()), *notes)))
    if not target.get("exercised", True) and not any(note.startswith(NOT_EXERCISED) for note in notes):
        why = f"{why}; {NOT_EXERCISED}: desired count is 0" if why else f"{NOT_EXERCISED}: desired count is 0"
    return (
        priority_label(target),
        clean(target["name"]),
        what_ran(target) if is_host(target) else image_label(target.get("from")),
        clean((target.get("to") or {}).get("tag") or "") if is_host(target) else image_label(target.get("to")),
        why,
    )


def _table(targets: Sequence[Target], width: int | None, whole: bool) -> list[str]:
    if not targets:
        return []
    rows = [_row(target) for target in (targets if whole else targets[:ROWS])]
    headings = _HOSTS_ONLY if all(map(is_host, targets)) else _HEADINGS
    facts = columns([(*row[:-1], "|") for row in (headings, *rows)])
    # The marker column shows where the reasons begin, whatever the widths before it are.
    lead = display_width(facts[0]) - 1
    lines: list[str] = []
    for fact, row in zip(facts, (headings, *rows), strict=True):
        lines += _with_why(fact[:-1], row[-1], lead, width)
    hidden = len(targets) - len(rows)
    return [*lines, f"… and {hidden:,} more (see the record)"] if hidden > 0 else lines


def _with_why(fact: str, why: str, lead: int, width: int | None) -> list[str]:
    if width is None or display_width(fact + why) <= width:
        return [fact + why]
    if width - lead >= _NARROWEST_WHY:
        first, *rest = wrap(why, width - lead)
        return [fact + first, *(" " * lead + line for line in rest)]
    indent = " " * _INDENT
    return [fact, *(indent + line for line in wrap(why, max(_NARROWEST_WHY, width - len(indent))))]


def _unchanged(record: Record, width: int | None, whole: bool) -> list[str]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for item in unchanged_of(record):
        groups[clean(item.get("why") or "")].append(clean(item["name"]))
    largest = sorted(groups.items(), key=lambda group: -len(group[1]))
    shown = len(largest) if whole else _REASONS
    lines = [_collapsed(f"{len(names):,} unchanged{_because(why)}: ", names, width) for why, names in largest[:shown]]
    rest = sum(len(names) for _why, names in largest[shown:])
    return [*lines, f"{pad('–', _INDENT)}{rest:,} unchanged for other reasons (see the record)"] if rest else lines


def _because(why: str) -> str:
    return f" ({why})" if why else ""


def _collapsed(label: str, names: Sequence[str], width: int | None) -> str:
    lead = pad("–", _INDENT) + label
    # Without a terminal's width a list of hundreds would be one very long line.
    return lead + listed(names, (width or 100) - display_width(lead))


def _verified(record: Record, width: int | None) -> list[str]:
    verify = record.get("verify") or {}
    platforms = ", ".join(map(clean, verify.get("platforms") or ()))
    facts = []
    for name, value in (verify.get("checked") or {}).items():
        fact = _checked(str(name), value)
        facts += [f"{fact} ({platforms})" if name == "images" and platforms else fact] if fact else []
    lines: list[str] = []
    if facts:
        cluster = [f"cluster {record['cluster']}"] if record.get("cluster") else []
        lines = _said("verified", ", ".join([*facts, *cluster]), width)
    for text in verify.get("unverifiable") or ():
        lines += _said("not verifiable", clean(text), width)
    return lines


def _checked(name: str, value: Any) -> str:
    label = name.replace("_", " ")
    if isinstance(value, bool) or value is None:
        return label if value else ""
    if isinstance(value, int):
        return f"{value:,} {label[:-1] if value == 1 and label.endswith('s') else label}" if value else ""
    if isinstance(value, (list, tuple)):
        return f"{label} {', '.join(map(clean, value))}"
    return f"{label} {clean(value)}"


def _said(label: str, text: str, width: int | None) -> list[str]:
    if width is None or display_width(f"{label}: {text}") <= width:
        return [f"{label}: {text}"]
    first, *rest = wrap(f"{label}: {text}", max(_NARROWEST_WHY, width - 2))
    return [first, *(f"  {line}" for line in rest)]


def _undo(targets: Sequence[Target], parallel: int, now: float, width: int | None, whole: bool) -> list[str]:
    if not targets:
        return []
    returns = [f"{clean(item['name'])} {what_ran(item)}" for item in targets]
    expected = _expected(targets, parallel, now)
    # Every service that an undo would change is named, on as many lines as needed.
    to = (
        ", ".join(returns)
        if whole or len(returns) <= ROWS
        else f"the {len(returns):,} revisions that run now (see the record)"
    )
    return [*_said("undo would return to", to + expected, width), *_clones(targets, width)]


def _clones(targets: Sequence[Target], width: int | None) -> list[str]:
    """The services that an undo may have to register again, in one line: in a new fleet that is every one."""
    names = [clean(item["name"]) for item in targets if any(map(_is_unpinned, item.get("notes") or ()))]
    label = "undo registers pinned clones where tags have moved: "
    return [label + listed(names, (width or 100) - display_width(label))] if names else []


def _is_unpinned(note: str) -> bool:
    return note.endswith(UNPINNED)


def _expected(targets: Sequence[Mapping[str, Any]], parallel: int, now: float) -> str:
    targets = [item for item in targets if not is_host(item)]
    if not targets:
        return ""
    total = time_left(targets, parallel)
    if total is not None:
        until = f", until about {minute(now + total)} UTC" if total >= _LONG else ""
        return f" · expected {duration(total)}{until}"
    untimed = sum(item.get("expected_seconds") is None for item in targets)
    known = [item for item in targets if item.get("expected_seconds") is not None]
    if not known:
        return ""
    return f" · expected more than {duration(time_left(known, parallel) or 0)} ({services(untimed)} never timed)"
