# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be a fleet, and the line for each thing that cannot."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.environment.check import check_fleet
from ansible_collections.slipway.deploy.plugins.module_utils.environment.source import Places

FILE = "inventories/dev/fleet.yml"
PLACES = Places({"a": f"{FILE}:5", "b": f"{FILE}:9"}, {"priority_high": f"{FILE}:7"})
EMPTY = (
    "no service in group fleet and no host in backend, site or database. "
    "List the services in fleet.yml, each in a group priority_<number> below fleet; hosts come from aws_ec2.yml"
)
TWO_KINDS = "A host is of one kind. List the machine once for each, under two names, with ansible_host"
NO_NUMBER = "the priority is not a number. Name the group priority_<number>, such as priority_4"
NO_PORT = "is not a valid port. Write a number from 1 to 65535"
A, B = PLACES.hosts["a"], PLACES.hosts["b"]
GOOD = {"all": ["a", "b"], "fleet": ["a", "b"], "priority_1": ["a"], "priority_12": ["b"]}


def lines(groups: dict[str, list[str]], host_vars: dict[str, dict[str, Any]] | None = None) -> list[str]:
    with pytest.raises(SlipwayError) as caught:
        check_fleet("dev", groups, host_vars or {}, PLACES, "x-")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "host_vars",
    [
        {},
        {"a": {"ecs_service": "one"}, "b": {"ecs_service": "two"}},
        {"a": {"ecs_service": "{{ x }}"}, "b": {"ecs_service": "{{ x }}"}},
        {"a": {"service_port": 8080}, "b": {"service_port": "8081"}},
        {"a": {"service_port": "{{ base + 1 }}"}},
    ],
)
def test_a_fleet(host_vars: dict[str, dict[str, Any]]) -> None:
    check_fleet("dev", GOOD, host_vars, PLACES, "x-")


@pytest.mark.parametrize(
    ("groups", "line"),
    [
        (
            {"all": []},
            f"inventories/dev: {EMPTY}",
        ),
        (
            {"fleet": []},
            f"inventories/dev: {EMPTY}",
        ),
        (
            {"fleet": ["a", "b"], "priority_1": ["a"], "priority_high": ["b"]},
            f"{FILE}:7: priority_high: {NO_NUMBER}",
        ),
        (
            {"fleet": ["a", "b"], "priority_1": ["a"], "priority_0": ["b"]},
            f"inventories/dev: priority_0: {NO_NUMBER}",
        ),
        (
            {"fleet": ["a", "b"], "priority_1": ["a", "b"], "priority_4": ["b"]},
            f"{B}: b is in priority_1 and priority_4. A service has one priority",
        ),
        (
            {"fleet": ["a", "b"], "priority_1": ["a"]},
            f"{B}: b has no priority. Put it into one of the groups priority_<number>",
        ),
        (
            {"backend": ["a"], "site": ["a", "b"]},
            f"{A}: a is in backend and in site. {TWO_KINDS}",
        ),
        (
            {"fleet": ["a"], "priority_1": ["a"], "priority_4": ["b"]},
            f"{B}: b is in priority_4 but not in fleet. Put priority_4 below fleet's children",
        ),
    ],
)
def test_groups_that_are_no_fleet(groups: dict[str, list[str]], line: str) -> None:
    assert lines(groups) == [line]


@pytest.mark.parametrize(
    ("host_vars", "line"),
    [
        (
            {"a": {"ecs_service": "one"}, "b": {"ecs_service": "one"}},
            f"{B}: b and a are both the ECS service one. Give each its own ecs_service",
        ),
        ({"b": {"ecs_service": "x-a"}}, f"{B}: b and a are both the ECS service x-a. Give each its own ecs_service"),
        (
            {"a": {"service_port": "http"}},
            f"{A}: service_port http of a {NO_PORT}",
        ),
        ({"a": {"service_port": 0}}, f"{A}: service_port 0 of a {NO_PORT}"),
        (
            {"a": {"service_port": 65536}},
            f"{A}: service_port 65536 of a {NO_PORT}",
        ),
        ({"a": {"service_port": True}}, f"{A}: service_port True of a {NO_PORT}"),
        ({"a": {"service_port": "²"}}, f"{A}: service_port ² of a {NO_PORT}"),
    ],
)
def test_variables_that_are_no_fleet(host_vars: dict[str, dict[str, Any]], line: str) -> None:
    assert lines(GOOD, host_vars) == [line]


def test_every_mistake_is_told() -> None:
    groups = {"fleet": ["a", "b"], "priority_1": ["a"], "priority_4": ["a"]}
    assert len(lines(groups, {"a": {"service_port": -1}})) == 3
