# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.taskdef import (
    READ_ONLY,
    clone,
    describe_differences,
    merge_tags,
    revision_of,
    same_content,
)

ARN = "arn:aws:ecs:eu-west-1:962496666337:task-definition/sdt-dev-user-service:18"
OWN = {"slipway:release": "r1"}


def body(**fields: Any) -> dict[str, Any]:
    """A body as DescribeTaskDefinition answers it."""
    container = {"name": "app", "image": "r.io/app:1", "cpu": 0, "essential": True, **fields.pop("app", {})}
    return {
        "taskDefinitionArn": ARN,
        "family": "sdt-dev-user-service",
        "revision": 18,
        "status": "ACTIVE",
        "registeredAt": 1.0,
        "registeredBy": "arn:aws:iam::962496666337:role/terraform",
        "requiresAttributes": [{"name": "x"}],
        "compatibilities": ["FARGATE"],
        "containerDefinitions": [container, {"name": "sidecar", "image": "r.io/sidecar:1"}],
        **fields,
    }


values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=12,
)
# DescribeTaskDefinition answers the tags beside the body, never in it.
fields = st.dictionaries(
    st.text(max_size=10).filter(lambda name: name not in READ_ONLY | {"containerDefinitions", "tags"}), values
)
container_fields = st.dictionaries(st.text(max_size=10).filter(lambda name: name not in {"name", "image"}), values)


@settings(max_examples=50)
@given(fields, container_fields, st.lists(container_fields, max_size=3))
def test_a_clone_loses_no_field_and_changes_one_image_only(
    extra: dict[str, Any], app: dict[str, Any], others: list[dict[str, Any]]
) -> None:
    sidecars = [{**other, "name": f"s{index}", "image": "r.io/s"} for index, other in enumerate(others)]
    original = {**body(app=app), **extra}
    original["containerDefinitions"] = [*sidecars, original["containerDefinitions"][0]]
    before = deepcopy(original)
    kwargs = clone(original, [], container="app", image="r.io/app@new", own_tags=OWN)
    assert original == before
    assert kwargs.pop("tags") == [{"key": "slipway:release", "value": "r1"}]
    kept = {key: value for key, value in original.items() if key not in READ_ONLY}
    kept["containerDefinitions"][-1]["image"] = "r.io/app@new"
    assert kwargs == kept


def test_nulls_are_left_out() -> None:
    kwargs = clone(body(taskRoleArn=None, app={"user": None}), [], container="app", image="x", own_tags={})
    assert "taskRoleArn" not in kwargs
    assert "user" not in kwargs["containerDefinitions"][0]


def test_unknown_fields_stop_the_clone() -> None:
    with pytest.raises(SlipwayError, match="sdt-dev-user-service:18: .* does not know futureTop: .* Upgrade botocore"):
        clone(body(), [], container="app", image="x", own_tags={}, unknown=lambda _: ["futureTop"])


def test_a_missing_container_is_named_with_those_that_exist() -> None:
    with pytest.raises(SlipwayError, match=r"no container 'main' \(there are: app, sidecar\).*container_name"):
        clone(body(), [], container="main", image="x", own_tags={})


def tags(*keys: str) -> list[dict[str, str]]:
    return [{"key": key, "value": f"v-{key}"} for key in keys]


def test_tags_are_kept_but_reserved_and_older_own_ones() -> None:
    merged = merge_tags(tags("team", "aws:cloudformation:stack", "slipway:release", "slipway:seen"), OWN, "x:1")
    assert merged == [{"key": "team", "value": "v-team"}, {"key": "slipway:release", "value": "r1"}]


def test_more_tags_than_ecs_takes() -> None:
    merge_tags(tags(*map(str, range(49))), OWN, "x:1")
    with pytest.raises(SlipwayError, match="x:1: 50 tags .* Remove 1"):
        merge_tags(tags(*map(str, range(50))), OWN, "x:1")


ENVIRONMENT = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (body(), body(revision=19, taskDefinitionArn=ARN[:-1] + "9", registeredAt=2.0, status="INACTIVE")),
        (body(app={"environment": ENVIRONMENT}), body(app={"environment": ENVIRONMENT[::-1]})),
        (body(volumes=[], placementConstraints=[]), body()),
        (body(enableFaultInjection=False, app={"privileged": False}), body()),
        (body(app={"mountPoints": [], "environment": [], "cpu": 0}), body()),
        (body(requiresCompatibilities=["EC2", "FARGATE"]), body(requiresCompatibilities=["FARGATE", "EC2"])),
        (
            body(networkMode="awsvpc", app={"portMappings": [{"containerPort": 80}]}),
            body(
                networkMode="awsvpc", app={"portMappings": [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]}
            ),
        ),
    ],
)
def test_what_means_the_same_to_ecs(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert same_content(left, right)
    assert describe_differences(left, right) == []


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (body(memory="1024"), ["memory 512 → 1024"]),
        (body(memory="512", app={"image": "r.io/app:2"}), ["image (app) r.io/app:1 → r.io/app:2"]),
        (
            body(memory="512", app={"environment": ENVIRONMENT}),
            ["environment A (app) added", "environment B (app) added"],
        ),
        (body(memory="512", app={"command": ["run", "--password=x"]}), ["command (app) added"]),
        (body(memory="512", app={"dockerLabels": {"memory": "s3cret"}}), ["dockerLabels (app) added"]),
        (
            body(memory="512", app={"secrets": [{"name": "DB", "valueFrom": "arn:x"}]}),
            ["secrets DB (app) added"],
        ),
        (body(memory="512", app={"essential": False}), ["essential (app) none → false"]),
        (
            body(memory="512", app={"portMappings": [{"containerPort": 53, "protocol": "udp"}, {"containerPort": 53}]}),
            None,
        ),
    ],
)
def test_differences_are_short_phrases_without_values_that_may_be_secret(
    new: dict[str, Any], says: list[str] | None
) -> None:
    found = describe_differences(body(memory="512"), new)
    assert not same_content(body(memory="512"), new)
    assert found
    assert "s3cret" not in " ".join(found)
    assert "password" not in " ".join(found)
    if says is not None:
        assert found == says


def test_an_environment_change_names_the_variable_only() -> None:
    old = body(app={"environment": [{"name": "environment", "value": "old-secret"}, {"name": "GONE", "value": "x"}]})
    new = body(app={"environment": [{"name": "environment", "value": "new-secret"}]})
    assert describe_differences(old, new) == ["environment GONE (app) removed", "environment environment (app) changed"]


def test_the_deployed_image_can_be_ignored() -> None:
    assert same_content(body(), body(app={"image": "r.io/app:2"}), "app")
    assert not same_content(body(), body(app={"image": "r.io/app:2"}), "sidecar")


@settings(max_examples=40)
@given(fields, st.randoms())
def test_the_order_of_keys_means_nothing(extra: dict[str, Any], random: Any) -> None:
    left = {**body(), **extra}
    keys = list(left)
    random.shuffle(keys)
    assert same_content(left, {key: left[key] for key in keys})


def test_revision() -> None:
    assert revision_of(ARN) == 18
    with pytest.raises(SlipwayError, match="is not a task definition revision"):
        revision_of("sdt-dev-user-service")
