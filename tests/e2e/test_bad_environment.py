# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An environment that is not named, whose files are wrong, or whose cluster is not what they say."""

from __future__ import annotations

import pytest

from tests.e2e.bad_input import (
    ALL,
    FLEET,
    REGISTRY,
    USER,
    VARS,
    Arrange,
    Place,
    Row,
    both,
    edit,
    lines_of,
    refuses,
    row,
    untouched,
    variable,
)

#: What a checked-out project says.
SMOKE = """\
smoke_checks:
  - name: health
    path: "/{{ inventory_hostname }}/actuator/health"
    status: 200
"""
PLUGIN = "plugin: slipway.deploy.ecs_services\n"
ARN = "arn:aws:ecs:eu-west-1:000000000000:service/sdt-local-cluster/sdt-local-user-service"
FIRST = "inventories/local (host config-server)"
AGAIN = "ansible-playbook deploy.yml -e env=local -e image_tag=…"


def from_tags(tags: list[dict[str, str]]) -> Arrange:
    """The fleet is read from the cluster, where a service's tags are changed."""

    def arrange(place: Place) -> None:
        place.file(FLEET).unlink()
        place.file("fleet.aws_ecs.yml").write_text(PLUGIN, encoding="utf-8")
        ecs = place.sandbox.client("ecs")
        ecs.untag_resource(resourceArn=ARN, tagKeys=["Priority"])
        ecs.tag_resource(resourceArn=ARN, tags=tags)

    return arrange


def delete_service(place: Place) -> None:
    place.sandbox.client("ecs").delete_service(
        cluster="sdt-local-cluster", service="sdt-local-user-service", force=True
    )


INVENTORY = [
    row(
        "service twice",
        f"inventories/local/{FLEET}:21: bff-service is written twice, first on line 19. Keep one of them",
        arrange=edit(FLEET, "        user-service:", "        bff-service:"),
    ),
    row(
        "template of a name that is not there",
        f"{FIRST}: default_image_tag cannot be templated: 'tag_of_main' is undefined. "
        "Correct the template, or set what it uses",
        arrange=edit(VARS, "default_image_tag: latest", 'default_image_tag: "{{ tag_of_main }}"'),
    ),
    row(
        "template with an error of syntax",
        f"{FIRST}: max_parallel cannot be templated: Syntax error in template: unexpected end of template, "
        "expected 'end of print statement'. Correct the template, or set what it uses",
        arrange=edit(VARS, "max_parallel: 4", 'max_parallel: "{{ cores "'),
    ),
    row(
        "smoke check with an unknown key",
        f"{FIRST}: smoke_checks[0]: a smoke check has no 'statuss'. Did you mean status?",
        arrange=edit(VARS, "    status: 200", "    statuss: 200"),
    ),
    row(
        "region and account that are none",
        f"{ALL}: aws_region 'eu-west1' is not an AWS region. Write it as in eu-west-1",
        f"{ALL}: account_id '12345' is not an AWS account number. "
        "Write the twelve digits in quotes (YAML drops leading zeros otherwise)",
        arrange=both(variable("aws_region", "eu-west1"), variable("account_id", "12345")),
    ),
]

AWS = [
    row(
        "account that is another",
        f"{ALL}: the credentials belong to account 000000000000, but local is account 111111111111. "
        "Use the profile of that account (aws_profile), or correct account_id",
        arrange=variable("account_id", '"111111111111"'),
    ),
    row(
        "cluster that does not exist",
        f"{ALL}: cluster sdt-local-clutser does not exist in eu-west-1 of account 000000000000. "
        "Correct ecs_cluster or aws_region",
        arrange=variable("ecs_cluster", "sdt-local-clutser"),
    ),
    row(
        "what is not there",
        "inventories/local (host bff-service): service sdt-local-bffs is not in cluster sdt-local-cluster (MISSING). "
        "Correct ecs_service, ecs_cluster or aws_region, or let Terraform create it",
        "inventories/local (host task-service): sdt-local-task-service:1 has no container 'app' "
        "(there are: task-service). Set container_name",
        f"{ALL}: no image main of config-server, discovery-server, api-gateway and 6 more exists "
        f"(Requested image not found). Push them, or set a tag that all of them have: {AGAIN}",
        f"{USER}: image {REGISTRY}/sdt/local/users:main does not exist (repository sdt/local/users does not exist). "
        f"Push it, or set the tag of an image that exists: {AGAIN}",
        arrange=both(
            variable("default_image_tag", "main"),
            edit(FLEET, "service_port: 8081", "service_port: 8081\n          ecs_service: sdt-local-bffs"),
            edit(FLEET, "service_port: 8082", "service_port: 8082\n          image_repository: sdt/local/users"),
            edit(FLEET, "service_port: 8083", "service_port: 8083\n          container_name: app"),
        ),
    ),
]

SPOIL = [
    row(
        "service that was deleted",
        f"{USER}: service sdt-local-user-service is INACTIVE. Create it again, or remove the host",
        arrange=delete_service,
    ),
    row(
        "priority tag that is missing",
        f"inventories/local/fleet.aws_ecs.yml: {ARN}: the service has no tag Priority. "
        "Rename the tag priority (case matters)",
        arrange=from_tags([{"key": "priority", "value": "4"}]),
    ),
]


@pytest.mark.parametrize("row", [*INVENTORY, *AWS])
def test_it_ends_before_any_change_in_one_line(place: Place, row: Row) -> None:
    refuses(place, row)


@pytest.mark.parametrize("row", SPOIL)
def test_it_ends_in_one_line_when_the_cluster_is_wrong(spoilt: Place, row: Row) -> None:
    refuses(spoilt, row)


THERE = "(there are dev, local, production, staging)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), f"env is missing: run ansible-playbook deploy.yml -e env=… {THERE}", id="missing"),
        pytest.param(
            ("-e", "env=loacl"),
            f"env=loacl: no such environment in inventories/ {THERE}. Did you mean local?",
            id="misspelt",
        ),
    ],
)
def test_the_environment_has_to_be_named(place: Place, arguments: tuple[str, ...], said: str) -> None:
    place.sandbox.control("calls", {"reset": True})
    ran = place.run("deploy.yml", *arguments)
    assert (ran.code, lines_of(ran)) == (4, [said])
    untouched(place)
