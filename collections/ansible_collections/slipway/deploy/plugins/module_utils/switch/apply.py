# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Carries out a decision, and undoes it if the new process does not become ready. :class:`Edges` is the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..common.errors import SlipwayError
from ..releases.ledger import BAD, GOOD, NOT_READY, UNPROVEN, Entry, Ledger, Running, Snapshot
from .decision import Decision

UNCHANGED, SWITCHED, UNDONE, UNDO_FAILED, FAILED = "unchanged", "switched", "undone", "undo_failed", "failed"


@dataclass(frozen=True)
class Proof:
    """The result of waiting for a process.

    :ivar reason: why it is not ready, in one line.
    :ivar log: its last lines, redacted.
    :ivar seconds: from the beginning of the wait to the first ready answer.
    """

    ready: bool
    reason: str = ""
    log: tuple[str, ...] = ()
    seconds: float = 0.0


class Edges(Protocol):
    """The interface to the host. Each call succeeds completely or raises :class:`SlipwayError`."""

    def save(self, ledger: Ledger) -> None:
        """Write the ledger, synced to disk."""

    def keep(self, path: str, digest: str) -> None:
        """Save a copy of a file with this digest."""

    def link(self, path: str, target: str) -> None:
        """Point a link at its target."""

    def restore(self, path: str, digest: str) -> None:
        """Restore a file from the saved copy with this digest."""

    def serve(self, links: Mapping[str, str]) -> None:
        """Make the web server use its own ones of the links, unless it does already."""

    def restart(self) -> str:
        """Reload systemd and restart the service; return the new invocation. A failure is detected later."""

    def invocation(self) -> str:
        """The invocation of the running process."""

    def prove(self, *, settled: bool) -> Proof:
        """Wait until the service is ready and stays so; if it has been for long, one ready answer is enough."""

    def now(self) -> str:
        """The time, ISO 8601, UTC."""

    def warn(self, line: str) -> None:
        """Add a warning."""


@dataclass(frozen=True)
class Outcome:
    """The outcome. ``runs`` is what runs now, or ``None`` if unknown."""

    state: str
    reason: str
    proof: Proof
    runs: Entry | None
    ledger: Ledger


def carry_out(decision: Decision, ledger: Ledger, edges: Edges, *, undo: bool = True) -> Outcome:
    """Carry out the decision.

    :raises SlipwayError: it cannot be begun; then nothing was changed.
    """
    if not decision.changes:
        return _confirm(decision, ledger, edges)
    ledger = _begin(decision, ledger, edges)
    ledger, proof = _forward(decision, ledger, edges)
    if proof.ready:
        ledger = replace(ledger, pending=None).judged(decision.to.snapshot, GOOD)
        _save(ledger, edges)
        state = UNDONE if decision.returning else SWITCHED
        return Outcome(state, decision.reason, proof, ledger.entry(decision.to.snapshot), ledger)
    if decision.returning:
        return _returned(decision, proof, ledger, edges)
    if decision.back is None or not undo:
        if _is_new(decision, ledger):
            ledger = ledger.judged(decision.to.snapshot, BAD, proof.reason)
        ledger = replace(ledger, pending=None)
        _save(ledger, edges)
        return Outcome(FAILED, proof.reason, proof, decision.to, ledger)
    ledger = ledger.judged(decision.to.snapshot, BAD, proof.reason)
    outcome = _undo(decision, decision.back, proof, ledger, edges)
    if outcome.state == UNDO_FAILED and decision.last_resort is not None:
        edges.warn(f"{outcome.reason}. Now with the settings that it ran with before")
        outcome = _undo(decision, decision.last_resort, proof, outcome.ledger, edges)
    return outcome


def _returned(decision: Decision, proof: Proof, ledger: Ledger, edges: Edges) -> Outcome:
    """After an undo that did not become ready: restore the release exactly as it ran, if that differs."""
    if decision.last_resort is None:
        ledger = replace(_not_ready(ledger, decision.to), pending=None)
        _save(ledger, edges)
        return Outcome(UNDO_FAILED, proof.reason, proof, decision.to, ledger)
    edges.warn(f"{proof.reason}. Now with the settings that it ran with before")
    return _undo(decision, decision.last_resort, proof, ledger, edges)


