# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is said when ECS does not know the cluster of a plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.plugin_utils import fleet

from ..module_utils.fleet.aws_double import AwsDouble, Refusal
from .run import context


@pytest.mark.parametrize(
    ("region", "cluster", "extra", "where"),
    [
        ("us-east-1", "sdt-dev-cluster", {}, "inventories/dev/group_vars/all.yml"),
        ("eu-west-1", "sdt-dev-clutser", {}, "inventories/dev/group_vars/all.yml"),
        ("eu-central-1", "sdt-dev-cluster", {"ecs_cluster": "sdt-dev-cluster"}, "-e ecs_cluster"),
    ],
)
def test_it_is_said_where_the_cluster_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, region: str, cluster: str, extra: dict[str, Any], where: str
) -> None:
    of = context(tmp_path, {}, fleet={"user-service": {}}, aws_region=region, ecs_cluster=cluster)
    of._task_vars["groups"]["priority_4"] = ["user-service"]
    monkeypatch.setattr(of, "extra", extra)
    aws = AwsDouble()
    aws.refuse["DescribeServices"] = Refusal("ClusterNotFoundException")
    monkeypatch.setattr(of, "clients", aws)
    with pytest.raises(SlipwayError) as caught:
        fleet.plan_fleet(of, None)
    assert str(caught.value) == (
        f"{where}: cluster {cluster} does not exist in {region} of account 123456789012. "
        "Correct ecs_cluster or aws_region"
    )
