# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds the lines of a process's log that say why it ended. Pure.

They are seldom at the end of a log: Java's stack frames follow the cause, and Spring's report has it in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

#: As many as a deploy shows.
LINES = 8

_FAILED_TO_START = "APPLICATION FAILED TO START"
_FRAME = re.compile(r"\s+(?:at [\w.$/<>@-]+\(.*\).*|\.\.\. \d+ (?:more|common frames omitted))")
_CAUSED_BY = re.compile(r"\s*(?:Caused by|Wrapped by): ")
_SUPPRESSED = re.compile(r"\s+Suppressed: ")
_EXCEPTION = re.compile(
    r"(?:.*[\s:])?(?:[a-zA-Z_$][\w$]*\.)+[A-Z][\w$]*(?:Exception|Error|Throwable)\b(?P<message>:.*)?"
)
_TRACEBACK = "Traceback (most recent call last):"
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|Refused|Timeout)\b.*")
_CHAINED = 3
_MESSAGE_LINES = 12


def telling(lines: Sequence[str], limit: int = LINES) -> list[str]:
    """The lines that say why a process ended, at most ``limit``; by default the last ones."""
    found = _report(lines) or _java(lines) or _python(lines)
    return found[:limit] if found else [line for line in lines if line.strip()][-limit:]


def root_cause(lines: Sequence[str]) -> str:
    """Why a process ended, in one line; empty if its log does not say."""
    if report := _report(lines):
        return next((line.partition(": ")[2] for line in report if line.startswith("Description: ")), "")
    if found := _java(lines):
        causes = [line for line in found if _CAUSED_BY.match(line)] or [
            line for line in found if _EXCEPTION.match(line)
        ]
        return _CAUSED_BY.sub("", causes[-1]).strip() if causes else ""
    return next((line for line in reversed(_python(lines)) if _RAISED.match(line)), "")


def _report(lines: Sequence[str]) -> list[str]:
    """Spring Boot's report of a failed start: its description and its advice."""
    starts = [at for at, line in enumerate(lines) if _FAILED_TO_START in line]
    if not starts:
        return []
    parts: list[str] = []
    for line in lines[starts[-1] + 1 :]:
        text = line.strip()
        if text in ("Description:", "Action:"):
            parts.append(f"{text} ")
        elif parts and text:
            if _is_new_entry(line):
                break
            parts[-1] += text if parts[-1].endswith(": ") else f" {text}"
    return [_FAILED_TO_START, *parts] if parts else []


def _is_new_entry(line: str) -> bool:
    """Whether a line after the report is a new log entry: it begins with a time, as Spring's own lines do."""
    return re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:", line) is not None


def _java(lines: Sequence[str]) -> list[str]:
    """The last stack trace: the exception, its causes, the root cause's first frames, and the lines after."""
    frames = [at for at, line in enumerate(lines) if _FRAME.fullmatch(line)]
    if not frames:
        return []
    first, last = _bounds(lines, frames)
    causes = [at for at in range(first, last + 1) if _CAUSED_BY.match(lines[at])]
    kept = [at for at in (first - 1,) if at >= 0 and lines[at].strip() and first not in frames]
    kept += [first, *causes[-_CHAINED:]]
    root = kept[-1]
    kept += [at for at in range(root + 1, last + 1) if at in frames][:2]
    after = [at for at in range(last + 1, len(lines)) if lines[at].strip()][-2:]
    return [lines[at].strip() if at in causes else lines[at].rstrip() for at in dict.fromkeys([*kept, *after])]


def _bounds(lines: Sequence[str], frames: Sequence[int]) -> tuple[int, int]:
    """Where the last stack trace begins, including its exception, and where it ends."""
    last = first = frames[-1]
    known = frozenset(frames)
    while first > 0:
        above = lines[first - 1]
        if first - 1 in known or _CAUSED_BY.match(above) or _SUPPRESSED.match(above):
            first -= 1
            continue
        # A message may have several lines.
        message = range(first - 1, max(first - _MESSAGE_LINES, -1), -1)
        cause = next((at for at in message if _CAUSED_BY.match(lines[at])), None)
        if cause is None:
            break
        first = cause
    # The exception itself.
    for at in range(first - 1, max(first - _MESSAGE_LINES, -1), -1):
        if _EXCEPTION.match(lines[at]):
            return at, last
    return max(first - 1, 0), last


def _python(lines: Sequence[str]) -> list[str]:
    """The last traceback: where it was raised, the exception, and the lines after."""
    starts = [at for at, line in enumerate(lines) if _TRACEBACK in line]
    if not starts:
        return []
    body = list(_indented(lines, starts[-1] + 1))
    end = starts[-1] + 1 + len(body)
    return [*body[-2:], *lines[end : end + 1], *[line for line in lines[end + 1 :] if line.strip()][-2:]]


def _indented(lines: Sequence[str], start: int) -> Iterator[str]:
    for line in lines[start:]:
        if line.strip() and not line.startswith(" "):
            return
        yield line.rstrip()
