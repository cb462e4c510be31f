# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict of a gate: pass, fail, or inconclusive, which a build calls *not audited*. Pure.

A result is one of :mod:`gates.gate`, as those of the gates of a release. A finding that counts is a failure, whatever
else is wrong. Otherwise a gate passes only if its command ended as its report says, the report is of this run, and it
examined something and skipped nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from ..builds import model as builds
from ..common.redact import redact
from ..common.text import plural
from ..gates.gate import Result, Verdict
from .model import Finding, Ran, Report, Skipped
from .rows import Allowed, Gate

#: The words of a manifest for the verdicts of a gate.
WORDS: dict[Verdict, str] = {"pass": "pass", "fail": "fail", "inconclusive": "not audited", "waived": "pass"}
_NAMED = 3
_LONGEST = 300
_TENTH = Decimal("0.1")
# A shell's codes for a program that cannot be run, and what docker and podman make of that.
_NOT_RUN = (126, 127)


@dataclass(frozen=True)
class Outcome:
    """A gate's result for a target.

    :ivar service: the service that it is about, or empty.
    :ivar blocks: whether it fails the build.
    :ivar counted: the findings that count.
    """

    result: Result
    service: str = ""
    artifact: str = ""
    blocks: bool = False
    count: int | None = None
    counted: tuple[Finding, ...] = ()

    @property
    def row(self) -> builds.Gate:
        """An element of a manifest's ``gates``."""
        return builds.Gate(self.result.gate, WORDS[self.result.verdict], self.result.detail, self.count)


def judge(gate: Gate, ran: Ran, report: Report | None, problem: str, today: date, strict: bool) -> Outcome:
    """The outcome of a gate.

    :param report: what its report says; ``None`` with the ``problem`` that it has.
    :param strict: whether the environment lets a gate that is not audited fail the build.
    """
    blocks = strict if gate.blocks is None else gate.blocks
    if gate.kind.topic == "exit":
        verdict, detail, counted = _by_code(ran)
    elif report is None:
        verdict, detail, counted = "inconclusive", _without_report(ran, problem), ()
    elif gate.kind.topic == "coverage":
        verdict, detail, counted = _coverage(gate, ran, report)
    else:
        verdict, detail, counted = _findings(gate, ran, report, today)
    failed = verdict == "fail" or (verdict == "inconclusive" and blocks)
    count = None if gate.kind.topic in ("coverage", "exit") or report is None else len(counted)
    # What a report names is the source's word: the text of an assertion may hold an address with its password.
    result = Result(gate.name, verdict, redact(detail, _LONGEST))
    return Outcome(result, artifact=gate.artifact, blocks=failed, count=count, counted=counted)


_Judged = tuple[Verdict, str, tuple[Finding, ...]]


def _by_code(ran: Ran) -> _Judged:
    if ran.problem or ran.code is None or ran.code < 0 or ran.code in _NOT_RUN:
        return "inconclusive", _without_report(ran, ""), ()
    if ran.code:
        return "fail", _ended(ran), ()
    return "pass", "ended with code 0", ()


def _without_report(ran: Ran, problem: str) -> str:
    if ran.problem:
        return ran.problem
    return f"{problem}; the command {_ended(ran)}" if problem and ran.code else problem or _ended(ran)


def _ended(ran: Ran) -> str:
    how = f"was killed by signal {-ran.code}" if (ran.code or 0) < 0 else f"ended with code {ran.code}"  # type: ignore[operator]
    return f"{how}: {ran.last}" if ran.last else how


def _coverage(gate: Gate, ran: Ran, report: Report) -> _Judged:
    if not report.total:
        return "inconclusive", f"the report has no {gate.of}", ()
    # Rounded down: what is shown is never the minimum that is not reached.
    shown = (Decimal(100 * report.covered) / report.total).quantize(_TENTH, ROUND_FLOOR)
    detail = f"{shown} % of {gate.of}, at least {gate.minimum} %"
    if 100 * report.covered < gate.minimum * report.total:
        return "fail", detail, ()
    if ran.problem or ran.code:
        return "inconclusive", f"{detail}, but {ran.problem or 'the command ' + _ended(ran)}", ()
    return "pass", detail, ()


