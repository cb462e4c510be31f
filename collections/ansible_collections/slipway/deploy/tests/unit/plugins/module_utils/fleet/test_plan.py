# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for the plan of any fleet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import (
    Deployment,
    DesiredService,
    ObservedService,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import (
    Facts,
    FleetObservation,
    ResolvedImage,
    TaskDefinition,
    image_reference,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.taskdef import with_image

from .aws_double import ARN
from .builders import NEW, OLD, desired, image


@st.composite
def facts(draw: st.DrawFn, number: int) -> Facts:
    """A deployable service in any state that is not an error."""
    name = f"s{number}"
    wanted = desired(name, wave=draw(st.integers(1, 4)), selected=draw(st.booleans()), force=draw(st.booleans()))
    version = draw(st.sampled_from([f"@{OLD}", f"@{NEW}", ":latest"]))
    body = {"family": wanted.service, "containerDefinitions": [{"name": "app", "image": image(name, version)}]}
    running = TaskDefinition(f"{ARN}{wanted.service}:5", body)
    digest = version[1:] if version.startswith("@") else draw(st.sampled_from(["", OLD, NEW]))
    deployment = Deployment("d", "PRIMARY", running.arn, draw(st.sampled_from(["COMPLETED", "FAILED"])))
    observed = ObservedService(
        wanted.service, "arn", "ACTIVE", running.arn, draw(st.integers(0, 3)), 0, 0, deployments=(deployment,)
    )
    foreign = None
    if draw(st.booleans()):
        foreign = TaskDefinition(f"{ARN}{wanted.service}:6", {**body, "memory": "1024"})
    recent = (TaskDefinition(f"{ARN}{wanted.service}:7", with_image(body, "app", image(name, f"@{NEW}"))),)
    return Facts(
        wanted,
        observed,
        running=running,
        running_active=draw(st.booleans()),
        running_digest=digest,
        foreign=foreign,
        recent=draw(st.sampled_from([(), recent])),
    )


@st.composite
def fleets(draw: st.DrawFn) -> FleetObservation:
    services = tuple(draw(facts(number)) for number in range(draw(st.integers(1, 8))))
    images = {image_reference(item.desired): ResolvedImage(image_reference(item.desired), NEW) for item in services}
    return FleetObservation(services, images)


def services_of(observation: FleetObservation) -> list[DesiredService]:
    return [item.desired for item in observation.facts]


@settings(max_examples=60)
@given(fleets(), st.booleans())
def test_invariants(observation: FleetObservation, ship: bool) -> None:
    made = plan(services_of(observation), observation, PlanOptions(ship_drift=ship))
    changed, unchanged = [item.desired for item in made.changes], [item.desired for item in made.unchanged]
    names = [item.name for item in (*changed, *unchanged)]
    assert sorted(names) == sorted(item.name for item in services_of(observation)), "each service is there once"
    assert all(item.selected for item in changed), "nothing outside the limit changes"
    assert [item.wave for item in changed] == sorted(item.wave for item in changed), "waves are in order"
    for change in made.changes:
        assert change.why, "each change has a reason"
        assert change.after.image.endswith(f"@{NEW}"), "what is deployed is pinned"
        assert change.before.task_definition != change.after.task_definition or change.force, (
            "the update does something"
        )
    known = {item.desired.name: item for item in observation.facts}
    for item in made.unchanged:
        fact = known[item.desired.name]
        assert not fact.desired.selected or (fact.running_digest == NEW and not fact.desired.force)


@settings(max_examples=60)
@given(fleets())
def test_a_second_plan_after_the_first_was_carried_out_is_empty(observation: FleetObservation) -> None:
    first = plan(services_of(observation), observation, PlanOptions())
    after = {change.desired.name: change for change in first.changes}

    def carried_out(item: Facts) -> Facts:
        item = replace(item, desired=replace(item.desired, force=False))
        if item.desired.name not in after or item.observed is None:
            return item
        change = after[item.desired.name]
        arn = change.after.task_definition or f"{ARN}{item.desired.service}:8"
        running = TaskDefinition(arn, change.body)
        done = Deployment("n", "PRIMARY", arn, "COMPLETED")
        observed = replace(item.observed, task_definition=arn, deployments=(done,))
        return replace(item, observed=observed, running=running, running_active=True, running_digest=NEW)

    second = replace(observation, facts=tuple(carried_out(item) for item in observation.facts))
    assert plan(services_of(second), second, PlanOptions()).changes == ()


@settings(max_examples=40)
@given(fleets(), st.data())
def test_any_problem_of_a_selected_service_forbids_the_plan(observation: FleetObservation, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(observation.facts) - 1))
    broken = replace(observation.facts[index], observed=None, failure="MISSING")
    facts_with = (*observation.facts[:index], broken, *observation.facts[index + 1 :])
    bad = replace(observation, facts=facts_with)
    if not broken.desired.selected:
        plan(services_of(bad), bad, PlanOptions())
        return
    with pytest.raises(SlipwayErrors, match=broken.desired.service):
        plan(services_of(bad), bad, PlanOptions())


def test_a_fleet_of_zero_is_an_error() -> None:
    with pytest.raises(SlipwayErrors, match="the fleet has no services"):
        plan([], FleetObservation(), PlanOptions())


@pytest.mark.parametrize("digest", [NEW, OLD], ids=["unchanged", "changed"])
@pytest.mark.parametrize("selected", [True, False])
def test_a_selected_service_in_flight_forbids_the_plan_whether_it_changes_or_not(digest: str, selected: bool) -> None:
    wanted = desired(selected=selected)
    body = {"family": "f", "containerDefinitions": [{"name": "app", "image": image(version=f"@{digest}")}]}
    running = TaskDefinition(f"{ARN}f:1", body)
    flying = Deployment("d", "PRIMARY", running.arn, "IN_PROGRESS")
    observed = ObservedService(wanted.service, "arn", "ACTIVE", running.arn, 1, 0, 1, deployments=(flying,))
    item = Facts(wanted, observed, running=running, running_digest=digest)
    observation = FleetObservation((item,), {image_reference(wanted): ResolvedImage(image_reference(wanted), NEW)})
    if not selected:
        assert plan([wanted], observation, PlanOptions()).warnings == ("user-service: a deployment is in flight",)
        return
    with pytest.raises(SlipwayErrors, match="service sdt-dev-user-service has a deployment in progress"):
        plan([wanted], observation, PlanOptions())


def test_shipping_drift_of_an_unknown_service_is_an_error_and_of_one_without_a_warning() -> None:
    wanted = desired()
    body = {"family": "f", "containerDefinitions": [{"name": "app", "image": image(version=f"@{NEW}")}]}
    running = TaskDefinition(f"{ARN}f:1", body)
    observed = ObservedService(wanted.service, "arn", "ACTIVE", running.arn, 1, 1, 0)
    item = Facts(wanted, observed, running=running, running_digest=NEW)
    observation = FleetObservation((item,), {image_reference(wanted): ResolvedImage(image_reference(wanted), NEW)})
    made = plan([wanted], observation, PlanOptions(ship_drift=["user-service"]))
    assert made.warnings == ("user-service: there is no drift to ship",)
    with pytest.raises(SlipwayErrors, match="ship_drift: no service 'usr-service'. There are: user-service"):
        plan([wanted], observation, PlanOptions(ship_drift=["usr-service"]))
