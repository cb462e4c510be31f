# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rollout's state machine: pure functions from a rollout, an event and the time to the next rollout.

:func:`decide` returns the actions that may run now, :func:`intend` marks one before it runs (as in the record
of a killed run), :func:`apply` processes its result. The machine knows neither AWS nor a clock.
"""

from __future__ import annotations

from dataclasses import replace

from ..common.failure import Cause, Failure
from ..fleet.model import Deployment, ObservedService
from .judge import Verdict, judge, judge_undo, trouble
from .model import (
    GOING_BACK,
    GOING_FORWARD,
    UNDO_ENDED,
    WATCHED,
    Action,
    ActionFailed,
    Happening,
    Observed,
    Registered,
    Rollout,
    State,
    Stopped,
    Target,
    Undo,
    Updated,
)


def finished(rollout: Rollout) -> bool:
    """Whether nothing is left to do: all are deployed, or all are undone (or given up)."""
    if rollout.cause is None:
        return all(target.state == "stable" for target in rollout.targets)
    return all(target.state in UNDO_ENDED for target in rollout.targets)


def watched(rollout: Rollout) -> tuple[Target, ...]:
    """The targets whose services must be observed."""
    return tuple(target for target in rollout.targets if target.state in WATCHED)


def decide(rollout: Rollout) -> tuple[Action, ...]:
    """The actions that may run now, in order. In an undo, deployments in flight are stopped first."""
    return _decide_back(rollout) if rollout.cause else _decide_forward(rollout)


def _decide_forward(rollout: Rollout) -> tuple[Action, ...]:
    waves = [target.wave for target in rollout.targets if target.state != "stable"]
    if not waves:
        return ()
    members = [target for target in rollout.targets if target.wave == min(waves)]
    # A target whose intent is recorded but not carried out (a resumed run) comes first: it already has a slot.
    resumed = [target for target in members if target.state in ("registering", "updating")]
    free = rollout.limits.max_parallel - sum(target.state in GOING_FORWARD for target in members)
    fresh = [target for target in members if target.state == "planned"][: max(0, free)]
    return tuple(_forward_action(target) for target in (*resumed, *fresh))


def _forward_action(target: Target) -> Action:
    return Action("update" if target.task_definition else "register", target.name)


def _decide_back(rollout: Rollout) -> tuple[Action, ...]:
    # A "failed" target without an undo still has its deployment in progress: ECS has not ended it.
    running = [t for t in rollout.targets if t.state == "in_flight" or (t.state == "failed" and t.undo is None)]
    if running:
        return tuple(Action("stop", target.name) for target in running)
    waves = [target.wave for target in rollout.targets if target.state not in UNDO_ENDED]
    if not waves:
        return ()
    members = [target for target in rollout.targets if target.wave == max(waves)]
    actions: list[Action] = []
    free = rollout.limits.max_parallel - sum(target.state in GOING_BACK for target in members)
    for target in members:
        if target.state == "undo_registering":
            actions.append(Action("register_undo", target.name))
        elif target.state == "undo_updating":
            actions.append(Action("undo", target.name))
        elif target.state in ("updating", "stable", "failed") and free > 0:
            free -= 1
            actions.append(Action("undo" if target.pinned else "register_undo", target.name))
    return tuple(actions)


def intend(rollout: Rollout, action: Action, now: float) -> Rollout:
    """The rollout as it must be recorded before the action is carried out."""
    target = rollout.target(action.target)
    if action.kind == "register":
        target = replace(target, state="registering", started_at=target.started_at or now)
    elif action.kind == "update":
        target = replace(target, state="updating", started_at=target.started_at or now)
    else:
        undo = target.undo or Undo(target.previous)
        undo = replace(undo, started_at=undo.started_at or now)
        if action.kind == "stop":
            target = replace(target, state="stopping", undo=undo)
        elif action.kind == "register_undo":
            target = replace(target, state="undo_registering", undo=undo)
        else:
            target = replace(target, state="undo_updating", undo=replace(undo, attempts=undo.attempts + 1))
    return rollout.with_target(target)


def apply(rollout: Rollout, happening: Happening, now: float) -> Rollout:
    """Process an event. An unknown or late event of a target that has moved on changes nothing."""
    target = rollout.target(happening.target)
    if isinstance(happening, Registered):
        return rollout.with_target(_registered(target, happening.task_definition))
    if isinstance(happening, Updated):
        return rollout.with_target(_updated(target, happening))
    if isinstance(happening, Stopped):
        return rollout.with_target(replace(target, service_deployment=happening.service_deployment))
    if isinstance(happening, ActionFailed):
        return _action_failed(rollout, target, happening, now)
    return _observed(rollout, target, happening, now)


def _registered(target: Target, task_definition: str) -> Target:
    if target.state == "undo_registering":
        old = target.undo or Undo(target.previous)
        clone_of = target.previous if task_definition != target.previous else None
        undo = replace(old, task_definition=task_definition, equivalent_of=clone_of)
        return replace(target, state="undo_updating", undo=undo)
    return replace(target, state="updating", task_definition=task_definition)


def _updated(target: Target, happening: Updated) -> Target:
    primary = happening.service.primary
    deployment_id = primary.id if primary else None
    if target.state == "undo_updating" and target.undo:
        return replace(target, state="undoing", undo=replace(target.undo, deployment_id=deployment_id))
    desired = happening.service.desired
    return replace(target, state="in_flight", deployment_id=deployment_id, desired=desired, running=0)


def _action_failed(rollout: Rollout, target: Target, happening: ActionFailed, now: float) -> Rollout:
    if happening.kind == "stop":
        # Not every deployment can be stopped (already over, or towards an INACTIVE revision): update the service back.
        undo = replace(target.undo or Undo(target.previous), detail=happening.error)
        return rollout.with_target(replace(target, state=_undo_state(target), undo=undo))
    if happening.kind == "undo" and happening.inactive and not (target.undo and target.undo.equivalent_of):
        return rollout.with_target(replace(target, state="undo_registering"))
    if happening.kind == "register_undo" and target.undo:
        undo = replace(target.undo, attempts=target.undo.attempts + 1)
        target = replace(target, undo=undo)
    if happening.kind in ("undo", "register_undo"):
        return rollout.with_target(_undo_failed(target, rollout.limits.undo_attempts, happening.error, now))
    failed = replace(target, state="planned", failure=Failure(happening.error), finished_at=now)
    if happening.kind == "update" and not happening.refused:
        # Whether the call had an effect is unknown; updating the service back is right either way.
        failed = replace(failed, state="failed", undo=Undo(target.previous))
    return rollout.with_target(failed).turn_back(Cause(happening.error, target.name, wave=target.wave))


def _undo_state(target: Target) -> State:
    """The next state of an undo: update to the recorded revision, or first register a clone that pins what ran."""
    has_clone = target.undo is not None and target.undo.equivalent_of is not None
    return "undo_updating" if target.pinned or has_clone else "undo_registering"


def _undo_failed(target: Target, attempts: int, error: str, now: float, final: bool = False) -> Target:
    undo = replace(target.undo or Undo(target.previous), detail=error)
    if not final and undo.attempts < attempts:
        return replace(target, state=_undo_state(target), undo=replace(undo, deployment_id=None, started_at=None))
    return replace(target, state="undo_failed", undo=replace(undo, finished_at=now))


def _observed(rollout: Rollout, target: Target, happening: Observed, now: float) -> Rollout:
    if target.state == "in_flight":
        return _observed_forward(rollout, target, happening, now)
    if target.state in ("stopping", "undoing"):
        return rollout.with_target(_observed_back(target, happening, rollout, now))
    return rollout


def _observed_forward(rollout: Rollout, target: Target, happening: Observed, now: float) -> Rollout:
    service = happening.service
    ours = service.deployment(target.deployment_id or "")
    target = replace(target, desired=_desired(target, service, ours), running=ours.running if ours else target.running)
    verdict = judge(target, service, happening.stopped, rollout.limits, now)
    if verdict.kind == "stable":
        return rollout.with_target(replace(target, state="stable", finished_at=now, event=""))
    if verdict.kind == "going" and verdict.adopted:
        # It starts again, so it gets its full time.
        adopted = replace(target, deployment_id=verdict.adopted, service_deployment=None, started_at=now)
        return rollout.with_target(adopted)
    if verdict.kind == "going":
        return rollout.with_target(replace(target, event=trouble(target, service)))
    failure = verdict.failure or Failure("the deployment failed")
    failed = replace(target, state="failed", failure=failure, finished_at=now, undo=_undo_of(target, verdict, now))
    if verdict.foreign:
        failed = _left(failed, verdict.foreign, now)
    elif verdict.adopted:
        failed = replace(failed, state="undoing")
    return rollout.with_target(failed).turn_back(Cause(failure.reason, target.name, wave=target.wave))


def _desired(target: Target, service: ObservedService, ours: Deployment | None) -> int:
    """The deployment's own desired count: tasks that autoscaling adds are not part of the deployment."""
    completed = ours is not None and ours.rollout_state == "COMPLETED"
    if not completed or ours is None or ours.running >= service.desired:
        return service.desired
    return max(ours.running, min(target.desired, service.desired))


