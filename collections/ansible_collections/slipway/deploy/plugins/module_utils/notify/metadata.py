# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A deploy's data besides its targets: tag, commit, approval, notes, migrations, checks, traces. Pure.

Each function returns a block of Markdown, or the empty string if the record has no such data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..common.text import clean, plural
from ..hosts import backup
from ..hosts.by_kind import by_kind, has_several
from ..record.model import undo_was_asked
from ..render import checklist as rows_of
from ..render.checks import milliseconds
from ..render.facts import Record, build, is_host, targets_of
from .markdown import bounded_table, escape, is_linkable, link

_SIGNS = {"green": "✅", "red": "❌", "unknown": "❔"}
#: The length of one item in a line of several.
_LONGEST = 80
_HOWS = {"prompt": "at the prompt", "variable": "by variable"}


_ENDS = {
    "succeeded": ("✅", "succeeded"),
    "unchanged": ("✅", "nothing to do"),
    "undone": ("⚠️", "failed and was undone"),
    "held": ("⚠️", "failed and is held"),
    "needs_person": ("❌", "failed and needs a person"),
    "abandoned": ("❌", "was given up"),
}


def ended(record: Record) -> tuple[str, str]:
    """A record's outcome, as a sign and in words."""
    if undo_was_asked(record):
        return "✅", "was undone, as requested"
    return _ENDS.get(str(record.get("outcome")), ("❌", "did not end; what runs is not known"))


def facts(record: Record) -> str:
    """Build, tag, commit, approval, notes and coverage, one line each."""
    lines = [f"**Build:** {escape(build(record).removeprefix('build '))}"] if build(record) else []
    lines += [f"**Tag:** {escape(item['tag'])}" for item in releases(record) if item.get("tag")]
    lines += [f"**Commit:** {escape(item['commit'])}" for item in releases(record) if item.get("commit")]
    lines += [line for line in (_approval(record), _notes(record), _coverage(record)) if line]
    return "  \n".join(lines)


def releases(record: Record) -> list[Mapping[str, Any]]:
    """The releases of groups of hosts; a fleet's are in its table."""
    return [item for item in (record.get("releases") or {}).values() if isinstance(item, Mapping)]


def approved(record: Record) -> str:
    """``approved by maria at the prompt``; empty without an approval."""
    given = record.get("approval") or {}
    if not given.get("by"):
        return ""
    return " ".join(["approved by", clean(given["by"]), _HOWS.get(str(given.get("how")), "")]).strip()


def _approval(record: Record) -> str:
    given = record.get("approval") or {}
    if not given.get("by"):
        return ""
    how = _HOWS.get(str(given.get("how")), "")
    when = f", {escape(given['at'])}" if given.get("at") else ""
    url = str(given.get("reference") or "")
    page = f" ({link('page', url)})" if is_linkable(url) else ""
    return f"**Approved by:** {escape(given['by'])} {how}{when}{page}".replace("  ", " ")


def _notes(record: Record) -> str:
    sources = dict.fromkeys(notes["source"] for notes in by_kind(record, "notes").values() if notes.get("source"))
    return f"**Release notes:** {', '.join(map(escape, sources))}" if sources else ""


def coverage(record: Record) -> str:
    """The URL of the coverage report; empty without a valid one."""
    url = str(record.get("coverage_url") or "")
    return url if is_linkable(url) else ""


def _coverage(record: Record) -> str:
    return f"**Coverage:** {link('report', coverage(record))}" if coverage(record) else ""


def migrations(record: Record, most: int = 100) -> str:
    """The change of each schema, and each migration."""
    found = by_kind(record).items()
    changes = [_migrated(f" of {escape(kind)}" if has_several(record) else "", of, most) for kind, of in found]
    return "\n\n".join(change for change in changes if change)


def _migrated(of: str, done: Mapping[str, Any], most: int) -> str:
    applied, pending = list(done.get("applied") or ()), list(done.get("pending") or ())
    if not applied and not pending:
        return ""
    back = done.get("direction") == "down"
    words = ("taken back", "to be taken back") if back else ("applied", "pending")
    rows = [(escape(item.get("version")), escape(item.get("description") or ""), words[0]) for item in applied]
    rows += [(escape(item.get("version")), escape(item.get("description") or ""), words[1]) for item in pending]
    change = f"{escape(done.get('from') or 'empty')} → {escape(done.get('to') or '?')}"
    count = plural(len(rows), "migration")
    table = bounded_table(("Version", "Description", "State"), rows, most)
    return f"**Schema{of}:** {change}, {count}{_backup(done)}\n\n{table}"


