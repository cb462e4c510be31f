# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of health and smoke checks: one line if all is well, and one for each problem. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..common.text import clean, columns, hanging, plural
from .facts import Record, counted, finish, joined, targets_of, unchanged_of

# Lines for single findings; if a whole fleet is down, a line for each service is useless.
_FINDINGS = 10


def health(record: Record, width: int | None = None) -> list[str]:
    """``health: 12 of 12 services healthy``, and a line for each that is not."""
    items = list(record.get("health") or ())
    if not items:
        return []
    well = sum(item.get("verdict") == "pass" for item in items)
    endpoint = [f"endpoint {clean(record['endpoint'])}"] if record.get("endpoint") else []
    lines = joined([f"health: {well} of {_counted(record, items)} healthy", *endpoint], width)
    return finish([*lines, *health_problems(record, width)], width)


def _counted(record: Record, items: list[Any]) -> str:
    known = {item["name"]: item for item in (*targets_of(record), *unchanged_of(record))}
    return counted(known.get(item.get("name"), {}) for item in items)


def health_problems(record: Record, width: int | None = None) -> list[str]:
    """A line for each service with a problem, failed ones first."""
    items = [item for item in record.get("health") or () if item.get("verdict") != "pass"]
    order = ("fail", "unknown", "warn")
    items.sort(key=lambda item: order.index(item["verdict"]) if item.get("verdict") in order else 1)
    return finish(problems("health", [_health_line(item) for item in items], width), width)


def _health_line(item: Mapping[str, Any]) -> str:
    detail = f": {clean(item['detail'])}" if item.get("detail") else ""
    numbers = "" if item.get("running") is None else f" {item['running']}/{item.get('desired')} running"
    verdict = {"fail": "", "warn": " (warning)", "unknown": " (unknown)"}.get(str(item.get("verdict")), " (unknown)")
    return f"{clean(item.get('name'))}{numbers}{verdict}{detail}"


def smoke(record: Record, width: int | None = None) -> list[str]:
    """``smoke: 3 checks passed``, and a line for each that did not."""
    items = list(record.get("smoke") or ())
    if not items:
        return []
    counts = Counter(str(item.get("verdict")) for item in items)
    said = [f"{plural(counts['pass'], 'check')} passed"]
    said += [f"{counts[word]} {label}" for word, label in (("fail", "failed"), ("inconclusive",) * 2) if counts[word]]
    said += [f"{counts['warn']} only warn" if counts["warn"] > 1 else "1 only warns"] if counts["warn"] else []
    return finish([f"smoke: {', '.join(said)}", *smoke_problems(record, width)], width)


def smoke_problems(record: Record, width: int | None = None) -> list[str]:
    """A line for each check that did not pass, failed ones first."""
    items = [item for item in record.get("smoke") or () if item.get("verdict") != "pass"]
    items.sort(key=lambda item: item.get("verdict") != "fail")
    return finish(problems("smoke", [_smoke_line(item) for item in items], width), width)


def smoke_table(items: Sequence[Mapping[str, Any]], width: int | None = None) -> list[str]:
    """A row for each check, in the order given: target, check, verdict, latency and reason."""
    return finish(columns([_smoke_row(item) for item in items]), width)


def _smoke_row(item: Mapping[str, Any]) -> tuple[str, ...]:
    marks = {"pass": "✔", "fail": "✘"}
    tries = int(item.get("attempts") or 0)
    return (
        f"{marks.get(str(item.get('verdict')), '?')} {clean(item.get('name'))}",
        clean(item.get("check")),
        str(item.get("verdict")),
        clean(item.get("status") or ""),
        milliseconds(item.get("latency")),
        plural(tries, "attempt") if tries > 1 else "",
        clean(item.get("detail") or ""),
    )


def milliseconds(latency: float | None) -> str:
    """The duration of an answer: ``43 ms``; empty without one."""
    return "" if latency is None else f"{float(latency) * 1000:.0f} ms"


def _smoke_line(item: Mapping[str, Any]) -> str:
    tries = int(item.get("attempts") or 0)
    attempts = f" ({plural(tries, 'attempt')})" if tries > 1 else ""
    verdict = {"fail": "failed", "warn": "(warning)"}.get(str(item.get("verdict")), "inconclusive")
    detail = f": {clean(item['detail'])}" if item.get("detail") else ""
    return f"{clean(item.get('name'))} {clean(item.get('check'))} {verdict}{detail}{attempts}"


def smoke_of(record: Record, name: str) -> str:
    """One service's smoke in a word for a table: ``2 ok``, ``failed``, ``inconclusive``; empty without checks."""
    verdicts = [item.get("verdict") for item in record.get("smoke") or () if item.get("name") == name]
    verdicts = [verdict for verdict in verdicts if verdict != "warn"]
    if not verdicts:
        return ""
    if "fail" in verdicts:
        return "smoke failed"
    return "smoke ok" if all(verdict == "pass" for verdict in verdicts) else "smoke inconclusive"


def problems(label: str, texts: list[str], width: int | None, column: int = 10) -> list[str]:
    """Findings of a kind, one line each, and how many more there are."""
    lines = [line for text in texts[:_FINDINGS] for line in hanging(label, text, width, column=column)]
    hidden = len(texts) - _FINDINGS
    more = f"and {hidden} more (see the record)"
    return [*lines, *hanging(label, more, width, column=column)] if hidden > 0 else lines