def _left(target: Target, foreign: str, now: float) -> Target:
    undo = Undo(target.previous, started_at=now, finished_at=now, detail=f"left to another deployment: {foreign}")
    return replace(target, state="undo_failed", undo=undo)


def left(rollout: Rollout, name: str, foreign: str, now: float) -> Rollout:
    """The rollout with a target given up because of a foreign deployment, which ``foreign`` names."""
    return rollout.with_target(_left(rollout.target(name), foreign, now))


def unanswered(rollout: Rollout, action: Action) -> Rollout:
    """The rollout after an action without an answer: it is still due, and does not count as an attempt."""
    target = rollout.target(action.target)
    if action.kind != "undo" or target.undo is None:
        return rollout
    return rollout.with_target(replace(target, undo=replace(target.undo, attempts=target.undo.attempts - 1)))


def unseen(rollout: Rollout, target: Target, now: float) -> Rollout:
    """Handle a missing observation of a service: continue, unless it has timed out."""
    undo = target.undo
    since = undo.started_at if target.state in GOING_BACK and undo else target.started_at
    if since is None or now - since <= rollout.limits.stabilise_timeout:
        return rollout
    reason = f"ECS has not said how {target.service} is for {rollout.limits.stabilise_timeout:.0f} s"
    if target.state != "in_flight":
        return rollout.with_target(_undo_failed(target, rollout.limits.undo_deployments, reason, now))
    failed = replace(target, state="failed", failure=Failure(reason), finished_at=now)
    return rollout.with_target(failed).turn_back(Cause(reason, target.name, wave=target.wave))