def _confirm(decision: Decision, ledger: Ledger, edges: Edges) -> Outcome:
    """Nothing differs: check that the service is ready; a restart would not help if it is not."""
    proof = edges.prove(settled=True)
    known = ledger.entry(decision.to.snapshot)
    if proof.ready and known is not None and known.release != decision.to.release:
        ledger = replace(
            ledger,
            entries=tuple(
                replace(item, release=decision.to.release) if item is known else item for item in ledger.entries
            ),
        )
        edges.save(ledger)
    if proof.ready:
        return Outcome(UNCHANGED, decision.reason, proof, decision.to, ledger)
    reason = f"{proof.reason}; what it runs is what is wanted, so nothing was switched"
    return Outcome(FAILED, reason, proof, decision.to, ledger)


def _is_new(decision: Decision, ledger: Ledger) -> bool:
    """Whether the target has never been good: only then a failed start marks it as bad."""
    entry = ledger.entry(decision.to.snapshot)
    return entry is None or entry.verdict != GOOD


def _begin(decision: Decision, ledger: Ledger, edges: Edges) -> Ledger:
    """Write the pending switch to the ledger before it begins."""
    to = decision.to
    if to.verdict != GOOD or decision.back is not None:
        to = replace(to, verdict=UNPROVEN, reason=None)
    ledger = replace(ledger.first(replace(to, since=edges.now())), pending=to.snapshot)
    if decision.returning:
        if decision.leaves is not None:
            ledger = ledger.judged(decision.leaves.snapshot, BAD, decision.reason)
        _save(ledger, edges)
        return ledger
    for path, digest in sorted(to.snapshot.files.items()):
        edges.keep(path, digest)
    edges.save(ledger)
    return ledger


def _forward(decision: Decision, ledger: Ledger, edges: Edges) -> tuple[Ledger, Proof]:
    snapshot = decision.to.snapshot
    try:
        if decision.restart or decision.serve:
            _switch(snapshot, edges)
        invocation = edges.restart() if decision.restart else edges.invocation()
        ledger = replace(ledger, running=Running(invocation, snapshot))
        if decision.returning:
            _save(ledger, edges)
        else:
            edges.save(ledger)
    except SlipwayError as error:
        return ledger, Proof(ready=False, reason=str(error))
    return ledger, edges.prove(settled=False)


def _switch(snapshot: Snapshot, edges: Edges) -> None:
    for path, digest in sorted(snapshot.files.items()):
        edges.restore(path, digest)
    for path, target in sorted(snapshot.links.items()):
        edges.link(path, target)
    edges.serve(snapshot.links)


def _undo(decision: Decision, back: Entry, proof: Proof, ledger: Ledger, edges: Edges) -> Outcome:
    """Restore the old release, even if the ledger cannot be written."""
    ledger = replace(ledger.first(replace(back, since=edges.now())), pending=back.snapshot)
    _save(ledger, edges)
    problem = ""
    try:
        _switch(back.snapshot, edges)
    except SlipwayError as error:
        problem = str(error)
    # If only the web server was switched, the service's process is still the right one.
    stays = decision.serve and decision.before is not None and decision.before.snapshot == back.snapshot
    invocation = edges.invocation() if stays else edges.restart()
    ledger = replace(ledger, running=Running(invocation, back.snapshot))
    _save(ledger, edges)
    again = edges.prove(settled=False)
    if problem or not again.ready:
        reason = f"{proof.reason}; the undo failed: {problem or again.reason}"
        ledger = _not_ready(ledger, back)
        _save(ledger, edges)
        return Outcome(UNDO_FAILED, reason, proof, None if problem else back, ledger)
    ledger = replace(ledger, pending=None).judged(back.snapshot, GOOD)
    _save(ledger, edges)
    return Outcome(UNDONE, proof.reason, proof, ledger.entry(back.snapshot), ledger)


def _not_ready(ledger: Ledger, entry: Entry) -> Ledger:
    """The ledger with a note that the restored release is not ready: it was good, and the next run must retry it."""
    verdict = next((item.verdict for item in ledger.entries if item.snapshot == entry.snapshot), entry.verdict)
    return ledger.judged(entry.snapshot, verdict, NOT_READY)


def _save(ledger: Ledger, edges: Edges) -> None:
    try:
        edges.save(ledger)
    except SlipwayError as error:
        edges.warn(f"{error}. The next run restarts the service once")
