# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a record carries of a service from the inventory to its rollout."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.environment.known import KNOWN
from ansible_collections.slipway.deploy.plugins.module_utils.environment.settings import desired_service
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import SERVICE_SETTINGS
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.document import rollout_of, with_rollout

from ..fleet.aws_double import AwsDouble
from ..fleet.builders import NEW, OLD, image

HOST = {"ecs_cluster": "sdt-dev-cluster", "service_name_prefix": "sdt-dev-", "image_repository_prefix": "sdt/dev/"}


def record_of(**variables: Any) -> dict[str, Any]:
    """The record of a plan for one service with these variables."""
    aws = AwsDouble()
    arn = aws.add_definition("sdt-dev-a:1", containerDefinitions=[{"name": "a", "image": image("a", f"@{OLD}")}])
    aws.add_service("sdt-dev-a", arn)
    aws.add_image("sdt/dev/a", "latest", NEW)
    registry = image("a", "").partition("/")[0]
    host = {**HOST, "ecr_registry": registry, **variables}
    wanted = desired_service("a", host, wave=1, selected=True, tags=None, force=False, where="inventories/dev")
    made = plan([wanted], observe([wanted], aws, TaskDefinitionCache(None)), PlanOptions())
    return {"targets": made.targets()}


@pytest.mark.parametrize(
    ("kind", "value", "settings"),
    [
        (float, "1.5", {"patience": 1.5}),
        (int, 3, {"patience": 3}),
        (bool, "yes", {"patience": True}),
        (str, "long", {"patience": "long"}),
        (str, None, {"patience": None}),
    ],
)
def test_a_setting_of_a_service_needs_the_registry_alone(
    monkeypatch: pytest.MonkeyPatch, kind: type, value: Any, settings: dict[str, Any]
) -> None:
    monkeypatch.setitem(SERVICE_SETTINGS, "service_patience", ("patience", kind))
    given = {} if value is None else {"service_patience": value}
    record = record_of(service_port=8082, **given)
    (target,) = rollout_of(record).targets
    assert target.settings == {"port": 8082, **settings}
    assert with_rollout(record, rollout_of(record)) == {**record, "cause": None}


def test_the_settings_of_a_service_are_known() -> None:
    assert set(SERVICE_SETTINGS) <= KNOWN


def test_the_record_names_who_deploys_the_service() -> None:
    assert record_of()["targets"][0]["controller"] == "ECS"
