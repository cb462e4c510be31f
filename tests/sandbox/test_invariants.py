# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is done to a service, ECS's rules hold."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox.ecs import rollout
from tests.sandbox.simulated import Simulation

NEXT = {
    "PENDING": {"IN_PROGRESS", "STOPPED", "STOP_REQUESTED", "ROLLBACK_REQUESTED"},
    "IN_PROGRESS": {
        *("SUCCESSFUL", "STOPPED", "STOP_REQUESTED"),
        *("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"),
    },
    "STOP_REQUESTED": {"STOPPED"},
    "ROLLBACK_REQUESTED": {"ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "STOPPED"},
    "ROLLBACK_IN_PROGRESS": {"ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"},
}
PERCENTAGES = st.sampled_from([(100, 200), (50, 200), (0, 100), (50, 100), (100, 150), (0, 200)])
IMAGES = st.sampled_from(["app:good", "app:good2", "app:crash", "app:sick", "app:gone"])
ACTIONS = st.one_of(
    st.tuples(st.just("update"), IMAGES),
    st.tuples(st.just("force"), st.none()),
    st.tuples(st.just("scale"), st.integers(0, 5)),
    st.tuples(st.just("stop"), st.sampled_from(["ROLLBACK", "ABORT"])),
    st.tuples(st.just("kill"), st.integers(0, 9)),
)
STEPS = st.lists(st.tuples(ACTIONS, st.floats(0, 12)), min_size=1, max_size=8)


class Watch:
    """Looks at the service after every single event of the engine's heap."""

    def __init__(self, ecs: Simulation) -> None:
        self.ecs = ecs
        self.statuses: dict[str, str] = {}

    def run(self, seconds: float) -> None:
        end = self.ecs.now + seconds
        while (due := self.ecs.engine.next_due) is not None and due <= end:
            self.ecs.now = max(self.ecs.now, due)
            self.ecs.engine.tick()
            self.look()
        self.ecs.now = end

    def look(self) -> None:
        service = self.ecs.engine.services[("c", "s")]
        assert [one.status for one in service.deployments].count("PRIMARY") == 1
        primary = service.primary
        assert primary is service.deployments[0]
        if rollout.breaker_of(service).get("enable") and primary.rollout_state == "IN_PROGRESS":
            assert primary.failed < rollout.threshold(service.configuration, service.wanted)
        if primary.rollout_state == "COMPLETED":
            assert not [one for one in service.deployments if one.rollout_state == "IN_PROGRESS"]
        for made in service.history:
            before = self.statuses.get(made.arn, "PENDING")
            if made.status != before:
                reached = NEXT[before] | {after for one in NEXT[before] for after in NEXT.get(one, ())}
                assert made.status in reached, (before, made.status)
            self.statuses[made.arn] = made.status
        assert sum(made.ongoing for made in service.history) <= 1


def act(ecs: Simulation, kind: str, value: Any) -> None:
    """One thing that a user does."""
    if kind == "update":
        ecs.update(taskDefinition=ecs.define(value))
    elif kind == "force":
        ecs.update(forceNewDeployment=True)
    elif kind == "scale":
        ecs.update(desiredCount=value)
    elif kind == "stop":
        found = ecs.service_deployments()
        if found[0]["status"] in NEXT:
            arn = found[0]["serviceDeploymentArn"]
            ecs.call("StopServiceDeployment", serviceDeploymentArn=arn, stopType=value)
    else:
        tasks = ecs.tasks()
        if tasks:
            ecs.call("StopTask", cluster="c", task=tasks[value % len(tasks)]["taskArn"])


@settings(max_examples=120)
@example(
    percent=(100, 200),
    desired=3,
    breaker=True,
    rollback=False,
    steps=[(("update", "app:sick"), 1), (("kill", 3), 4.25), (("stop", "ROLLBACK"), 1)],
).via("the breaker's threshold is reached between a stop's request and its effect")
@given(percent=PERCENTAGES, desired=st.integers(0, 4), breaker=st.booleans(), rollback=st.booleans(), steps=STEPS)
def test_percentages_primary_breaker_and_states(
    percent: tuple[int, int],
    desired: int,
    breaker: bool,
    rollback: bool,
    steps: list[tuple[tuple[str, Any], float]],
) -> None:
    ecs = Simulation()
    ecs.break_image("app:crash", fail="crash")
    ecs.break_image("app:sick", fail="unhealthy")
    ecs.world.missing.add("app:gone")
    configuration = {
        "minimumHealthyPercent": percent[0],
        "maximumPercent": percent[1],
        "deploymentCircuitBreaker": {"enable": breaker, "rollback": rollback},
    }
    ecs.create(desired=desired, deploymentConfiguration=configuration)
    watch = Watch(ecs)
    for (kind, value), seconds in steps:
        act(ecs, kind, value)
        watch.look()
        watch.run(seconds)
    # Whatever happened: a good image with room to move arrives.
    ecs.update(
        taskDefinition=ecs.define("app:last"),
        deploymentConfiguration={"minimumHealthyPercent": 0, "maximumPercent": 200},
    )
    watch.run(60)
    found = ecs.service()
    assert [one["rolloutState"] for one in found["deployments"]] == ["COMPLETED"]
    assert (found["runningCount"], found["pendingCount"]) == (found["desiredCount"], 0)
