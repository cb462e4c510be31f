# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of inventories/dev/aws_ec2.yml, from the sandbox's EC2, as ansible-inventory sees them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.testing import Sandbox
from tests.inventory.project import BIN, ROOT, Project, Ran
from tests.support.project import without_signs

NAME = "umigo-dev-backend"
FAILED = "inventories/dev/aws_ec2.yml: cannot ask AWS for this source:"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed="none") as running:
        yield running


def launch(sandbox: Sandbox, **tags: str) -> str:
    """A running instance with those tags; its id."""
    ec2 = sandbox.client("ec2")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    specification = [{"ResourceType": "instance", "Tags": pairs}]
    answer = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, TagSpecifications=specification)
    return str(answer["Instances"][0]["InstanceId"])


def inventory(project: Project, sandbox: Sandbox, *arguments: str, **environment: str) -> Ran:
    shutil.copy(ROOT / "inventories" / "dev" / "aws_ec2.yml", project.root / "inventories" / "dev")
    done = subprocess.run(
        [str(BIN / "ansible-inventory"), "-e", "env=dev", *arguments],
        cwd=project.root,
        env={**sandbox.environment, "ANSIBLE_HOME": str(project.root / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, without_signs(done.stdout), without_signs(done.stderr))


def members(project: Project, sandbox: Sandbox) -> dict[str, Any]:
    ran = inventory(project, sandbox, "--list")
    assert (ran.code, ran.err) == (0, "")
    listed: dict[str, Any] = json.loads(ran.out)
    return listed


def test_instances_are_grouped_by_role_and_two_of_one_name_stay_two(project: Project, sandbox: Sandbox) -> None:
    first, second = (launch(sandbox, Name=NAME, Role="backend", Environment="dev") for _ in range(2))
    site = launch(sandbox, Name="umigo-dev-site", Role="site", Environment="dev")
    nameless = launch(sandbox, Role="database", Environment="dev")
    launch(sandbox, Name="another", Role="backend", Environment="prod")
    launch(sandbox, Name="unrelated", Role="bastion", Environment="dev")
    stopped = launch(sandbox, Name=NAME, Role="backend", Environment="dev")
    sandbox.client("ec2").stop_instances(InstanceIds=[stopped])
    found = members(project, sandbox)
    assert sorted(found["backend"]["hosts"]) == sorted(f"{NAME}-{identity}" for identity in (first, second))
    assert found["site"]["hosts"] == [f"umigo-dev-site-{site}"]
    assert found["database"]["hosts"] == [nameless]
    host = found["_meta"]["hostvars"][f"{NAME}-{first}"]
    # What AWS says is data, never a template.
    assert host["ec2_instance_id"] == {"__ansible_unsafe": first}
    assert host["ansible_host"] == host["ec2_private_ip_address"]
    assert host["ansible_connection"] == "ssh"


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            (
                f'{FAILED} Could not connect to the endpoint URL: "http://127.0.0.1:9/". '
                "Check aws_region (is it spelt right?), aws_endpoint_url and the network"
            ),
        ),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            (
                f"{FAILED} no AWS credentials were found. Set aws_profile in the environment's group_vars, "
                "AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ),
        ),
    ],
)
def test_a_source_that_does_not_answer_is_one_line_and_no_inventory(
    project: Project, sandbox: Sandbox, environment: dict[str, str], said: str
) -> None:
    ran = inventory(project, sandbox, "--graph", **environment)
    assert (ran.code, ran.out, ran.err.strip()) == (4, "", said)


def test_checking_the_syntax_asks_no_cloud(project: Project, sandbox: Sandbox) -> None:
    shutil.copy(ROOT / "inventories" / "dev" / "aws_ec2.yml", project.root / "inventories" / "dev")
    ran = project.run("ansible-playbook", "--syntax-check", "empty.yml", "-e", "env=dev")
    assert (ran.code, ran.err) == (0, "")
