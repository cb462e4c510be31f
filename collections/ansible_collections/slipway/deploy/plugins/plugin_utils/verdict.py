# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What follows from a check that is not green.

A failed check does what the environment's ``on_failure`` says. One that is unknown or inconclusive never undoes a
release, because it is no failure, and never lets it pass as good either: the release is held for a person to look at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ansible_collections.slipway.deploy.plugins.module_utils.checks.health import Health
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Cause
from ansible_collections.slipway.deploy.plugins.plugin_utils.work import Work


@dataclass(frozen=True)
class Finding:
    """The worst that a check found, in one line."""

    verdict: Literal["fail", "unknown", "inconclusive", "pass", "warn"]
    what: str
    target: str | None


def weighed(results: Sequence[Health], targets: Collection[str], unhealthy: Collection[str]) -> list[Health]:
    """The results with those of services that this deploy cannot have broken as warnings.

    :param targets: the services that the deploy changed.
    :param unhealthy: those that were not healthy when it was planned.
    """
    return [
        replace(item, verdict="warn", detail=f"{item.detail} (as before this deploy, which did not change it)")
        if item.verdict in ("fail", "unknown") and item.name in unhealthy and item.name not in targets
        else item
        for item in results
    ]


def finding_of(results: Sequence[Health], targets: Collection[str]) -> Finding | None:
    """The worst of some results that has to be heeded, or ``None``.

    Only a service that the deploy changed makes it fail. One that it left alone and that broke meanwhile may be its
    doing or not: a person has to look.
    """
    for verdict, of_targets in (("fail", True), ("unknown", True), ("fail", False), ("unknown", False)):
        for item in results:
            if item.verdict == verdict and (item.name in targets) is of_targets:
                kind: Literal["fail", "unknown"] = "fail" if verdict == "fail" and of_targets else "unknown"
                aside = "" if of_targets else ", which this deploy did not change,"
                return Finding(kind, f"{item.name}{aside} is not healthy: {item.detail}", item.name)
    return None


def heed(work: Work, finding: Finding) -> None:
    """Write into the record what follows from a finding, or from a wish to stop that came while checking."""
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
