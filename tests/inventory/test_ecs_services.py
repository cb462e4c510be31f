# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fleet by its tags: the same as the static one, and never a smaller one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.inventory.project import Project

CLUSTER = "sdt-local-cluster"
ARN = "arn:aws:ecs:eu-west-1:000000000000:service/sdt-local-cluster/sdt-local-"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def tagged(project: Project, sandbox: Sandbox) -> Project:
    """The environment local with its services from the tags of a sandbox of the test's own."""
    use_endpoint(project, sandbox.endpoint)
    project.remove("local/fleet.yml")
    project.write("local/fleet.aws_ecs.yml", "plugin: slipway.deploy.ecs_services\n")
    return project


def use_endpoint(project: Project, endpoint: str) -> None:
    name = "local/group_vars/all.yml"
    text = (project.root / "inventories" / name).read_text(encoding="utf-8")
    project.write(name, text.replace("http://127.0.0.1:4510", endpoint))


def tag(sandbox: Sandbox, service: str, **tags: str) -> None:
    items = [{"key": key, "value": value} for key, value in tags.items()]
    sandbox.client("ecs").tag_resource(resourceArn=f"{ARN}{service}", tags=items)


def without_order(inventory: dict[str, Any]) -> dict[str, Any]:
    groups = {
        name: {kind: sorted(names) for kind, names in group.items()}
        for name, group in inventory.items()
        if name != "_meta"
    }
    return groups | {"hostvars": inventory["_meta"]["hostvars"]}


def test_groups_hosts_and_variables_are_those_of_the_static_source(project: Project, sandbox: Sandbox) -> None:
    use_endpoint(project, sandbox.endpoint)
    static = without_order(project.inventory("-e", "env=local"))
    for name, variables in static["hostvars"].items():
        tag(sandbox, name, Port=str(variables["service_port"]))
    project.remove("local/fleet.yml")
    project.write("local/fleet.aws_ecs.yml", "plugin: slipway.deploy.ecs_services\n")
    assert without_order(project.inventory("-e", "env=local")) == static
    assert without_order(project.inventory("-i", "inventories/local")) == static


def test_a_priority_that_is_no_number_is_told(tagged: Project, sandbox: Sandbox) -> None:
    tag(sandbox, "user-service", Priority="high")
    try:
        ran = tagged.run("ansible-inventory", "--graph", "-e", "env=local")
    finally:
        tag(sandbox, "user-service", Priority="4")
    line = f"inventories/local/fleet.aws_ecs.yml: {ARN}user-service: tag Priority='high' is not a number. "
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == f"{line}Write a whole number from 1\n"


def test_a_cluster_that_is_missing_is_told(tagged: Project) -> None:
    tagged.write("local/fleet.aws_ecs.yml", "plugin: slipway.deploy.ecs_services\ncluster: sdt-lokal\n")
    ran = tagged.run("ansible-inventory", "--graph", "-e", "env=local")
    assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
    assert ran.err.startswith("inventories/local/fleet.aws_ecs.yml: ")
    assert "sdt-lokal" in ran.err


def test_an_account_that_cannot_be_reached_is_no_empty_fleet(project: Project) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        use_endpoint(project, f"http://127.0.0.1:{unused.getsockname()[1]}")
        project.write("local/more.aws_ecs.yml", "plugin: slipway.deploy.ecs_services\n")
        ran = project.run("ansible-inventory", "--graph", "-e", "env=local")
    assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
    assert ran.err.startswith("inventories/local/more.aws_ecs.yml: ")


def test_another_account_is_refused(tagged: Project) -> None:
    name = "local/group_vars/all.yml"
    text = (tagged.root / "inventories" / name).read_text(encoding="utf-8")
    tagged.write(name, text.replace('account_id: "000000000000"', 'account_id: "111111111111"'))
    ran = tagged.run("ansible-inventory", "--graph", "-e", "env=local")
    assert ran.code == 4
    assert "the credentials belong to account 000000000000, but local is account 111111111111" in ran.err
