# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The card of a failed deploy: culprit, reason, log, what was undone and what was not, the next step. Pure."""

from __future__ import annotations

from ..common.command import command, resume_commands
from ..common.text import clean, duration, hanging, listed, paragraph
from ..hosts import backup
from ..hosts.by_kind import by_kind, has_several
from ..hosts.progress import point_of_no_return
from ..record.model import undo_was_asked
from .checklist import checklist_problems
from .checks import health_problems, smoke_problems
from .facts import (
    GOING_BACK,
    GOING_FORWARD,
    Record,
    Target,
    as_before,
    back,
    counted,
    finish,
    forward,
    is_host,
    phase_words,
    seconds,
    targets_of,
    untouched,
    what_ran,
)
from .verdict import ending

_LOG_LINES = 8
_EVENTS = 3
_OTHERS = 5
_NAMES = 600


def card(record: Record, width: int | None = None) -> list[str]:
    """The card of a record that failed (its ``cause`` is set); empty for one that did not."""
    if not record.get("cause"):
        return []
    culprit = _culprit(record)
    lines = [*paragraph(headline(record), width), *_why(record, culprit, width)]
    if (record.get("cause") or {}).get("phase") == "checking":
        lines += _findings(record, width)
    lines += _others(record, culprit, width)
    lines += [line for label, text in _fates(record) for line in _row(label, text, width)]
    # A command is never broken or cut: the terminal may wrap it, it can still be copied.
    lines += [line for text in next_steps(record) for line in _row("next", text, None)]
    return finish([*lines, *ending(record, width)], None)


def _findings(record: Record, width: int | None) -> list[str]:
    found = [item for key in ("health", "smoke") for item in record.get(key) or () if item.get("verdict") != "pass"]
    # The headline already shows a single finding.
    if len(found) == 1 and clean(found[0].get("detail") or "") in headline(record):
        return []
    return [*health_problems(record, width), *smoke_problems(record, width), *checklist_problems(record, width)]


def _row(label: str, text: str, width: int | None) -> list[str]:
    return hanging(label, text, width)


def _culprit(record: Record) -> Target | None:
    name = (record.get("cause") or {}).get("target")
    return next((item for item in targets_of(record) if item["name"] == name), None)


def headline(record: Record) -> str:
    """``FAILED user-service (priority 4) after 38 s: 3 of its tasks stopped, exit code 1``."""
    cause = record.get("cause") or {}
    culprit = _culprit(record)
    what = clean(cause.get("what") or "no reason is recorded")
    if undo_was_asked(record):
        took = seconds(record)
        return f"UNDONE, as requested{f', after {duration(took)}' if took is not None else ''}: {what}"
    if culprit is None:
        named = clean(cause.get("target") or "")
        subject = named or phase_words(cause.get("phase"))
        took = seconds(record)
        after = f" after {duration(took)}" if took is not None and not named else ""
        return f"FAILED {subject}{after}: {what}"
    took = seconds(culprit) if cause.get("phase") != "checking" else None
    after = f" after {duration(took)}" if took is not None else ""
    priority = "" if is_host(culprit) else f" (priority {culprit['wave']})"
    return f"FAILED {clean(culprit['name'])}{priority}{after}: {_what(what, culprit)}"


def _what(what: str, culprit: Target) -> str:
    name = clean(culprit["name"])
    what = what.removeprefix(f"{name}: ").removeprefix(f"{name} is ")
    failure = culprit.get("failure") or {}
    stopped, code = int(failure.get("stopped") or 0), failure.get("exit_code")
    if stopped and what == clean(failure.get("reason") or ""):
        what = f"{stopped} of its tasks stopped"
    return what if code is None or "exit code" in what else f"{what}, exit code {code}"


def _why(record: Record, culprit: Target | None, width: int | None) -> list[str]:
    failure = (culprit or {}).get("failure") or {}
    reason = clean(failure.get("reason") or "")
    lines = _row("reason", reason, width) if reason and reason not in headline(record) else []
    for text in list(failure.get("events") or ())[-_EVENTS:]:
        lines += _row("event", clean(text), width)
    for text in list(failure.get("log") or ())[-_LOG_LINES:]:
        lines += _row("log", clean(text), width)
    return lines


