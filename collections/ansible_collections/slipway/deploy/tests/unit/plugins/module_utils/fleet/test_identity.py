# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services and clusters by name and by ARN."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError, SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.environment.check import check_fleet
from ansible_collections.slipway.deploy.plugins.module_utils.environment.settings import desired_service
from ansible_collections.slipway.deploy.plugins.module_utils.environment.source import Places
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import PlanOptions, fleet_errors

from .builders import desired

LONG = "arn:aws:ecs:eu-west-1:962496666337:service/sdt-dev-cluster/sdt-dev-user-service"
SHORT = "arn:aws:ecs:eu-west-1:962496666337:service/sdt-dev-user-service"
CLUSTER = "arn:aws:ecs:eu-west-1:962496666337:cluster/sdt-dev-cluster"
VARIABLES = {"ecs_cluster": "sdt-dev-cluster", "aws_region": "eu-west-1", "account_id": "962496666337"}


def wanted(**variables: Any) -> DesiredService:
    said = {key: value for key, value in {**VARIABLES, **variables}.items() if value is not None}
    return desired_service(
        "user-service", said, wave=1, selected=True, tags=None, force=False, where="inventories/dev (host user-service)"
    )


@pytest.mark.parametrize(
    ("variables", "cluster"),
    [
        ({"ecs_service": LONG}, "sdt-dev-cluster"),
        ({"ecs_service": SHORT}, "sdt-dev-cluster"),
        ({"ecs_service": LONG, "ecs_cluster": None}, "sdt-dev-cluster"),
        ({"ecs_service": LONG, "ecs_cluster": CLUSTER}, CLUSTER),
        ({"ecs_service": "sdt-dev-user-service", "ecs_cluster": CLUSTER}, CLUSTER),
        ({"ecs_service": LONG, "aws_region": None, "account_id": None}, "sdt-dev-cluster"),
    ],
)
def test_an_arn_is_the_service_that_it_names(variables: dict[str, Any], cluster: str) -> None:
    found = wanted(**variables)
    assert (found.service, found.cluster) == ("sdt-dev-user-service", cluster)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"ecs_service": LONG.replace("dev-cluster", "prod-cluster")},
            "is of cluster sdt-prod-cluster, but ecs_cluster",
        ),
        ({"ecs_service": LONG.replace("eu-west-1", "us-east-1")}, "is of region us-east-1, but the environment"),
        ({"ecs_service": SHORT.replace("962496666337", "111111111111")}, "is of account 111111111111, but"),
        ({"ecs_service": CLUSTER}, "is not the ARN of an ECS service"),
        ({"ecs_service": "arn:aws:lambda:eu-west-1:962496666337:function:x"}, "is not the ARN of an ECS service"),
        ({"ecs_service": f"{LONG}/more"}, "is not the ARN of an ECS service"),
        ({"ecs_service": "arn:aws:ecs:eu-west-1:962496666337:service/"}, "is not the ARN of an ECS service"),
        ({"ecs_cluster": LONG}, "is not the ARN of an ECS cluster"),
        ({"ecs_cluster": CLUSTER.replace("962496666337", "111111111111")}, "ecs_cluster is of account 111111111111"),
        ({"ecs_service": SHORT, "ecs_cluster": None}, "ecs_cluster is not set"),
    ],
)
def test_an_arn_of_something_else_is_refused(variables: dict[str, Any], says: str) -> None:
    with pytest.raises(SlipwayErrors, match=says):
        wanted(**variables)


GROUPS = {"all": ["a", "b"], "fleet": ["a", "b"], "priority_1": ["a", "b"]}


def doubles(host_vars: dict[str, dict[str, Any]]) -> bool:
    try:
        check_fleet("dev", GROUPS, host_vars, Places({}, {}), "x-")
    except SlipwayError as error:
        return "are both the ECS service" in str(error)
    return False


@pytest.mark.parametrize(
    ("a", "b", "double"),
    [
        ({"ecs_cluster": "one", "ecs_service": "s"}, {"ecs_cluster": "two", "ecs_service": "s"}, False),
        ({"ecs_service": "s"}, {"ecs_cluster": "two", "ecs_service": "s"}, False),
        ({"ecs_cluster": "one", "ecs_service": "s"}, {"ecs_cluster": "one", "ecs_service": "s"}, True),
        ({"ecs_service": "s"}, {"ecs_service": "s"}, True),
        ({"ecs_service": LONG}, {"ecs_service": LONG}, True),
        ({"ecs_service": LONG}, {"ecs_service": LONG.replace("dev-cluster", "b")}, False),
        ({"ecs_cluster": CLUSTER, "ecs_service": SHORT}, {"ecs_service": LONG}, True),
    ],
)
def test_one_name_in_two_clusters_is_two_services(a: dict[str, Any], b: dict[str, Any], double: bool) -> None:
    assert doubles({"a": a, "b": b}) is double


def test_the_plan_compares_clusters_however_they_are_written() -> None:
    same = [desired("a", service="s"), desired("b", service="s", cluster=CLUSTER)]
    assert "ecs_service sdt-dev-cluster/s is listed 2 times" in str(fleet_errors(same, PlanOptions())[0])
    other = [desired("a", service="s"), desired("b", service="s", cluster="another")]
    assert fleet_errors(other, PlanOptions()) == []
