# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a plan to registered revisions and back: what is applied is what was planned."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import api
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.registration import (
    build_registration,
    undo_needs_clone,
)
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.rollback import (
    definitions_wanted,
    desired_for_rollback,
    plan_rollback,
)

from .aws_double import ARN, AwsDouble
from .builders import NEW, OLD, desired, image

FAMILY = "sdt-dev-user-service"
SECRET = [{"name": "DB_URL", "value": "s3cret"}]


@pytest.fixture
def aws() -> AwsDouble:
    """A service that runs :1, Terraform's, by the tag latest."""
    double = AwsDouble()
    container = {"image": image(version=":latest"), "environment": SECRET, "versionConsistency": "enabled"}
    double.add_definition(f"{FAMILY}:1", {"team": "learning"}, container=container, memory="512")
    double.add_service(FAMILY, f"{FAMILY}:1", currentServiceRevisions=[{"arn": "rev"}])
    containers = [{"containerName": "app", "imageDigest": OLD}]
    double.revisions["rev"] = {
        "serviceRevisionArn": "rev",
        "taskDefinition": f"{ARN}{FAMILY}:1",
        "containerImages": containers,
    }
    double.add_image("sdt/dev/user-service", "old", OLD)
    double.add_image("sdt/dev/user-service", "new", NEW)
    return double


def planned(aws: AwsDouble, *services: DesiredService, **options: Any) -> Plan:
    wanted = services or (desired(),)
    return plan(wanted, observe(wanted, aws, TaskDefinitionCache(None)), PlanOptions(**options))


def deploy(aws: AwsDouble, release: str, *services: DesiredService, **options: Any) -> dict[str, Any]:
    """Plan, register and switch, as an engine would; gives the target."""
    (target,) = planned(aws, *services, **options).targets()
    arn = target["to"]["task_definition"]
    if arn is None:
        arn = api.register(aws, build_registration(aws, target, release))
    switch(aws, arn)
    return {**target, "to": {**target["to"], "task_definition": arn}}


def switch(aws: AwsDouble, arn: str) -> None:
    service = aws.services[FAMILY]
    service["taskDefinition"] = service["deployments"][0]["taskDefinition"] = arn


def test_the_clone_has_everything_and_one_other_image(aws: AwsDouble) -> None:
    target = deploy(aws, "r1")
    assert target["to"]["task_definition"] == f"{ARN}{FAMILY}:2"
    one, two = (deepcopy(aws.definitions[f"{ARN}{FAMILY}:{number}"]) for number in (1, 2))
    assert two["containerDefinitions"][0].pop("image") == image(version=f"@{NEW}")
    one["containerDefinitions"][0].pop("image")
    assert two["containerDefinitions"] == one["containerDefinitions"]
    assert two["memory"] == "512"
    assert {tag["key"]: tag["value"] for tag in aws.tags[f"{ARN}{FAMILY}:2"]} == {
        "team": "learning",
        "slipway:release": "r1",
        "slipway:tag": "new",
        "slipway:base": f"{ARN}{FAMILY}:1",
        "slipway:cloned-from": f"{ARN}{FAMILY}:1",
        "slipway:seen": f"{ARN}{FAMILY}:1",
    }


def test_the_second_deploy_changes_nothing(aws: AwsDouble) -> None:
    deploy(aws, "r1")
    again = planned(aws)
    assert again.changes == ()
    assert [item.why for item in again.unchanged] == ["same digest"]


def test_arguments_are_the_same_each_time(aws: AwsDouble) -> None:
    (target,) = planned(aws).targets()
    assert build_registration(aws, target, "r1") == build_registration(aws, target, "r1")


def test_drift_stays_reported_through_many_deploys_until_it_is_shipped(aws: AwsDouble) -> None:
    aws.add_image("sdt/dev/user-service", "third", "sha256:" + "d" * 64)
    deploy(aws, "r1")
    terraform = deepcopy(aws.definitions[f"{ARN}{FAMILY}:1"])
    aws.add_definition(
        f"{FAMILY}:3", {"team": "learning"}, container=terraform["containerDefinitions"][0], memory="1024"
    )
    deploy(aws, "r2", desired(tag="third"))
    deploy(aws, "r3", desired(tag="new"), ship_drift=False)
    for release, tag in (("r4", "third"), ("r5", "new"), ("r6", "third")):
        deploy(aws, release, desired(tag=tag))
        found = planned(aws, desired(tag=tag))
        assert found.changes == ()
        assert found.drift["user-service"].revision == f"{ARN}{FAMILY}:3"
        assert found.drift["user-service"].differences == ("memory 512 → 1024",)
    shipped = deploy(aws, "r7", desired(tag="third"), ship_drift=["user-service"])
    assert shipped["clone_of"] == f"{ARN}{FAMILY}:3"
    assert planned(aws, desired(tag="third")).drift == {}
    assert aws.definitions[shipped["to"]["task_definition"]]["memory"] == "1024"


def test_a_few_revisions_are_read_however_many_deploys_there_were(aws: AwsDouble) -> None:
    digests = {f"t{number}": "sha256:" + f"{number:064d}" for number in range(15)}
    for tag, digest in digests.items():
        aws.add_image("sdt/dev/user-service", tag, digest)
        deploy(aws, tag, desired(tag=tag))
    aws.calls.clear()
    planned(aws, desired(tag="t14"))
    assert aws.counts["DescribeTaskDefinition"] <= 2


