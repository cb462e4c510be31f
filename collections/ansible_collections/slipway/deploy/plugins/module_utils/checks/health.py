# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The health of a service: running against desired tasks, target group health, its deployment. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..fleet.model import ObservedService

Verdict = Literal["pass", "fail", "unknown", "warn"]


@dataclass(frozen=True)
class TargetGroupHealth:
    """How many targets of a target group are healthy, of those that are registered and not draining."""

    name: str
    healthy: int
    registered: int


@dataclass(frozen=True)
class Health:
    """A service's verdict. ``unknown`` and ``warn`` are never green, ``warn`` never fails a deploy."""

    name: str
    verdict: Verdict
    running: int | None = None
    desired: int | None = None
    detail: str = ""

    def to_record(self) -> dict[str, Any]:
        """An element of a record's ``health``."""
        return dict(vars(self))


def judge(
    name: str,
    observed: ObservedService | None,
    target_groups: Mapping[str, TargetGroupHealth | None],
    *,
    selected: bool = True,
    expected: int | None = None,
) -> Health:
    """One service's health.

    :param expected: the number of tasks with which its deployment completed, if this deploy started it: those that
        autoscaling adds to them are still starting, which is not a failure.
    :param observed: what DescribeServices answered; ``None`` when it did not list the service.
    :param target_groups: by ARN; ``None`` or missing when its health could not be read.
    :param selected: false for a service outside ``--limit``: its failures are warnings.
    """
    if observed is None:
        return _weighed(Health(name, "unknown", detail="ECS did not list it"), selected)
    verdict, detail = _judge(observed, target_groups, expected)
    return _weighed(Health(name, verdict, observed.running, observed.desired, detail), selected)


def _weighed(health: Health, selected: bool) -> Health:
    if selected or health.verdict == "pass":
        return health
    return Health(health.name, "warn", health.running, health.desired, health.detail)


def _judge(
    observed: ObservedService, groups: Mapping[str, TargetGroupHealth | None], expected: int | None
) -> tuple[Verdict, str]:
    if observed.status != "ACTIVE":
        return "fail", f"the service is {observed.status}"
    primary = observed.primary
    if primary is not None and primary.rollout_state == "FAILED":
        reason = primary.rollout_state_reason
        return "fail", f"its deployment failed{f': {reason}' if reason else ''}"
    wanted = min(observed.desired, expected) if expected else observed.desired
    if observed.running < wanted:
        return "fail", f"{observed.desired - observed.running} of its tasks are missing"
    if runs_nothing(observed):
        # That says nothing about the image that it would run.
        return "warn", idle_detail(observed)
    if primary is not None and primary.rollout_state == "IN_PROGRESS":
        return "unknown", "a deployment is in progress"
    verdict, detail = _behind_load_balancer(observed, groups, wanted)
    if verdict == "pass" and observed.running < observed.desired:
        return "warn", f"{observed.desired - observed.running} tasks that autoscaling asked for are still starting"
    return verdict, detail


def runs_nothing(observed: ObservedService | None) -> bool:
    """Whether a service should run no task and runs none: it has neither a good nor a bad verdict."""
    return observed is not None and observed.desired == 0 and observed.running == 0


def idle_detail(observed: ObservedService) -> str:
    """Why a service runs nothing."""
    daemon = observed.scheduling == "DAEMON"
    return f"not exercised: {'its cluster has no container instance for it' if daemon else 'desired count is 0'}"


def _behind_load_balancer(
    observed: ObservedService, groups: Mapping[str, TargetGroupHealth | None], wanted: int
) -> tuple[Verdict, str]:
    unknown: list[str] = []
    for arn in observed.target_groups:
        group = groups.get(arn)
        if group is None:
            unknown.append(_short(arn))
        elif group.healthy < wanted:
            return "fail", f"{group.healthy} of {wanted} tasks are healthy in target group {group.name}"
    if unknown:
        return "unknown", f"the health of target group {', '.join(unknown)} could not be read"
    if observed.classic_load_balancer:
        return "unknown", "it is behind a classic load balancer, whose health is not read"
    return "pass", ""


def _short(arn: str) -> str:
    parts = arn.split("/")
    return parts[1] if len(parts) > 2 else arn


def worst(results: Sequence[Health]) -> Verdict:
    """The verdict of several: the first of fail, unknown, warn that occurs, else pass."""
    found = {result.verdict for result in results}
    order: tuple[Verdict, ...] = ("fail", "unknown", "warn")
    return next((verdict for verdict in order if verdict in found), "pass")
