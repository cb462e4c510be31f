# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Slack messages built from a record. Pure.

Green: everything was deployed. Yellow: the deploy was undone as intended, or is held. Red:
a person is needed, or the outcome is unknown. An attachment carries the colour, because blocks have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..common.text import clean, duration
from ..record.model import undo_was_asked
from ..render.card import headline, next_steps
from ..render.checklist import checklist, checklist_problems
from ..render.checks import health_problems, smoke_problems
from ..render.facts import (
    UNTOUCHED,
    Record,
    Target,
    as_before,
    change_label,
    counted,
    is_rollback,
    place,
    release,
    seconds,
    targets_of,
    unchanged_of,
    who,
)
from ..render.plan import nothing_to_do
from ..render.progress import mark
from ..render.verdict import closing
from . import metadata
from .metadata import approved, coverage, traces

GREEN, YELLOW, RED, BLUE = "#2eb67d", "#ecb22e", "#e01e5a", "#36c5f0"

# https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3000 characters in a section's text.
MOST_BLOCKS = 50
MOST_TEXT = 3000
# Undocumented: msg_blocks_too_long is answered from about 13,000 characters on (bolt-js issue 2509).
MOST_IN_ALL = 10_000
_MOST_FALLBACK = 300
_LINKED = ("https://", "http://")


@dataclass(frozen=True)
class Message:
    """A message: the notification's text (escaped), and its blocks next to a coloured bar."""

    text: str
    colour: str
    blocks: tuple[dict[str, Any], ...]

    def payload(self) -> dict[str, Any]:
        """The body for a webhook and for chat.postMessage and chat.update alike."""
        attachment = {"color": self.colour, "fallback": self.text, "blocks": list(self.blocks)}
        return {"text": self.text, "attachments": [attachment], "unfurl_links": False, "unfurl_media": False}


def start(record: Record) -> Message:
    """The message at the beginning of a deploy."""
    return _message(record, f"{_subject(record)} started: {len(targets_of(record))} of {_total(record)}", BLUE, [])


def progress(record: Record, now: float) -> Message:
    """The message while it runs; for a bot, which updates the one it posted."""
    targets = targets_of(record)
    started = record.get("started_at")
    elapsed = f", {duration(now - started)}" if started is not None else ""
    if record.get("phase") == "undoing" or record.get("cause"):
        gone = sum(item.get("state") in UNTOUCHED | {"undone"} for item in targets)
        said = f"is being undone: {gone} of {len(targets)} as before{elapsed}"
        return _message(record, f"{_subject(record)} {said}", YELLOW, [escaped(headline(record))])
    stable = sum(item.get("state") == "stable" for item in targets)
    return _message(record, f"{_subject(record)}: {stable} of {len(targets)} stable{elapsed}", BLUE, [])


def end(record: Record) -> Message:
    """The message at the end of a deploy, whatever its outcome."""
    took = seconds(record)
    after = f" after {duration(took)}" if took is not None else ""
    outcome = record.get("outcome")
    if outcome == "succeeded":
        return _message(record, f"{_subject(record)} succeeded{after}", GREEN, [*_findings(record), *_metadata(record)])
    if outcome == "unchanged":
        return _message(record, f"{_subject(record)}: {nothing_to_do(record)}", GREEN, [])
    said = {"undone": "FAILED and was undone", "held": "FAILED and is held", "needs_person": "FAILED, needs a person"}
    words = said.get(str(outcome), "ended and what runs is not known")
    if undo_was_asked(record):
        words = "was undone, as requested"
    details = [escaped(headline(record)), *_findings(record), escaped(closing(record))]
    details += [*(escaped(step) for step in next_steps(record)), *_metadata(record)]
    return _message(record, f"{_subject(record)} {words}{after}", colour(record), details)


def colour(record: Record) -> str:
    """The colour of a closed record."""
    outcome = record.get("outcome")
    if outcome in ("succeeded", "unchanged") or undo_was_asked(record):
        return GREEN
    stood = outcome == "held" or (outcome == "undone" and as_before(record))
    return YELLOW if stood else RED