def _backup(done: Mapping[str, Any]) -> str:
    saved = backup.words(backup.taken(done)).removeprefix("backup ")
    return f"  \n**Backup:** {escape(saved)}" if saved else ""


def systemd(record: Record, most: int = 100) -> str:
    """The state of each host's service, from the checklist or the health check."""
    rows = [tuple(map(escape, row)) for row in _units(record)]
    return f"**systemd:**\n\n{bounded_table(('Host', 'Unit', 'State'), rows, most)}" if rows else ""


def _units(record: Record) -> list[tuple[str, str, str]]:
    rows = [
        (str(item.get("host") or ""), str(item.get("name")), str(item.get("detail") or item.get("verdict")))
        for item in record.get("checklist") or ()
        if item.get("kind") == "systemd"
    ]
    if rows:
        return rows
    hosts = {item["name"] for item in targets_of(record) if is_host(item)}
    return [
        (str(item["name"]), "service", "active" if item.get("running") else str(item.get("detail") or "?"))
        for item in record.get("health") or ()
        if item.get("name") in hosts
    ]


def lines(record: Record, most: int = 10) -> list[str]:
    """The build; of hosts also commit, migrations, units and smoke checks, one line each: a fleet has its own."""
    found, said = releases(record), [build(record)] if build(record) else []
    if not found:
        return said
    said += [f"commit: {item['commit']}" for item in found if item.get("commit")]
    for kind, done in by_kind(record).items():
        of = f" of {clean(kind)}" if has_several(record) else ""
        words = "taken back" if done.get("direction") == "down" else "applied"
        for key, how in (("applied", words), ("pending", f"not {words}")):
            changes = [f"{item.get('version')} {item.get('description') or ''}" for item in done.get(key) or ()]
            said += [f"migrations{of} {how}: {_some(changes, most)}"] if changes else []
    units = [" ".join(row) for row in _units(record)]
    said += [f"systemd: {_some(units, most)}"] if units else []
    checks = list(record.get("smoke") or ())
    passed = sum(item.get("verdict") == "pass" for item in checks)
    said += [f"smoke: {passed} of {len(checks)} passed"] if checks else []
    return said


def _some(texts: Sequence[str], most: int) -> str:
    hidden = len(texts) - most
    return ", ".join(
        [*(clean(text)[:_LONGEST] for text in texts[:most]), *([f"and {hidden} more"] if hidden > 0 else [])]
    )


def smoke(record: Record, most: int = 400) -> str:
    """Every smoke check; with its trace id if it has one."""
    items = list(record.get("smoke") or ())
    if not items:
        return ""
    traced = any(item.get("trace_id") for item in items)
    headings = ("Service", "Check", "Verdict", "Status", "Latency", "Attempts", "Why")
    rows = [_check(item, traced) for item in items]
    return "**Smoke:**\n\n" + bounded_table((*headings, "Trace") if traced else headings, rows, most)


def _check(item: Mapping[str, Any], traced: bool) -> tuple[str, ...]:
    trace = (escape(item.get("trace_id") or ""),) if traced else ()
    return (
        escape(item.get("name")),
        escape(item.get("check")),
        escape(item.get("verdict")),
        escape(item.get("status") or ""),
        milliseconds(item.get("latency")),
        escape(item.get("attempts") or 0),
        escape(item.get("detail") or ""),
        *trace,
    )


def checklist(record: Record, most: int = 100) -> str:
    """Every row of the checklist."""
    items = list(record.get("checklist") or ())
    if not items:
        return ""
    green = sum(rows_of.verdict(item) == "green" for item in items)
    rows = [
        (
            f"{_SIGNS[rows_of.verdict(item)]} {escape(rows_of.title(item))}",
            rows_of.verdict(item),
            rows_of.took(item),
            escape(item.get("detail") or ""),
        )
        for item in items
    ]
    headings = ("Row", "Verdict", "Time", "Why")
    return f"**Checklist:** {green} of {len(items)} green\n\n{bounded_table(headings, rows, most)}"


def traces(record: Record, most: int = 10) -> list[str]:
    """``login 4bf92f3577b34da6a3ce929d0e0e4736``: each smoke check with its trace id."""
    found = [item for item in record.get("smoke") or () if item.get("trace_id")]
    texts = [f"{clean(item.get('check'))} {clean(item['trace_id'])}" for item in found[:most]]
    hidden = len(found) - most
    return [*texts, f"and {hidden} more"] if hidden > 0 else texts