def explained(rollout: Rollout, name: str, failure: Failure) -> Rollout:
    """The rollout with a better explanation of a failure, also in its cause."""
    target = replace(rollout.target(name), failure=failure)
    cause = rollout.cause
    if cause is not None and cause.target == name and cause.what != failure.reason:
        rollout = replace(rollout, cause=replace(cause, what=failure.reason))
    return rollout.with_target(target)


def _undo_of(target: Target, verdict: Verdict, now: float) -> Undo | None:
    if not verdict.ended:
        return None
    started = now if verdict.adopted else None
    return Undo(target.previous, deployment_id=verdict.adopted, started_at=started)


def _observed_back(target: Target, happening: Observed, rollout: Rollout, now: float) -> Target:
    service = happening.service
    undo = target.undo or Undo(target.previous)
    target = replace(target, desired=service.desired, running=service.primary.running if service.primary else 0)
    verdict = judge_undo(target, service, rollout.limits, now)
    if verdict.kind == "going" and verdict.adopted:
        return replace(target, state="undoing", undo=replace(undo, deployment_id=verdict.adopted))
    if verdict.kind == "going":
        return target
    if verdict.kind == "stable":
        return replace(target, state="undone", undo=replace(undo, finished_at=now, detail=""))
    reason = verdict.failure.reason if verdict.failure else "the deployment failed"
    return _undo_failed(target, rollout.limits.undo_deployments, reason, now, final=bool(verdict.foreign))