def _subject(record: Record) -> str:
    return f"{clean(record.get('environment'))} · {release(record)}"


def _total(record: Record) -> str:
    return counted([*targets_of(record), *unchanged_of(record)])


def _findings(record: Record) -> list[str]:
    found = (*health_problems(record), *smoke_problems(record), *checklist_problems(record))
    return [escaped(line.strip()) for line in found]


def _metadata(record: Record) -> list[str]:
    """The releases, the results of their checks, the coverage link, and the traces of the smoke checks."""
    lines = [escaped(line) for line in (*metadata.lines(record), *checklist(record)[:1])]
    url = coverage(record)
    lines += [f"<{url}|coverage report>"] if url else []
    found = traces(record)
    return [*lines, escaped(f"traces: {' · '.join(found)}")] if found else lines


def _message(record: Record, headline_text: str, edge: str, details: Sequence[str]) -> Message:
    title = f"\n{escaped(clean(record['title']))}" if record.get("title") else ""
    blocks = [section(f"*{escaped(headline_text)}*{title}")]
    if details:
        blocks.append(section("\n".join(details)))
    rows = [_service(item) for item in targets_of(record)]
    if rows:
        used = sum(len(block["text"]["text"]) for block in blocks)
        blocks += [section(text) for text in _packed(rows, MOST_IN_ALL - MOST_TEXT - used)]
    blocks = blocks[: MOST_BLOCKS - 1]
    # The text of a notification is markup as well.
    return Message(escaped(_cut(clean(headline_text), _MOST_FALLBACK)), edge, (*blocks, _context(record)))


def _service(item: Target) -> str:
    took = seconds(item.get("undo") if item.get("state") == "undone" else item)
    time = f" ({duration(took)})" if took is not None else ""
    images = change_label(item)
    note = {"undone": " undone", "undo_failed": " not undone", "failed": " failed"}.get(str(item.get("state")), "")
    return escaped(f"{mark(str(item.get('state') or 'planned'))} {clean(item['name'])} {images}{note}{time}")


def _packed(rows: Sequence[str], room: int) -> list[str]:
    """The rows in texts that fit into sections, with a line for those that do not fit."""
    texts: list[str] = []
    used = 0
    for index, row in enumerate(_cut(row, MOST_TEXT) for row in rows):
        if used + len(row) > room:
            texts.append(f"… and {len(rows) - index:,} more (see the record)")
            break
        if texts and len(texts[-1]) + 1 + len(row) <= MOST_TEXT:
            texts[-1] += f"\n{row}"
        else:
            texts.append(row)
        used += len(row) + 1
    return texts


def section(text: str) -> dict[str, Any]:
    """A block of escaped text."""
    return {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": _cut(text, MOST_TEXT)}}


def _context(record: Record) -> dict[str, Any]:
    url = str((record.get("actor") or {}).get("url") or "")
    name = escaped(who(record))
    linked = url.startswith(_LINKED) and not any(char in "<>|" or char <= " " for char in url)
    by = f"<{url}|{name}>" if linked else name
    reason = [escaped(clean(record["reason"]))] if record.get("reason") else []
    kind = ["rollback"] if is_rollback(record) else []
    approval = [escaped(approved(record))] if approved(record) else []
    text = " · ".join([*kind, f"by {by}", *approval, *reason, f"record {escaped(place(record))}"])
    return {"type": "context", "elements": [{"type": "mrkdwn", "verbatim": True, "text": _cut(text, MOST_TEXT)}]}


def escaped(text: str) -> str:
    """Text that Slack shows as it is."""
    # https://docs.slack.dev/messaging/formatting-message-text#escaping: this also disarms <!channel> and <@U…>.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, most: int) -> str:
    """The text cut to a length, not within an escaped character (``&am…``)."""
    return text if len(text) <= most else re.sub(r"&[a-z]{0,3}$", "", text[: most - 1]) + "…"
