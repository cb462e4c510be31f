# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A host that runs its own bundle: -e self=backend, as ansible-inventory sees it."""

from __future__ import annotations

import pytest

from tests.inventory.project import Project


def test_this_machine_is_the_only_host_and_has_the_environments_variables(project: Project) -> None:
    project.write("dev/broken.aws_ec2.yml", "plugin: no.such.plugin\n")
    project.write("dev/group_vars/backend.yml", "of_the_group: here\n")
    found = project.inventory("-e", "env=dev", "-e", "self=backend", "-e", "self_name=i-0abc")
    assert found["backend"] == {"hosts": ["i-0abc"]}
    assert "fleet" not in found
    variables = found["_meta"]["hostvars"]["i-0abc"]
    assert variables["ansible_connection"] == "local"
    assert variables["of_the_group"] == "here"
    assert variables["account_id"] == "962496666337"
    assert variables["env"] == "dev"


def test_without_a_name_it_is_the_instance_or_the_host_name(project: Project) -> None:
    found = project.inventory("-e", "env=dev", "-e", "self=site")
    (name,) = found["site"]["hosts"]
    assert name


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-e", "self=backned"], "-e self: self=backned is not a group of hosts. Use one of backend, site, database"),
        (
            ["-e", "self=backend", "-i", "inventories/dev"],
            (
                "-i inventories/dev: reads every source. With -e self=backend leave -i out, and "
                "run ansible-playbook empty.yml -e env=dev -e self=backend"
            ),
        ),
        (["-e", "self_name=x"], "-e self_name: self_name is given without self. Set -e self=backend too"),
        (
            ["-e", "self=backend", "-e", "self_name=../x"],
            "-e self_name: '../x' is not a valid host name. Letters, digits, . and - are allowed",
        ),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(project: Project, arguments: list[str], line: str) -> None:
    ran = project.run("ansible-playbook", "empty.yml", "-e", "env=dev", *arguments)
    assert (ran.code, ran.out, ran.err) == (4, "", f"{line}\n")
