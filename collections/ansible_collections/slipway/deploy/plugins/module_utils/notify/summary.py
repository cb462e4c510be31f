# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deploy's summary in Markdown, from its record. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..common.text import duration, plural
from ..render.card import card
from ..render.facts import (
    Record,
    Target,
    back,
    change_label,
    forward,
    is_host,
    is_rollback,
    place,
    priority_label,
    release,
    seconds,
    tag_label,
    targets_of,
    unchanged_of,
    who,
)
from ..render.progress import mark
from ..render.verdict import closing
from . import metadata
from .markdown import bounded_table, escape, is_linkable, link, table, without_mentions

#: GitHub refuses a step summary of more than 1 MiB; the limit leaves room for the file's earlier content.
MOST_BYTES = 900 * 1024
_ROWS = 400
_STATES = {"undone": "undone", "undo_failed": "not undone", "in_flight": "in flight", "planned": "not begun"}


def summary(record: Record) -> str:
    """The whole summary, ending in a newline."""
    parts = [
        _headline(record),
        _card(record),
        _changed(record),
        _unchanged(record),
        metadata.facts(record),
        metadata.migrations(record),
        _health(record),
        metadata.smoke(record),
        metadata.checklist(record),
        _waves(record),
        _facts(record),
    ]
    text = without_mentions("\n\n".join(part for part in parts if part) + "\n")
    return _bounded(text, record)


def _bounded(text: str, record: Record) -> str:
    if len(text.encode()) <= MOST_BYTES:
        return text
    return f"{_headline(record)}\n\nThe summary is too long to be shown. {_facts(record)}\n"


def _headline(record: Record) -> str:
    title = f": {escape(record['title'])}" if record.get("title") else ""
    took = seconds(record)
    after = f" in {duration(took)}" if took is not None else ""
    sign, words = metadata.ended(record)
    kind = "" if is_rollback(record) else "deploy of "
    subject = f"{escape(record.get('environment'))}: {kind}{escape(release(record))}{title}"
    return f"## {sign} {subject}\n\n**{escape(words)}{after}.** {escape(closing(record))}"


def _card(record: Record) -> str:
    return _fenced(card(record))


def plan_summary(record: Record, lines: Sequence[str]) -> str:
    """The summary of a plan that is not carried out: its screen, ending in a newline."""
    headline = f"## Plan: {escape(record.get('environment'))}: {escape(release(record))}"
    text = without_mentions(f"{headline}\n\n{_fenced(lines)}\n")
    return text if len(text.encode()) <= MOST_BYTES else f"{headline}\n\nThe plan is too long to be shown.\n"


def _fenced(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    # A fence longer than any run of backticks inside cannot be closed by what a service logged.
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])


def _changed(record: Record) -> str:
    targets = targets_of(record)
    if not targets:
        return ""
    headings = ("", "Service", "Port", "Priority", "Image", "Revision", "State", "Running", "Time")
    return bounded_table(headings, [_row(item) for item in targets], _ROWS)


def _row(item: Target) -> tuple[str, ...]:
    state = str(item.get("state") or "planned")
    gone_back = state in ("undone", "undo_failed")
    took = seconds(item.get("undo") if gone_back else item)
    return (
        mark(state),
        escape(item["name"]),
        escape(item.get("port") or ""),
        escape(priority_label(item)),
        escape(change_label(item)),
        escape(back(item) if gone_back else forward(item)),
        _STATES.get(state, escape(state.replace("_", " "))),
        f"{item.get('running') or 0}/{item.get('desired') or 0}" if state == "stable" and not is_host(item) else "",
        "" if took is None else duration(took),
    )


def _unchanged(record: Record) -> str:
    items = unchanged_of(record)
    if not items:
        return ""
    rows = [
        (
            escape(item["name"]),
            escape(item.get("port") or ""),
            escape(priority_label(item)),
            escape(tag_label({"tag": item.get("image_tag"), "digest": item.get("digest")})),
            escape(item.get("why") or ""),
        )
        for item in items
    ]
    text = bounded_table(("Service", "Port", "Priority", "Image", "Why"), rows, _ROWS)
    return f"<details><summary>{plural(len(items), 'service')} unchanged</summary>\n\n{text}\n\n</details>"


def _health(record: Record) -> str:
    items = list(record.get("health") or ())
    if not items:
        return ""
    well = sum(item.get("verdict") == "pass" for item in items)
    url = str(record.get("endpoint") or "")
    endpoint = f" · endpoint {link(url, url)}" if url else ""
    text = f"**Health:** {well} of {plural(len(items), 'service')} healthy{endpoint}"
    rows = [
        (
            escape(item.get("name")),
            f"{item.get('running')}/{item.get('desired')}" if item.get("running") is not None else "?",
            escape(item.get("verdict")),
            escape(item.get("detail") or ""),
        )
        for item in items
        if item.get("verdict") != "pass"
    ]
    return f"{text}\n\n{table(('Service', 'Running', 'Verdict', 'Why'), rows[:_ROWS])}" if rows else text


def _waves(record: Record) -> str:
    rows = []
    hosts = any(map(is_host, targets_of(record)))
    for wave in sorted({item.get("wave") or 0 for item in targets_of(record)}):
        members = [item for item in targets_of(record) if (item.get("wave") or 0) == wave]
        begun = [item["started_at"] for item in members if item.get("started_at") is not None]
        ended = [item["finished_at"] for item in members if item.get("finished_at") is not None]
        took = duration(max(ended) - min(begun)) if begun and ended else ""
        rows.append((priority_label(members[0]), str(len(members)), took))
    return table(("Priority", "Targets" if hosts else "Services", "Time"), rows) if rows else ""


def _facts(record: Record) -> str:
    facts = [f"by {escape(who(record))}"]
    url = str((record.get("actor") or {}).get("url") or "")
    if is_linkable(url):
        facts.append(f"[run]({url})")
    facts += [escape(record["reason"])] if record.get("reason") else []
    facts += [f"registry {escape(record['registry'])}"] if record.get("registry") else []
    facts += [f"cluster {escape(record['cluster'])}"] if record.get("cluster") else []
    return " · ".join([*facts, f"record `{place(record).replace('`', '')}`"])
