# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's status in one value: what it runs, how many tasks, its health and its drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..fleet.compare import in_flight
from ..fleet.drift import Drift
from ..fleet.observation import Facts
from ..fleet.plan import running_side
from .health import TargetGroupHealth, judge

Condition = Literal["well", "failing", "moving", "unknown", "idle", "out_of_step", "unreleased"]

_CONDITIONS: Mapping[str, Condition] = {"pass": "well", "fail": "failing", "unknown": "unknown", "warn": "idle"}


@dataclass(frozen=True)
class ServiceStatus:
    """One service.

    :ivar condition: ``moving``: a deployment is in progress; ``idle``: nothing of it is meant to run; ``out_of_step``:
        it is healthy and does not run its release; ``unreleased``: it is healthy and has no record.
    :ivar detail: what is wrong, or why it is unknown.
    :ivar rollout: ECS's rollout state in lower case, ``""`` if ECS reports none.
    :ivar healthy: healthy targets of its target groups, ``None`` when there are none or they cannot be read.
    :ivar registered: registered targets that are not draining.
    :ivar drift: how the newest foreign revision differs from what runs, ``""`` without drift.
    :ivar step: how what runs compares with its release (see ``record.step``), ``""`` if it was not compared.
    :ivar stray: what is out of step and who changed it, ``""`` when nothing is.
    :ivar release: the id of the record of its release, ``""`` without one.
    :ivar returns: whether ``rollback.yml -e to=<release>`` restores it.
    """

    name: str
    condition: Condition
    detail: str = ""
    task_definition: str | None = None
    tag: str = ""
    digest: str = ""
    running: int | None = None
    desired: int | None = None
    rollout: str = ""
    healthy: int | None = None
    registered: int | None = None
    drift: str = ""
    step: str = ""
    stray: str = ""
    release: str = ""
    returns: bool = False


def status_of(facts: Facts, groups: Mapping[str, TargetGroupHealth | None], drift: Drift | None) -> ServiceStatus:
    """The status of a service.

    :param groups: target group health by ARN.
    """
    name, observed = facts.desired.name, facts.observed
    if observed is None:
        detail = f"there is no service {facts.desired.service} in cluster {facts.desired.cluster} ({facts.failure})"
        return ServiceStatus(name, "failing", detail)
    verdict = judge(name, observed, groups)
    condition, detail = _CONDITIONS[verdict.verdict], verdict.detail
    primary = observed.primary
    if in_flight(observed) and observed.status == "ACTIVE":
        # During a deployment tasks may still be starting: that is not a failure.
        condition, detail = "moving", "a deployment is in progress"
        if primary is not None and primary.failed:
            detail = f"{detail}, {primary.failed} of its tasks failed"
    running = running_side(facts)
    known = [group for arn in observed.target_groups if (group := groups.get(arn)) is not None]
    complete = known and len(known) == len(observed.target_groups)
    return ServiceStatus(
        name=name,
        condition=condition,
        detail=detail,
        task_definition=running.task_definition,
        tag=running.tag,
        digest=running.digest,
        running=observed.running,
        desired=observed.desired,
        rollout=((primary.rollout_state if primary else None) or "").lower().replace("_", " "),
        healthy=sum(group.healthy for group in known) if complete else None,
        registered=sum(group.registered for group in known) if complete else None,
        drift=str(drift) if drift is not None else "",
    )
