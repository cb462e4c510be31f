# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayErrors
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.inventory import groups_from_services
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import ObservedService


def service(name: str, tags: dict[str, str], status: str = "ACTIVE") -> ObservedService:
    arn = f"arn:aws:ecs:eu-west-1:962496666337:service/sdt-dev-cluster/{name}"
    return ObservedService(name, arn, status, "x:1", 1, 1, 0, tags=tags)


def test_hosts_are_ordered_by_priority_and_name() -> None:
    hosts = groups_from_services(
        [
            service("sdt-dev-user-service", {"Priority": "4", "Port": "8082"}),
            service("sdt-dev-bff-service", {"Priority": " 4 "}),
            service("sdt-dev-config-server", {"Priority": "1"}),
            service("sdt-prod-user-service", {}),
            service("sdt-dev-", {}),
            service("sdt-dev-old-service", {}, "DRAINING"),
        ],
        prefix="sdt-dev-",
    )
    assert [(host.name, host.group, host.wave) for host in hosts] == [
        ("config-server", "priority_1", 1),
        ("bff-service", "priority_4", 4),
        ("user-service", "priority_4", 4),
    ]
    assert hosts[2].variables == {"ecs_service": "sdt-dev-user-service", "service_port": 8082}


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({}, "the service has no tag Priority. Tag the service"),
        ({"priority": "1"}, "Rename the tag priority"),
        ({"Priority": "high"}, "tag Priority='high' is not a number. Write a whole number from 1"),
        ({"Priority": "-1"}, "is not a number"),
        ({"Priority": "0"}, "is not a number"),
        ({"Priority": "1.5"}, "is not a number"),
        ({"Priority": ""}, "is not a number"),
        ({"Priority": "²"}, "is not a number"),
        ({"Priority": "1", "Port": "http"}, "tag Port='http' is not a number"),
    ],
)
def test_a_wrong_tag_is_named_with_the_service(tags: dict[str, str], says: str) -> None:
    with pytest.raises(SlipwayErrors) as caught:
        groups_from_services([service("sdt-dev-user-service", tags)], prefix="sdt-dev-")
    assert says in str(caught.value)
    assert "service/sdt-dev-cluster/sdt-dev-user-service" in str(caught.value)


def test_all_problems_at_once() -> None:
    twice = service("sdt-dev-user-service", {"Priority": "1"})
    with pytest.raises(SlipwayErrors) as caught:
        groups_from_services([service("sdt-dev-a", {}), service("sdt-dev-b", {}), twice, twice], prefix="sdt-dev-")
    assert len(caught.value.errors) == 3
    assert "user-service is listed 2 times" in str(caught.value)
