# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Task definitions and clusters on the engine."""

from __future__ import annotations

import pytest

from tests.sandbox.simulated import Simulation


@pytest.fixture
def ecs() -> Simulation:
    return Simulation()


def test_register_keeps_the_body_and_adds_what_ecs_adds(ecs: Simulation) -> None:
    arn = ecs.define("app:1", tags=[{"key": "a", "value": "b"}])
    found = ecs.call("DescribeTaskDefinition", taskDefinition=arn, include=["TAGS"])
    body = found["taskDefinition"]
    assert found["tags"] == [{"key": "a", "value": "b"}]
    assert (body["family"], body["revision"], body["status"]) == ("f", 1, "ACTIVE")
    assert body["registeredAt"] == ecs.now
    assert "tags" not in body
    assert body["containerDefinitions"][0]["essential"] is True
    assert body["compatibilities"] == ["EC2", "FARGATE"]


def test_a_field_that_botocore_does_not_know_is_kept(ecs: Simulation) -> None:
    arn = ecs.define()
    ecs.engine.definitions[arn].body["fieldOfTomorrow"] = {"x": 1}
    from sandbox.ecs import api

    assert api.call(ecs.engine, "DescribeTaskDefinition", {"taskDefinition": "f"})["taskDefinition"][
        "fieldOfTomorrow"
    ] == {"x": 1}


def test_references_by_arn_family_and_revision(ecs: Simulation) -> None:
    first, second = ecs.define("app:1"), ecs.define("app:2")
    for reference, arn in ((first, first), ("f:1", first), ("f", second), ("f:2", second)):
        found = ecs.call("DescribeTaskDefinition", taskDefinition=reference)["taskDefinition"]
        assert found["taskDefinitionArn"] == arn
    ecs.call("DeregisterTaskDefinition", taskDefinition="f:2")
    assert ecs.call("DescribeTaskDefinition", taskDefinition="f")["taskDefinition"]["taskDefinitionArn"] == first
    assert ecs.call("DescribeTaskDefinition", taskDefinition="f:2")["taskDefinition"]["status"] == "INACTIVE"
    error = ecs.refused("DescribeTaskDefinition", taskDefinition="f:9")
    assert (error.code, error.message) == ("ClientException", "Unable to describe task definition.")


def test_list_by_family_status_sort_and_page(ecs: Simulation) -> None:
    mine = [ecs.define(f"app:{number}") for number in range(5)]
    ecs.define("x:1", family="f-other")
    ecs.call("DeregisterTaskDefinition", taskDefinition=mine[0])
    listed = ecs.call("ListTaskDefinitions", familyPrefix="f", maxResults=2, sort="DESC")
    assert listed["taskDefinitionArns"] == [mine[4], mine[3]]
    rest = ecs.call("ListTaskDefinitions", familyPrefix="f", maxResults=2, sort="DESC", nextToken=listed["nextToken"])
    assert rest["taskDefinitionArns"] == [mine[2], mine[1]]
    assert "nextToken" not in rest
    assert ecs.call("ListTaskDefinitions", status="INACTIVE")["taskDefinitionArns"] == [mine[0]]
    assert ecs.call("ListTaskDefinitionFamilies", familyPrefix="f")["families"] == ["f", "f-other"]


def test_deleting_needs_inactive_and_never_reuses_a_revision(ecs: Simulation) -> None:
    arn = ecs.define()
    assert ecs.call("DeleteTaskDefinitions", taskDefinitions=[arn])["failures"]
    ecs.call("DeregisterTaskDefinition", taskDefinition=arn)
    gone = ecs.call("DeleteTaskDefinitions", taskDefinitions=[arn])["taskDefinitions"][0]
    assert gone["status"] == "DELETE_IN_PROGRESS"
    ecs.run(5)
    assert ecs.refused("DescribeTaskDefinition", taskDefinition=arn).code == "ClientException"
    assert ecs.define().endswith(":2")


@pytest.mark.parametrize(
    "body",
    [
        {"family": "a b", "containerDefinitions": [{"name": "a", "image": "i", "memory": 1}]},
        {"family": "f", "containerDefinitions": []},
        {"family": "f", "containerDefinitions": [{"name": "a", "memory": 1}]},
        {"family": "f", "containerDefinitions": [{"name": "a", "image": "i"}]},
        {"family": "f", "containerDefinitions": [{"name": "a", "image": "i", "memory": 1}] * 2},
        {"family": "f", "requiresCompatibilities": ["FARGATE"], "containerDefinitions": [{"name": "a", "image": "i"}]},
    ],
)
def test_what_ecs_refuses_to_register(ecs: Simulation, body: dict[str, object]) -> None:
    assert ecs.refused("RegisterTaskDefinition", **body).code == "ClientException"


def test_tags_of_every_resource(ecs: Simulation) -> None:
    definition = ecs.define()
    service = ecs.create(definition, tags=[{"key": "Priority", "value": "4"}])["service"]["serviceArn"]
    for arn in (definition, service, ecs.engine.arn("cluster/c"), ecs.tasks()[0]["taskArn"]):
        ecs.call("TagResource", resourceArn=arn, tags=[{"key": "k", "value": "v"}])
        assert {"key": "k", "value": "v"} in ecs.call("ListTagsForResource", resourceArn=arn)["tags"]
        ecs.call("UntagResource", resourceArn=arn, tagKeys=["k"])
        assert {"key": "k", "value": "v"} not in ecs.call("ListTagsForResource", resourceArn=arn)["tags"]
    assert ecs.service()["tags"] == [{"key": "Priority", "value": "4"}]
    assert "tags" not in ecs.call("DescribeServices", cluster="c", services=["s"])["services"][0]


def test_clusters(ecs: Simulation) -> None:
    ecs.create(desired=2)
    found = ecs.call("DescribeClusters", clusters=["c", "nope"])
    assert [one["reason"] for one in found["failures"]] == ["MISSING"]
    assert (found["clusters"][0]["activeServicesCount"], found["clusters"][0]["runningTasksCount"]) == (1, 2)
    assert ecs.refused("DescribeServices", cluster="nope", services=["s"]).code == "ClusterNotFoundException"
    assert ecs.refused("DeleteCluster", cluster="c").code == "ClusterContainsServicesException"
    assert ecs.call("ListClusters")["clusterArns"] == [ecs.engine.arn("cluster/c")]
