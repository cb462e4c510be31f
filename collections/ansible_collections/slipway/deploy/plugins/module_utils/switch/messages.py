# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of ``service_release`` about a decision and its outcome. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..releases.ledger import Entry, Ledger
from .apply import SWITCHED, UNCHANGED, UNDONE, Outcome
from .decision import Decision, Observed, differences, started_with


def good_states(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The outcomes that count as success."""
    return (UNCHANGED, UNDONE) if params["state"] == "previous" else (UNCHANGED, SWITCHED)


def message(outcome: Outcome, decision: Decision, name: str) -> str:
    """A failure in one line, with what runs now and the next step."""
    wanted = decision.to.release.id if decision.to.release else "what was wanted"
    runs = outcome.runs.release.id if outcome.runs and outcome.runs.release else "what ran before"
    endings = {
        UNDONE: f"{runs} is back and ready. Look at the log lines, correct it and deploy again",
        "failed": f"Nothing was undone. Next: journalctl -u {name}",
        "undo_failed": f"The service may be down: journalctl -u {name}",
    }
    # "not ready within 120 s" already says it.
    how = "is" if outcome.reason.startswith("not ready") else "is not ready:"
    return f"{name}: {wanted} {how} {outcome.reason}. {endings[outcome.state]}"


def described(decision: Decision, observed: Observed, params: Mapping[str, Any]) -> dict[str, Any]:
    """What it changes from and to, and the difference by path."""
    result: dict[str, Any] = {"from": brief(decision.before), "to": brief(decision.to)}
    if decision.restart or decision.serve:
        before, after = observed.disk, decision.to.snapshot
        if decision.before is not None:
            before = decision.before.snapshot
        paths = list(differences(before, after))
        result["diff"] = {
            "before": _lines(paths, {**before.links, **before.files}, decision.before),
            "after": _lines(paths, {**after.links, **after.files}, decision.to),
            "before_header": params["name"],
            "after_header": params["name"],
        }
    return result


def standing(ledger: Ledger, observed: Observed) -> dict[str, Any]:
    """What runs and what ran, as the result of a read-only task."""
    known = started_with(ledger, observed)
    current = ledger.entry(known)
    release = current.release.brief() if current and current.release else None
    state = "it runs" if observed.active else "it does not run"
    before = known or (ledger.running.snapshot if ledger.running else None)
    return {
        "changed": False,
        "failed": False,
        "state": UNCHANGED,
        "reason": state if known or not observed.active else f"{state}, started with what is not known",
        "active": observed.active,
        "from": release,
        "to": release,
        "runs": release,
        "links": dict(known.links) if known else None,
        "differs": list(differences(before, observed.disk)) if before else [],
        "files": dict(known.files) if known else None,
        "served": not observed.unserved,
        "releases": [asdict(entry) for entry in ledger.entries],
    }


def _lines(paths: list[str], values: dict[str, str], entry: Entry | None) -> str:
    """Paths and their content, one line each, below the release."""
    release = entry.release.id if entry and entry.release else "unknown"
    return "".join([f"release {release}\n", *(f"{path} -> {values[path]}\n" for path in paths if path in values)])


def brief(entry: Entry | None) -> dict[str, Any] | None:
    """A release as in records."""
    return entry.release.brief() if entry and entry.release else None