def _others(record: Record, culprit: Target | None, width: int | None) -> list[str]:
    failed = [item for item in targets_of(record) if item is not culprit and (item.get("failure") or {}).get("reason")]
    lines: list[str] = []
    for item in failed[:_OTHERS]:
        lines += _row("also", f"{clean(item['name'])}: {clean(item['failure']['reason'])}", width)
    hidden = len(failed) - _OTHERS
    return [*lines, *_row("also", f"{hidden} more failed (see the record)", width)] if hidden > 0 else lines


def _fates(record: Record) -> list[tuple[str, str]]:
    targets = targets_of(record)
    undone = [_undone(item) for item in targets if item.get("state") == "undone"]
    rows: list[tuple[str, str]] = []
    if undone:
        rows.append(("undone", f"{listed(undone, _NAMES)}: all stable"))
    elif as_before(record):
        rows.append(("undone", "nothing had been changed yet"))
    for label, states, say in _NOT_UNDONE:
        members = [say(item) for item in targets if item.get("state") in states]
        if members:
            rows.append((label, listed(members, _NAMES)))
    saved = backup_words(record)
    if saved:
        rows.append(("backup", saved))
    kept = untouched(record)
    if kept:
        rows.append(("kept", f"{counted(kept)} {'was' if len(kept) == 1 else 'were'} not changed"))
    return rows


def backup_words(record: Record) -> str:
    """``<label> taken at <time>: <reference>``, of the backup before the migration; empty without one."""
    taken = (backup.words(backup.taken(migrations)).removeprefix("backup ") for migrations in by_kind(record).values())
    return clean("; ".join(words for words in taken if words))


def _undone(item: Target) -> str:
    took = seconds(item.get("undo"))
    return f"{clean(item['name'])} {back(item)}{f' ({duration(took)})' if took is not None else ''}"


def _forward(item: Target) -> str:
    return f"{clean(item['name'])} {forward(item)}"


def _stuck(item: Target) -> str:
    return f"{_forward(item)} ({clean((item.get('undo') or {}).get('detail') or 'the undo failed')})"


_NOT_UNDONE = (
    ("new", frozenset({"stable"}), _forward),
    ("failed", frozenset({"failed"}), _forward),
    ("stuck", frozenset({"undo_failed"}), _stuck),
    ("moving", GOING_FORWARD | GOING_BACK, _forward),
)


def next_steps(record: Record) -> list[str]:
    """The next steps, each with its command."""
    environment = clean(record.get("environment"))
    target = (record.get("cause") or {}).get("target")
    steps: list[str] = []
    for kind, migrations in by_kind(record).items():
        if point_of_no_return(record, kind):
            restore_to = clean(migrations.get("restore_to") or "before this deploy")
            database = f"the database of {clean(kind)}" if has_several(record) else "the database"
            steps.append(f"restore {database} to {restore_to}, just before this deploy migrated it, then go back:")
    if steps:
        steps.append(command("rollback", environment, force_schema="true"))
    stuck = [item for item in targets_of(record) if item.get("state") == "undo_failed"]
    steps += [
        f"put {clean(item['name'])} back to {what_ran(item)} by hand: {_update_command(record, item)}"
        for item in stuck[:_OTHERS]
    ]
    if record.get("outcome") == "held":
        steps.append(f"go back: {command('rollback', environment)}")
    if record.get("outcome") is None:
        steps.append(f"finish or undo it: {resume_commands(environment)}")
    if target:
        steps.append(f"logs: {command('logs', environment, '--limit', clean(target))}")
    return steps


def _update_command(record: Record, item: Target) -> str:
    if is_host(item):
        return command("rollback", clean(record.get("environment")))
    old = str((item.get("from") or {}).get("task_definition") or "").rsplit("/", 1)[-1]
    where = f"--region {clean(record.get('region'))} --cluster {clean(item.get('cluster'))}"
    return f"aws ecs update-service {where} --service {clean(item.get('service'))} --task-definition {old}"
