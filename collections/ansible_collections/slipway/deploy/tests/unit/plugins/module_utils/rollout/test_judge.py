# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which stopped tasks speak against a deployment, while it rolls out and after it was stable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import Deployment, Event, ObservedService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.parse import parse_service
from ansible_collections.slipway.deploy.plugins.module_utils.render.progress import events
from ansible_collections.slipway.deploy.plugins.module_utils.rollout import machine
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.judge import (
    counts_as_failure,
    deaths_after,
    failed_tasks_threshold,
    judge,
)
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import (
    Limits,
    Observed,
    Rollout,
    StoppedTask,
    Target,
)

TARGET = Target("a", 1, "c", "a", "a:1", "d1", "a:2", state="stable", deployment_id="d2", finished_at=100.0)


def stopped(
    code: str = "EssentialContainerExited",
    reason: str = "Essential container in task exited",
    exit_code: int | None = None,
    *,
    by: str = "d2",
    at: float = 101.0,
) -> StoppedTask:
    return StoppedTask("t", by, code, reason, exit_code, stopped_at=at)


@pytest.mark.parametrize(
    ("task", "counts"),
    [
        (stopped(), True),
        (stopped("TaskFailedToStart", "CannotPullContainerError"), True),
        (stopped(by="d1"), False),
        (stopped("UserInitiated"), False),
        (stopped("SpotInterruption", "Your Spot Task was interrupted."), False),
        (stopped("TerminationNotice", "Host EC2 is being terminated"), False),
        (stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment d2)"), False),
    ],
)
def test_which_stopped_tasks_speak_against_a_deployment(task: StoppedTask, counts: bool) -> None:
    assert counts_as_failure(task, "d2") is counts


@pytest.mark.parametrize(
    ("tasks", "died"),
    [
        pytest.param([], 0, id="none"),
        pytest.param([stopped()], 0, id="one that nobody can blame on the image"),
        pytest.param([stopped(exit_code=0)], 0, id="one that ended well"),
        pytest.param([stopped(exit_code=1)], 1, id="one that ended with an error"),
        pytest.param([stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in (tg)")], 1, id="health"),
        pytest.param([stopped()] * 2, 0, id="two"),
        pytest.param([stopped()] * 3, 3, id="as many as the threshold"),
        pytest.param([stopped("SpotInterruption", exit_code=143)] * 3, 0, id="spot interruptions"),
        pytest.param([stopped(exit_code=1, at=99.0)] * 3, 0, id="before it was stable"),
    ],
)
def test_deaths_after_a_deployment_was_stable(tasks: list[StoppedTask], died: int) -> None:
    assert len(deaths_after(TARGET, tasks, Limits(failed_tasks_threshold=3))) == died


@pytest.mark.parametrize(
    ("desired", "died", "counted"),
    [(40, 1, 0), (40, 6, 0), (40, 7, 7), (6, 1, 1), (12, 1, 0), (12, 2, 2)],
)
def test_a_death_after_stable_weighs_as_much_as_it_is_of_the_service(desired: int, died: int, counted: int) -> None:
    target = replace(TARGET, desired=desired)
    assert len(deaths_after(target, [stopped(exit_code=1)] * died, Limits())) == counted


@pytest.mark.parametrize(
    ("desired", "own", "threshold"),
    [
        (0, None, 3),
        (1, None, 3),
        (6, None, 3),
        (7, None, 4),
        (40, None, 20),
        (400, None, 200),
        (1000, None, 200),
        (40, ("BOUNDED_PERCENT", 25), 10),
        (4, ("UNBOUNDED_PERCENT", 25), 1),
        (1000, ("UNBOUNDED_PERCENT", 50), 500),
        (40, ("COUNT", 5), 5),
    ],
)
def test_ecs_own_threshold(desired: int, own: tuple[str, int] | None, threshold: int) -> None:
    assert failed_tasks_threshold(Limits(), desired, own) == threshold
    assert failed_tasks_threshold(Limits(failed_tasks_threshold=8), desired, own) == 8


def test_the_threshold_of_a_service_is_read() -> None:
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 5}}
    raw = {"serviceName": "a", "deploymentConfiguration": {"deploymentCircuitBreaker": breaker}}
    assert parse_service(raw).breaker_threshold == ("COUNT", 5)
    for incomplete in ({}, None, {"type": "COUNT"}, {"value": 5}):
        breaker["thresholdConfiguration"] = incomplete
        assert parse_service(raw).breaker_threshold is None


FLYING = replace(TARGET, state="in_flight", finished_at=None, started_at=100.0, desired=40)
PLACING = "(service a) was unable to place a task because no container instance met all of its requirements."


def deployment(identity: str, definition: str, state: str | None = "IN_PROGRESS", **more: Any) -> Deployment:
    return Deployment(identity, more.pop("status", "PRIMARY"), definition, state, desired=40, created_at=100.0, **more)