def _findings(gate: Gate, ran: Ran, report: Report, today: date) -> _Judged:
    waiver = _Waiver(gate.allow, today)
    counted, below = [], 0
    for item in report.findings:
        if not _is_severe(gate, item):
            below += 1
        elif not waiver.covers(item.id, *item.aliases):
            counted.append(item)
    skipped = [item for item in report.skipped if not waiver.covers(item.name)]
    notes = [*_notes(gate, report, below), *waiver.notes()]
    if len(counted) > gate.maximum:
        lost = [f"{plural(len(skipped), gate.kind.noun)} not audited"] if skipped else []
        return "fail", "; ".join([_failed(gate, report, counted), *lost, *notes]), tuple(counted)
    why = _doubt(gate, ran, report, skipped)
    if why:
        return "inconclusive", "; ".join([why, *notes]), tuple(counted)
    examined = "no finding" if report.audited is None else plural(report.audited, gate.kind.noun)
    if counted:
        notes.insert(0, f"{plural(len(counted), 'finding')}, at most {gate.maximum}")
    return "pass", "; ".join([examined, *notes]), tuple(counted)


def _is_severe(gate: Gate, item: Finding) -> bool:
    scale = gate.kind.scale
    if gate.kind.topic == "sql":
        return item.severity == "error"
    return not scale or item.severity not in scale or scale.index(item.severity) >= scale.index(gate.severity)


def _failed(gate: Gate, report: Report, counted: Sequence[Finding]) -> str:
    shown = ", ".join(_label(item) for item in counted[:_NAMED])
    more = f" and {len(counted) - _NAMED} more" if len(counted) > _NAMED else ""
    if gate.kind.topic == "tests":
        return f"{len(counted)} of {plural(max(report.audited or 0, len(counted)), 'test')} failed: {shown}{more}"
    most = f", at most {gate.maximum}" if gate.maximum else ""
    return f"{plural(len(counted), 'finding')}{most}: {shown}{more}"


def _label(item: Finding) -> str:
    if item.path and item.line:
        return f"{item.id} in {item.path.rpartition('/')[2]}:{item.line}"
    return f"{item.id} ({item.about})" if item.about and item.id not in ("failure", "error") else item.about or item.id


def _notes(gate: Gate, report: Report, below: int) -> Iterator[str]:
    if report.left:
        yield f"{report.left} skipped"
    if below:
        yield f"{below} not counted" if gate.kind.topic == "sql" else f"{below} below {gate.severity}"


def _doubt(gate: Gate, ran: Ran, report: Report, skipped: Sequence[Skipped]) -> str:
    """Why a report without findings that count is no pass, or empty."""
    if ran.problem:
        return ran.problem
    if report.doubt:
        return report.doubt
    if skipped:
        total = (report.audited or 0) + len(report.skipped)
        first = f"{skipped[0].name}: {skipped[0].why}".rstrip(".")
        return f"{len(skipped)} of {plural(total, gate.kind.noun)} not audited ({first})"
    if report.audited == 0:
        return "no test ran" if gate.kind.topic == "tests" else f"no {gate.kind.noun} was audited"
    explained = report.findings and (gate.kind.codes is None or ran.code in gate.kind.codes) and (ran.code or 0) > 0
    if ran.code and not explained:
        return f"the report has no failure, but the command {_ended(ran)}"
    return ""


class _Waiver:
    """What is allowed on a day, and what of it was used."""

    def __init__(self, allow: Sequence[Allowed], today: date) -> None:
        self._allow = {item.id.casefold(): item for item in allow}
        self._today = today
        self._used: dict[str, Allowed] = {}

    def covers(self, *names: str) -> bool:
        """Whether one of the names is allowed today."""
        found = next((item for name in names if (item := self._allow.get(name.casefold()))), None)
        if found is not None:
            self._used[found.id] = found
        return found is not None and self._today <= found.until

    def notes(self) -> Iterator[str]:
        """What was allowed and why, what no longer is, and what is not found any more."""
        for item in self._used.values():
            if self._today <= item.until:
                yield f"{item.id} allowed until {item.until}: {item.reason}"
            else:
                yield f"{item.id} was allowed until {item.until}"
        unused = [item.id for item in self._allow.values() if item.id not in self._used]
        if unused:
            yield f"allow names what was not found: {', '.join(unused)}"
