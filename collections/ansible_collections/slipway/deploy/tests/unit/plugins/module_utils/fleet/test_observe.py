# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many calls an observation makes, and what it does when they fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe, observe_services

from .aws_double import ARN, CLUSTER, AwsDouble, Refusal
from .builders import NEW, OLD, desired, image


def fleet(aws: AwsDouble, count: int) -> list[DesiredService]:
    """That many services that run what they should."""
    services = [desired(f"s{number}") for number in range(count)]
    for item in services:
        aws.add_definition(f"{item.service}:1", container={"image": image(item.name)})
        aws.add_service(item.service, f"{item.service}:1")
        aws.add_image(item.repository, "new", OLD)
    return services


def test_an_unchanged_fleet_takes_few_calls(tmp_path: Path) -> None:
    aws = AwsDouble()
    services = fleet(aws, 23)
    observe(services, aws, TaskDefinitionCache(tmp_path))
    assert aws.counts == {
        "DescribeServices": 3,
        "BatchGetImage": 23,
        "ListTaskDefinitions": 23,
        "DescribeTaskDefinition": 23,
    }
    aws.calls.clear()
    observation = observe(services, aws, TaskDefinitionCache(tmp_path))
    assert aws.counts == {"DescribeServices": 3, "BatchGetImage": 23, "ListTaskDefinitions": 23}
    assert [facts.desired.name for facts in observation.facts] == [item.name for item in services]
    assert all(facts.running_active for facts in observation.facts)


def test_one_look_up_for_each_distinct_image() -> None:
    aws = AwsDouble()
    services = [desired(f"s{number}", repository="sdt/dev/shared") for number in range(5)]
    for item in services:
        aws.add_definition(f"{item.service}:1", container={"image": image("shared")})
        aws.add_service(item.service, f"{item.service}:1")
    aws.add_image("sdt/dev/shared", "new", OLD)
    observe(services, aws, TaskDefinitionCache(None))
    assert aws.counts["BatchGetImage"] == 1


def test_services_outside_the_limit_cost_no_further_calls() -> None:
    aws = AwsDouble()
    services = fleet(aws, 3)
    limited = [services[0], *(desired(item.name, selected=False) for item in services[1:])]
    observe(limited, aws, TaskDefinitionCache(None))
    assert aws.counts["BatchGetImage"] == aws.counts["ListTaskDefinitions"] == 1
    assert aws.counts["DescribeTaskDefinition"] == 3


def test_tasks_tell_the_digest_when_service_revisions_do_not() -> None:
    aws = AwsDouble()
    arn = aws.add_definition("sdt-dev-user-service:1", container={"image": image(version=":latest")})
    aws.add_service("sdt-dev-user-service", "sdt-dev-user-service:1", currentServiceRevisions=[{"arn": "r"}])
    aws.add_image("sdt/dev/user-service", "new", NEW)
    container = {"name": "app", "imageDigest": OLD}
    aws.tasks["sdt-dev-user-service"] = [{"taskArn": "t/1", "taskDefinitionArn": arn, "containers": [container]}]
    aws.refuse["DescribeServiceRevisions"] = Refusal("AccessDeniedException")
    (facts,) = observe([desired()], aws, TaskDefinitionCache(None)).facts
    assert facts.running_digest == OLD
    aws.tasks["sdt-dev-user-service"].append(
        {"taskArn": "t/2", "taskDefinitionArn": arn, "containers": [{**container, "imageDigest": NEW}]}
    )
    (facts,) = observe([desired()], aws, TaskDefinitionCache(None)).facts
    assert facts.running_digest == "", "two digests are none"


def test_a_revision_above_a_full_page_is_asked_for() -> None:
    aws = AwsDouble()
    for number in range(1, 121):
        aws.add_definition(f"sdt-dev-user-service:{number}", container={"image": image()})
    aws.add_service("sdt-dev-user-service", "sdt-dev-user-service:5")
    aws.add_image("sdt/dev/user-service", "new", OLD)
    (facts,) = observe([desired()], aws, TaskDefinitionCache(None)).facts
    assert facts.running_active
    assert aws.counts["ListTaskDefinitions"] == 2
    assert facts.foreign is not None
    assert facts.foreign.revision == 120
    assert len(facts.recent) == 10


def test_a_family_that_only_starts_alike_is_not_mixed_in() -> None:
    aws = AwsDouble()
    aws.add_definition("sdt-dev-user-service:1", container={"image": image()})
    aws.add_service("sdt-dev-user-service", "sdt-dev-user-service:1")
    aws.add_image("sdt/dev/user-service", "new", OLD)
    (facts,) = observe([desired()], aws, TaskDefinitionCache(None)).facts
    assert facts.active == (facts.running.arn,) if facts.running else False


@pytest.mark.parametrize(
    ("operation", "refusal", "says"),
    [
        ("DescribeServices", Refusal("ClusterNotFoundException"), "cluster does not exist in this region"),
        ("DescribeServices", Refusal("ExpiredTokenException"), "credentials have expired"),
        ("BatchGetImage", Refusal("AccessDeniedException"), "access denied to BatchGetImage"),
        ("ListTaskDefinitions", Refusal("UnrecognizedClientException"), "does not know these credentials"),
    ],
)
def test_a_failing_call_is_one_line(operation: str, refusal: Refusal, says: str) -> None:
    aws = AwsDouble()
    services = fleet(aws, 1)
    aws.refuse[operation] = refusal
    with pytest.raises(SlipwayError, match=says) as caught:
        observe(services, aws, TaskDefinitionCache(None))
    assert "\n" not in str(caught.value)


def test_a_deleted_definition_outside_the_limit_fails_nothing() -> None:
    aws = AwsDouble()
    services = fleet(aws, 2)
    del aws.definitions[f"{ARN}{services[1].service}:1"]
    observation = observe([services[0], desired(services[1].name, selected=False)], aws, TaskDefinitionCache(None))
    assert observation.facts[1].running is None


def test_failures_of_several_services_are_said_together() -> None:
    aws = AwsDouble()
    services = fleet(aws, 3)
    aws.definitions.clear()
    with pytest.raises(SlipwayErrors) as caught:
        observe(services, aws, TaskDefinitionCache(None))
    assert len(caught.value.errors) == 3


@pytest.mark.parametrize("code", ["RepositoryNotFoundException", "ImageNotFoundException"])
def test_a_missing_repository_is_a_missing_image(code: str) -> None:
    aws = AwsDouble()
    services = fleet(aws, 1)
    aws.refuse["BatchGetImage"] = Refusal(code)
    observation = observe(services, aws, TaskDefinitionCache(None))
    found = observation.image_of(services[0])
    assert found is not None
    assert not found.digest
    assert found.problem


def test_a_digest_can_be_asked_for_instead_of_a_tag() -> None:
    aws = AwsDouble()
    (item,) = fleet(aws, 1)
    wanted = desired(item.name, tag=OLD)
    found = observe([wanted], aws, TaskDefinitionCache(None)).image_of(wanted)
    assert found is not None
    assert found.digest == OLD


def test_a_poller_s_services_by_name() -> None:
    aws = AwsDouble()
    fleet(aws, 12)
    names = [f"sdt-dev-s{number}" for number in range(12)]
    found = observe_services(aws, CLUSTER, [*names, "gone", names[0]])
    assert sorted(found) == sorted(names)
    assert aws.counts == {"DescribeServices": 2}