def service(*deployments: Deployment, desired: int = 40, events: tuple[str, ...] = ()) -> ObservedService:
    said = tuple(Event(str(number), 101.0, text) for number, text in enumerate(events))
    running = deployments[0].running
    return ObservedService("a", "arn", "ACTIVE", "a:2", desired, running, 0, deployments, said)


@pytest.mark.parametrize(
    "event",
    [
        PLACING,
        "(service a) is unable to consistently start tasks successfully.",
        "(service a) was unable to rebalance tasks across Availability Zones.",
        "(service a) was unable to place a task. Reason: Capacity is unavailable at this time.",
    ],
)
def test_an_event_is_no_verdict_but_explains_one(event: str) -> None:
    observed = service(deployment("d2", "a:2"), deployment("d1", "a:1", "COMPLETED", status="ACTIVE"), events=(event,))
    assert judge(FLYING, observed, (), Limits(), 110.0).kind == "going"
    late = judge(FLYING, observed, (), Limits(), 701.0)
    assert late.kind == "failed"
    assert late.failure is not None
    assert late.failure.reason == f"not stable after 600 s: {event}"
    assert late.failure.events == (event,)


@pytest.mark.parametrize(("count", "kind"), [(3, "going"), (19, "going"), (20, "failed")])
def test_stopped_tasks_count_against_the_size_of_the_service(count: int, kind: str) -> None:
    tasks = [stopped(exit_code=1)] * count
    assert judge(FLYING, service(deployment("d2", "a:2")), tasks, Limits(), 110.0).kind == kind


def rolled(target: Target, *looks: ObservedService) -> Target:
    """The target after some looks, two seconds apart."""
    rollout = Rollout((target,))
    for number, look in enumerate(looks):
        rollout = machine.apply(rollout, Observed("a", look, ()), 110.0 + 2 * number)
    return rollout.target("a")


@pytest.mark.parametrize("previous", ["a:1", "a:2"], ids=["a new revision", "a redeployment"])
def test_a_forced_redeployment_of_the_same_revision_is_adopted(previous: str) -> None:
    target = replace(FLYING, previous=previous)
    theirs = deployment("d3", "a:2")
    going = rolled(target, service(theirs, deployment("d2", "a:2", status="ACTIVE")))
    assert (going.state, going.deployment_id, going.failure) == ("in_flight", "d3", None)
    ended = rolled(target, service(theirs), service(replace(theirs, rollout_state="COMPLETED", running=40)))
    assert (ended.state, ended.deployment_id) == ("stable", "d3")
    failed = rolled(target, service(theirs), service(replace(theirs, rollout_state="FAILED")))
    assert failed.state == "failed"


def test_a_redeployment_that_ecs_rolled_back_is_not_taken_for_a_colleagues() -> None:
    target = replace(FLYING, previous="a:2")
    back = deployment(
        "d3", "a:2", rollout_state_reason="ECS deployment circuit breaker: rolling back to deploymentId d3."
    )
    assert rolled(target, service(back)).state == "undoing"
    done = deployment("d3", "a:2", "COMPLETED", running=40)
    said = "(service a) rolling back to deployment d3."
    assert rolled(target, service(done, events=(said,))).state == "undoing"


def test_what_ecs_is_unable_to_do_is_said_while_it_goes_on_trying() -> None:
    going = rolled(FLYING, service(deployment("d2", "a:2"), events=(PLACING,)))
    assert (going.state, going.event) == ("in_flight", PLACING)
    ended = rolled(FLYING, service(deployment("d2", "a:2", "COMPLETED", running=40), events=(PLACING,)))
    assert (ended.state, ended.event) == ("stable", "")
    item = {"name": "a", "kind": "ecs_service", "wave": 1, "state": "in_flight"}
    before, after = ({"targets": [{**item, "event": event}]} for event in ("", going.event))
    assert events(before, after, 0.0) == [f"00:00:00 … a {PLACING}"]
    assert events(after, after, 0.0) == []


def test_another_revision_takes_over() -> None:
    taken = rolled(FLYING, service(deployment("d3", "a:9")))
    assert (taken.state, taken.failure and taken.failure.reason) == (
        "undo_failed",
        "another deployment took over: d3 of a:9",
    )


@pytest.mark.parametrize(
    ("before", "now", "running", "recorded"),
    [
        pytest.param(3, 5, 3, 3, id="scaled out since: what it was completed with"),
        pytest.param(3, 3, 3, 3, id="as it was"),
        pytest.param(3, 3, 2, 3, id="one lost since is missing"),
        pytest.param(5, 3, 3, 3, id="scaled in"),
        pytest.param(0, 4, 4, 4, id="scaled out and there"),
    ],
)
def test_the_count_that_a_deployment_was_completed_with(before: int, now: int, running: int, recorded: int) -> None:
    done = deployment("d2", "a:2", "COMPLETED", running=running)
    ended = rolled(replace(FLYING, desired=before), service(done, desired=now))
    assert (ended.state, ended.desired) == ("stable", recorded)