def test_going_back_to_an_unpinned_revision_brings_back_what_ran(aws: AwsDouble) -> None:
    target = deploy(aws, "r1")
    assert undo_needs_clone(target)
    back = {**target, "clone_of": target["from"]["task_definition"], "to": target["from"]}
    kwargs = build_registration(aws, back, "r1")
    assert kwargs["containerDefinitions"][0]["image"] == image(version=f"@{OLD}")
    aws.add_image("sdt/dev/user-service", "third", "sha256:" + "d" * 64)
    (second,) = planned(aws, desired(tag="third")).targets()
    assert not undo_needs_clone(second)


def test_a_field_unknown_to_botocore_stops_the_registration(aws: AwsDouble) -> None:
    (target,) = planned(aws).targets()
    aws.definitions[f"{ARN}{FAMILY}:1"]["futureTop"] = {"x": 1}
    with pytest.raises(SlipwayError, match=f"{FAMILY}:1: .*does not know futureTop.*Upgrade botocore"):
        build_registration(aws, target, "r1")


def roll_back(aws: AwsDouble, wanted: dict[str, Any], *services: DesiredService) -> Plan:
    items = desired_for_rollback(services or (desired(),), wanted)
    observation = observe(
        items, aws, TaskDefinitionCache(None), definitions=definitions_wanted(wanted), resolve_images=False
    )
    return plan_rollback(wanted, observation, PlanOptions())


def recorded(target: dict[str, Any], side: str) -> dict[str, Any]:
    return {"user-service": target[side]}


def test_rollback_to_a_pinned_active_revision_uses_it(aws: AwsDouble) -> None:
    first = deploy(aws, "r1", desired(tag="new"))
    deploy(aws, "r2", desired(tag="old"))
    (target,) = roll_back(aws, recorded(first, "to")).targets()
    assert target["to"] == first["to"]
    assert target["why"] == ["back to :2"]
    switch(aws, f"{ARN}{FAMILY}:2")
    assert roll_back(aws, recorded(first, "to")).changes == ()


def test_rollback_to_an_inactive_revision_registers_it_again_and_then_reuses_that(aws: AwsDouble) -> None:
    first = deploy(aws, "r1", desired(tag="new"))
    deploy(aws, "r2", desired(tag="old"))
    aws.definitions[f"{ARN}{FAMILY}:2"]["status"] = "INACTIVE"
    (target,) = roll_back(aws, recorded(first, "to")).targets()
    assert target["to"]["task_definition"] is None
    assert target["clone_of"] == f"{ARN}{FAMILY}:2"
    switch(aws, api.register(aws, build_registration(aws, target, "r3")))
    assert roll_back(aws, recorded(first, "to")).changes == ()
    switch(aws, f"{ARN}{FAMILY}:3")
    (again,) = roll_back(aws, recorded(first, "to")).targets()
    assert again["to"]["task_definition"] == f"{ARN}{FAMILY}:4"


def test_rollback_to_an_unpinned_revision_is_pinned_to_the_recorded_digest(aws: AwsDouble) -> None:
    first = deploy(aws, "r1")
    (target,) = roll_back(aws, recorded(first, "from")).targets()
    assert target["to"]["task_definition"] is None
    assert target["to"]["image"] == image(version=f"@{OLD}")
    assert target["to"]["tag"] == "latest"


def test_rollback_says_all_that_is_gone(aws: AwsDouble) -> None:
    wanted = {
        "user-service": {"task_definition": f"{ARN}{FAMILY}:99", "digest": OLD, "tag": "x"},
        "removed-service": {"task_definition": f"{ARN}x:1", "digest": OLD, "tag": "x"},
    }
    with pytest.raises(SlipwayErrors) as caught:
        roll_back(aws, wanted)
    assert "user-service:99 no longer exists" in str(caught.value)
    assert "removed-service is in the release but not in the inventory" in str(caught.value)


def test_rollback_under_a_limit_ignores_what_is_outside_it(aws: AwsDouble) -> None:
    first = deploy(aws, "r1")
    deploy(aws, "r2", desired(tag="old"))
    wanted = {**recorded(first, "to"), "removed-service": {"task_definition": f"{ARN}x:1", "digest": OLD, "tag": "x"}}
    made = roll_back(aws, wanted, desired(), desired("gone-service", selected=False))
    assert [change.desired.name for change in made.changes] == ["user-service"]


def test_rollback_leaves_services_alone_that_the_release_did_not_have(aws: AwsDouble) -> None:
    made = roll_back(aws, {})
    assert made.changes == ()
    assert made.unchanged[0].why == "not in that release"


def test_rollback_waits_for_a_deployment_in_flight_even_to_what_was_recorded(aws: AwsDouble) -> None:
    first = deploy(aws, "r1", desired(tag="new"))
    aws.services[FAMILY]["deployments"][0]["rolloutState"] = "IN_PROGRESS"
    with pytest.raises(SlipwayErrors, match="has a deployment in progress"):
        roll_back(aws, recorded(first, "to"))
