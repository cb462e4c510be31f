# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Terraform's outputs as variables: from its file or from SSM, however the environment is named."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sandbox.testing import Sandbox
from tests.inventory.project import Project

OUTPUTS = {
    "artifacts_bucket_name": {"sensitive": False, "type": "string", "value": "umigo-artifacts"},
    "db": {"sensitive": False, "type": ["object", {}], "value": {"endpoint": "db.internal", "port": 5432}},
    "odd": {"sensitive": False, "type": "string", "value": "{{ lookup('pipe', 'id') }}"},
}
DECLARED = """
terraform_outputs:
  file: terraform.json
  variables: {artifact_bucket: artifacts_bucket_name, database: db, odd: odd}
artifact_url: "s3://{{ artifact_bucket }}/{{ database.endpoint }}"
"""


def declare(project: Project, text: str, outputs: object = OUTPUTS) -> None:
    project.write("dev/group_vars/all/terraform.yml", text)
    (project.root / "inventories/dev/group_vars/all.yml").rename(project.root / "inventories/dev/group_vars/all/a.yml")
    project.write("dev/terraform.json", json.dumps(outputs))


def shown(project: Project, *arguments: str, text: str = "{{ artifact_url }} {{ odd }}") -> str:
    ran = project.run("ansible", "user-service", *arguments, "-m", "ansible.builtin.debug", "-a", f"msg='{text}'")
    assert ran.code == 0, ran.out + ran.err
    return ran.out


@pytest.mark.parametrize("arguments", [("-e", "env=dev"), ("-i", "inventories/dev")])
def test_outputs_are_ordinary_variables_and_no_templates(project: Project, arguments: tuple[str, str]) -> None:
    declare(project, DECLARED)
    assert "s3://umigo-artifacts/db.internal {{ lookup('pipe', 'id') }}" in shown(project, *arguments)
    listed = project.inventory(*arguments)
    assert listed["_meta"]["hostvars"]["user-service"]["database"]["port"] == 5432
    assert "terraform" not in json.dumps(sorted(listed))  # The file is not a source of hosts.


def refused(project: Project, *arguments: str) -> str:
    ran = project.run("ansible-playbook", "empty.yml", *arguments)
    assert (ran.code, ran.out) == (4, "")
    return ran.err


def test_all_that_is_missing_is_named_before_anything_runs(project: Project) -> None:
    declare(project, DECLARED, {"db": OUTPUTS["db"]})
    assert refused(project, "-e", "env=dev") == (
        "inventories/dev/terraform.json: has no artifacts_bucket_name (artifact_bucket), no odd (odd). Run terraform "
        "output -json > inventories/dev/terraform.json without sensitive outputs, or correct terraform_outputs\n"
    )


def test_a_sensitive_value_in_the_file_is_refused_and_not_shown(project: Project) -> None:
    secret = {"sensitive": True, "type": "string", "value": "canary-4711"}
    declare(project, DECLARED, {**OUTPUTS, "db_password": secret})
    line = refused(project, "-e", "env=dev")
    assert "holds the value of the sensitive db_password" in line
    assert "canary" not in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("terraform_outputs: terraform.json\n", "is not a mapping"),
        ("terraform_outputs: {variables: {a: b}}\n", "names neither a file nor a path of SSM"),
        ("terraform_outputs: {file: ../terraform.json, variables: {a: b}}\n", "is not in the environment's directory"),
        ("terraform_outputs: {file: terraform.json}\n", "maps no variables"),
        ("terraform_outputs: {file: terraform.json, variables: {a-b: db}}\n", "maps a-b, which cannot be"),
        ("terraform_outputs: {file: gone.json, variables: {a: db}}\n", "inventories/dev/gone.json: cannot be read"),
        ("terraform_outputs: {file: terraform.json, variables: {ecs_cluster: db}}\n", "is also set in group_vars"),
    ],
)
def test_a_mistake_is_one_line(project: Project, text: str, said: str) -> None:
    declare(project, text)
    line = refused(project, "-e", "env=dev")
    assert said in line
    assert line.count("\n") == 1


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed="none") as running:
        yield running


def test_outputs_come_from_ssm(project: Project, sandbox: Sandbox) -> None:
    ssm = sandbox.client("ssm")
    ssm.put_parameter(Name="/local/terraform/artifacts_bucket_name", Value="umigo-local", Type="String")
    ssm.put_parameter(Name="/local/terraform/subnets", Value="a,b", Type="StringList")
    ssm.put_parameter(Name="/local/terraform/db_password", Value="canary-4712", Type="SecureString")
    text = (
        "terraform_outputs:\n  ssm: /{{ env }}/terraform/\n  variables:\n    artifact_bucket: artifacts_bucket_name\n"
    )
    project.write("local/group_vars/fleet.yml", "from_terraform: '{{ artifact_bucket }} {{ subnets }}'\n")
    group_vars = project.root / "inventories/local/group_vars/all.yml"
    kept = group_vars.read_text(encoding="utf-8").replace("http://127.0.0.1:4510", sandbox.endpoint)
    group_vars.write_text(f"{kept}\n{text}    subnets: subnets\n", encoding="utf-8")
    assert "umigo-local ['a', 'b']" in shown(project, "-e", "env=local", text="{{ from_terraform }}")

    group_vars.write_text(f"{kept}\n{text}    password: db_password\n    zone: zone_id\n", encoding="utf-8")
    lines = refused(project, "-e", "env=local").splitlines()
    assert lines[0].startswith("ssm:/local/terraform/: has no zone_id (zone)")
    assert lines[1].startswith("ssm:/local/terraform/: is secret and must not become a variable: db_password")
