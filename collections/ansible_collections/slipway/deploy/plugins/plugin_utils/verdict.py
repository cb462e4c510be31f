# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The consequences of a check that is not green.

A failed check of a target that the deploy changed follows the environment's ``on_failure``. Others never undo a
release, and an unknown result never counts as good either:

==================================================  =========================================
unknown or inconclusive                             held for a person to inspect
changed, and failed before the deploy as well       held: an undo would not fix it
not changed, healthy before, fails now              held, named: the deploy may be the cause
not changed, failed before the deploy as well       a warning
outside ``--limit``, or meant to run nothing        a warning
==================================================  =========================================

What failed before was observed by the plan, before the first change: each service's and host's health and, with one
repetition, each declared smoke check of what ran. A check that all services share is judged by the same rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..module_utils.checks.health import Health
from ..module_utils.common.failure import Cause
from .work import Work


@dataclass(frozen=True)
class Finding:
    """The worst result of a check, in one line."""

    verdict: Literal["fail", "unknown", "inconclusive", "pass", "warn"]
    what: str
    target: str | None


#: The text after the name of a service or host.
_NOT_CHANGED = ", which this deploy did not change,"
_BEFORE = ", which was not healthy before this deploy either,"


def weighed_smoke(
    documents: Iterable[Mapping[str, Any]], targets: Collection[str], before: Collection[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The smoke documents of a record, with those that this deploy cannot have caused as warnings.

    :param targets: the services and hosts that the deploy changed.
    :param before: name and check of those that did not pass before the deploy.
    """
    return [
        {**item, "verdict": "warn", "detail": f"{item['detail']} (as before this deploy, which did not change it)"}
        if item["verdict"] in ("fail", "inconclusive")
        and (item["name"], item["check"]) in before
        and item["name"] not in targets
        else dict(item)
        for item in documents
    ]


def finding_of_smoke(
    documents: Sequence[Mapping[str, Any]], targets: Collection[str], before: Collection[tuple[str, str]]
) -> Finding:
    """The worst of some weighed smoke documents; one that undoes a release precedes one that only holds it."""
    found = [finding for item in documents if (finding := _smoke_finding(item, targets, before)) is not None]
    order = ("fail", "unknown", "inconclusive")
    return min(found, key=lambda finding: order.index(finding.verdict), default=Finding("pass", "", None))


def _smoke_finding(
    item: Mapping[str, Any], targets: Collection[str], before: Collection[tuple[str, str]]
) -> Finding | None:
    name, verdict = str(item["name"]), item["verdict"]
    if verdict not in ("fail", "inconclusive"):
        return None
    said = "failed" if verdict == "fail" else "is inconclusive"
    what = f"smoke check {item['check']} {said}: {item['detail']}"
    if name not in targets:
        return Finding("unknown", f"{name}{_NOT_CHANGED} does not pass: {what}", name)
    if (name, item["check"]) in before:
        return Finding("unknown", f"{what} (it did not pass before this deploy either)", name)
    return Finding(verdict, what, name)


def weighed(results: Sequence[Health], targets: Collection[str], unhealthy: Collection[str]) -> list[Health]:
    """The results, with those of services that this deploy cannot have broken as warnings.

    :param unhealthy: those that were unhealthy when it was planned.
    """
    return [
        replace(item, verdict="warn", detail=f"{item.detail} (as before this deploy, which did not change it)")
        if item.verdict in ("fail", "unknown") and item.name in unhealthy and item.name not in targets
        else item
        for item in results
    ]


def finding_of(results: Sequence[Health], targets: Collection[str], unhealthy: Collection[str] = ()) -> Finding | None:
    """The worst of some results that has consequences, or ``None``.

    Only a service that the deploy changed makes it fail, unless it was unhealthy before. An unchanged one that
    broke meanwhile may or may not be caused by it: a person must decide.
    """
    for verdict, of_targets in (("fail", True), ("unknown", True), ("fail", False), ("unknown", False)):
        for item in results:
            if item.verdict == verdict and (item.name in targets) is of_targets:
                before = item.name in unhealthy
                undoes = verdict == "fail" and of_targets and not before
                kind: Literal["fail", "unknown"] = "fail" if undoes else "unknown"
                aside = _NOT_CHANGED if not of_targets else _BEFORE if before else ""
                return Finding(kind, f"{item.name}{aside} is not healthy: {item.detail}", item.name)
    return None


def apply_finding(work: Work, finding: Finding) -> None:
    """Write the consequence of a finding, or of a cancellation during the checks, into the record."""
    stopped = work.cancel.why()
    if stopped is not None:
        work.turn_back(Cause(stopped, phase="checking"))
        return
    cause = Cause(finding.what, finding.target, phase="checking", wave=_wave(work, finding.target))
    if finding.verdict == "fail" and work.context.settings.on_failure == "undo":
        work.turn_back(cause)
    elif finding.verdict in ("fail", "unknown", "inconclusive"):
        work.write(hold=cause.to_record())


def _wave(work: Work, name: str | None) -> int | None:
    return next((int(item["wave"]) for item in work.journal.record["targets"] if item["name"] == name), None)
