# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judges a deployment by an observation of its service.

The verdict depends on the deployment's own id: "services stable" is also true after ECS rolled a deployment back
(aws-actions/amazon-ecs-deploy-task-definition #191), and a comparison of task definitions misses a redeploy of the
same revision.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..common.failure import Failure
from ..fleet.model import Deployment, ObservedService
from .model import Limits, StoppedTask, Target, Undo

#: Stop codes of tasks that their host or a person stopped, independent of the image (API reference, Task).
_NOT_ITS_FAULT = frozenset({"UserInitiated", "SpotInterruption", "TerminationNotice"})
#: A breaker's default settings: half of the desired count, at least 3 and at most 200 tasks.
#: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
_DEFAULT_THRESHOLD = ("BOUNDED_PERCENT", 50)
_FEWEST_FAILED, _MOST_FAILED = 3, 200
#: This share of the threshold, and at least one task, counts after a deployment was stable.
_SHARE_AFTER_STABLE = 1 / 3
#: ECS stamps events with its own, coarse clock: an event of a deployment may seem older than it.
EVENT_SLACK_SECONDS = 1.0
#: DescribeServices is eventually consistent: for this long an answer may be from before our call.
STALE_SECONDS = 15.0
_STALE = "ECS still answers as before the update, so what runs is not known"


@dataclass(frozen=True)
class Verdict:
    """``going``: observe again. ``stable``: done. ``failed``: see ``failure``.

    ``ended``: ECS itself has ended the deployment, so there is nothing left to stop.
    ``adopted``: the id of an existing deployment (of ECS or others) towards the wanted revision.
    ``foreign``: a running deployment of a foreign revision, in words; it must not be replaced.
    """

    kind: Literal["going", "stable", "failed"]
    failure: Failure | None = None
    ended: bool = False
    adopted: str | None = None
    foreign: str = ""


GOING = Verdict("going")
STABLE = Verdict("stable")


def _is_stable(service: ObservedService, deployment: Deployment) -> bool:
    if deployment.rollout_state is not None:
        return deployment.rollout_state == "COMPLETED"
    # Behind a Classic Load Balancer ECS reports no rolloutState (API reference, Deployment).
    settled = deployment.running == deployment.desired and deployment.pending == 0
    return settled and len(service.deployments) == 1


def failed_tasks_threshold(limits: Limits, desired: int, own: tuple[str, int] | None = None) -> int:
    """The number of failed tasks at which a deployment has failed.

    The inventory's ``failed_tasks_threshold``; else the threshold of ECS's circuit breaker for such a service,
    whether it is enabled or not.

    :param own: the service's own threshold, as its circuit breaker is configured.
    """
    if limits.failed_tasks_threshold is not None:
        return limits.failed_tasks_threshold
    kind, value = own or _DEFAULT_THRESHOLD
    if kind == "COUNT":
        return max(1, value)
    share = math.ceil(desired * value / 100)
    return max(1, share) if kind == "UNBOUNDED_PERCENT" else min(_MOST_FAILED, max(_FEWEST_FAILED, share))


def counts_as_failure(task: StoppedTask, deployment_id: str) -> bool:
    """Whether a stopped task counts as a failure of its deployment.

    It does if the deployment started it, and neither scaling, a person nor the end of its host stopped it.
    """
    if task.started_by != deployment_id:
        return False
    if task.stop_code in _NOT_ITS_FAULT:
        return False
    return not task.reason.startswith("Scaling activity initiated by")


def deaths_after(target: Target, stopped: Sequence[StoppedTask], limits: Limits) -> tuple[StoppedTask, ...]:
    """The failed tasks of a target's deployment that ended after it was stable; empty if they are too few.

    Fewer than the threshold count only if one of them exited with an error or failed a health check (hosts and
    networks end tasks of good images too), and if their share of the service is as large as one task of a small one.
    """
    since = target.finished_at if target.finished_at is not None else float("inf")
    died = tuple(
        task for task in stopped if counts_as_failure(task, target.deployment_id or "") and task.stopped_at > since
    )
    by_itself = any(task.exit_code or "health check" in task.reason.lower() for task in died)
    threshold = failed_tasks_threshold(limits, target.desired)
    few = math.ceil(threshold * _SHARE_AFTER_STABLE)
    return died if len(died) >= (few if by_itself else threshold) else ()


def failure_of_tasks(tasks: Sequence[StoppedTask]) -> Failure:
    """The most common reason among stopped tasks, with its exit code."""
    reasons = Counter((task.reason, task.exit_code) for task in tasks)
    (reason, exit_code), _count = reasons.most_common(1)[0]
    detail = next((task.container_reason for task in tasks if task.reason == reason and task.container_reason), "")
    if detail.lower() in reason.lower():
        return Failure(reason, exit_code, stopped=len(tasks))
    return Failure(f"{reason}: {detail}", exit_code, stopped=len(tasks))


def _overdue_forward(
    target: Target, service: ObservedService, stopped: Sequence[StoppedTask] | None, limits: Limits
) -> Verdict:
    """The failure after the timeout, explained by what ECS was unable to do, which is not a verdict before."""
    late = f"not stable after {limits.stabilise_timeout:.0f} s"
    ours = service.deployment(target.deployment_id or "")
    if ours is None and service.primary is not None and service.primary.id == target.previous_deployment:
        return Verdict("failed", Failure(f"{late}: {_STALE}"))
    unable = _unable(service, ours) if ours is not None else None
    if unable is None:
        return Verdict("failed", Failure(late))
    return Verdict("failed", with_tasks(Failure(f"{late}: {unable}", events=(unable,)), target, stopped))


def _unable(service: ObservedService, deployment: Deployment) -> str | None:
    """The newest event of a deployment about what ECS was unable to do.

    Such an event is not a verdict: ECS keeps trying, and placing a task on full EC2 capacity, while a capacity provider
    scales out or while Availability Zones are rebalanced passes by itself.
    """
    for event in service.events:
        if event.at + EVENT_SLACK_SECONDS >= deployment.created_at and "unable to" in event.message:
            return event.message
    return None


def trouble(target: Target, service: ObservedService) -> str:
    """What ECS is currently unable to do for a target's deployment, or ``""``. It keeps trying."""
    ours = service.deployment(target.deployment_id or "")
    return (_unable(service, ours) or "") if ours is not None else ""


def _rolled_back_to(service: ObservedService, deployment: Deployment) -> bool:
    """Whether ECS created a deployment to roll another one back."""
    said = f"rolling back to deployment {deployment.id}"
    return "rolling back" in deployment.rollout_state_reason or any(said in event.message for event in service.events)


def _maybe_stale(target: Target, service: ObservedService, since: float | None, now: float) -> bool:
    """Whether an answer that shows the deployment before ours may be stale.

    Once ECS has returned our deployment it certainly is, however long ago: a rollback has its own id, and no
    deployment becomes PRIMARY again. Such an answer is not an observation of the service.
    """
    if service.primary is None or service.primary.id != target.previous_deployment:
        return False
    if service.deployment(target.deployment_id or "") is not None:
        return False
    return target.deployment_id is not None or (since is not None and now - since <= STALE_SECONDS)


def _replaced(
    target: Target, service: ObservedService, primary: Deployment, stopped: Sequence[StoppedTask] | None
) -> Verdict:
    ours = service.deployment(target.deployment_id or "")
    same = primary.task_definition == target.task_definition
    if same and (target.previous != target.task_definition or not _rolled_back_to(service, primary)):
        # Someone redeployed this very revision: the result is the wanted one.
        return Verdict("going", adopted=primary.id)
    if primary.task_definition == target.previous:
        said = ours.rollout_state_reason if ours else ""
        failure = Failure(said or f"ECS rolled {target.service} back (deployment {primary.id})")
        return Verdict("failed", with_tasks(failure, target, stopped), ended=True, adopted=primary.id)
    failure = Failure(f"another deployment took over: {_named(primary)}")
    return Verdict("failed", failure, ended=True, foreign=_foreign(target, primary))


def left_to(target: Target, service: ObservedService) -> str:
    """The foreign deployment that has replaced a target's stable one, in words, or ``""``."""
    primary = service.primary
    if primary is None or primary.id in (target.deployment_id, target.previous_deployment):
        return ""
    return _foreign(target, primary)


def _foreign(target: Target, primary: Deployment) -> str:
    own = primary.task_definition in (target.task_definition, target.previous)
    return "" if own else _named(primary)


def judge(
    target: Target, service: ObservedService, stopped: Sequence[StoppedTask] | None, limits: Limits, now: float
) -> Verdict:
    """Judge a deployment that rolls out.

    :param stopped: the service's stopped tasks, or ``None`` if they were not read.
    :param now: epoch seconds, of the same clock as ``target.started_at``.
    """
    if service.status != "ACTIVE":
        return Verdict("failed", Failure(f"the service is {service.status}"), ended=True)
    ours = service.deployment(target.deployment_id or "")
    if ours is not None and ours.rollout_state == "FAILED":
        primary = service.primary
        back = primary is not None and primary.id != ours.id and primary.task_definition == target.previous
        failure = with_tasks(Failure(ours.rollout_state_reason or "the deployment failed"), target, stopped)
        adopted = primary.id if back and primary else None
        return Verdict("failed", failure, ended=True, adopted=adopted, foreign=left_to(target, service))
    primary = service.primary
    if primary is not None and primary.id != target.deployment_id:
        if not _maybe_stale(target, service, target.started_at, now):
            return _replaced(target, service, primary, stopped)
    elif primary is not None:
        if _is_stable(service, primary):
            return STABLE
        early = _early_failure(service, primary, stopped, limits)
        if early is not None:
            return Verdict("failed", early)
    if target.started_at is not None and now - target.started_at > limits.stabilise_timeout:
        return _overdue_forward(target, service, stopped, limits)
    return GOING


def _early_failure(
    service: ObservedService, ours: Deployment, stopped: Sequence[StoppedTask] | None, limits: Limits
) -> Failure | None:
    against = [task for task in stopped or () if counts_as_failure(task, ours.id)]
    threshold = failed_tasks_threshold(limits, max(service.desired, ours.desired), service.breaker_threshold)
    return failure_of_tasks(against) if len(against) >= threshold else None


def with_tasks(failure: Failure, target: Target, stopped: Sequence[StoppedTask] | None) -> Failure:
    """The failure, explained by the deployment's stopped tasks, with ECS's text among the events."""
    against = [task for task in stopped or () if counts_as_failure(task, target.deployment_id or "")]
    if not against:
        return failure
    from_tasks = failure_of_tasks(against)
    events = failure.events if failure.reason == from_tasks.reason else (*failure.events, failure.reason)
    return Failure(from_tasks.reason, from_tasks.exit_code, from_tasks.stopped, events=events)


def judge_undo(target: Target, service: ObservedService, limits: Limits, now: float) -> Verdict:
    """Judge the deployment of an undo.

    ``stable`` means: the revision to return to runs, as PRIMARY and COMPLETED.
    """
    primary = service.primary
    undo = target.undo
    if primary is None or undo is None:
        return _overdue(target, limits, now)
    if undo.deployment_id is not None and primary.id == undo.deployment_id:
        return _judge_way_back(service, primary) or _overdue(target, limits, now)
    if primary.id == target.deployment_id:
        return _judge_unstopped(target, service, primary) or _overdue(target, limits, now)
    if _maybe_stale(target, service, undo.started_at, now):
        return _overdue(target, limits, now, _STALE)
    if primary.task_definition == undo.task_definition:
        return Verdict("going", adopted=primary.id)
    if undo.started_at is not None and now - undo.started_at <= STALE_SECONDS:
        return GOING  # A stale answer may show what our own call has just replaced.
    return _unexpected(target, primary, undo)


def _judge_way_back(service: ObservedService, back: Deployment) -> Verdict | None:
    """The verdict on the undo's deployment, or ``None`` while it runs."""
    if _is_stable(service, back):
        return STABLE
    if back.rollout_state == "FAILED":
        return Verdict("failed", Failure(back.rollout_state_reason or "the deployment failed"), ended=True)
    return None


def _judge_unstopped(target: Target, service: ObservedService, ours: Deployment) -> Verdict | None:
    """Ours is still primary: the stop has no effect yet, the read is stale, or it finished before the stop."""
    if target.state == "stopping" and _is_stable(service, ours):
        return Verdict("failed", Failure("the deployment finished before it could be stopped"), ended=True)
    return None


def _unexpected(target: Target, primary: Deployment, undo: Undo) -> Verdict:
    """The primary deployment is neither the rollout's nor the undo's."""
    if target.state == "stopping":
        failure = Failure(f"ECS went back to {_short(primary.task_definition)}, not to {_short(undo.task_definition)}")
        return Verdict("failed", failure, ended=True)
    named = _named(primary)
    return Verdict("failed", Failure(f"another deployment took over: {named}"), ended=True, foreign=named)


def _overdue(target: Target, limits: Limits, now: float, detail: str = "") -> Verdict:
    started = target.undo.started_at if target.undo else None
    if started is not None and now - started > limits.stabilise_timeout:
        late = f"not stable after {limits.stabilise_timeout:.0f} s"
        return Verdict("failed", Failure(f"{late}: {detail}" if detail else late))
    return GOING


def _named(deployment: Deployment) -> str:
    return f"{deployment.id} of {_short(deployment.task_definition)}"


def _short(task_definition: str) -> str:
    """``family:revision`` of a task definition's ARN."""
    return task_definition.rsplit("/", 1)[-1]
