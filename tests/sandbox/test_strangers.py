# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deployers of strangers, unmodified, from the package registries, against the sandbox.

They pin botocore, so they live in a virtual environment of their own: ``scripts/setup.sh clients``.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import Sandbox
from tests.sandbox.conftest import CLUSTER
from tests.support.pace import scaled

CLIENTS = Path(__file__).resolve().parents[2] / ".venv-clients" / "bin"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Sandbox]:
    """A server of its own: these clients poll slowly, so everything is quick here."""
    with Sandbox(speed=20) as made:
        yield made


def run(aws: Sandbox, program: str, *arguments: str, code: int = 0) -> str:
    """Run a client; its output."""
    path = CLIENTS / program
    assert path.exists(), f"{path} is missing: scripts/setup.sh clients"
    ended = subprocess.run(
        [path, *arguments], env=aws.environment, capture_output=True, text=True, timeout=scaled(120), check=False
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout


def running(aws: Sandbox, service: str) -> tuple[str, str]:
    """(task definition, image) of a service's primary deployment."""
    ecs = aws.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]
    body = ecs.describe_task_definition(taskDefinition=found["taskDefinition"])["taskDefinition"]
    return found["taskDefinition"], body["containerDefinitions"][0]["image"]


def test_the_aws_cli_waits_for_a_deployment(fleet: Sandbox) -> None:
    service = "sdt-local-user-service"
    arguments = ("--cluster", CLUSTER, "--services", service)
    run(fleet, "aws", "ecs", "update-service", *arguments[:2], "--service", service, "--force-new-deployment")
    run(fleet, "aws", "ecs", "wait", "services-stable", *arguments)
    query = ("--query", "services[0].deployments[].rolloutState", "--output", "text")
    assert run(fleet, "aws", "ecs", "describe-services", *arguments, *query).split() == ["COMPLETED"]
    images = run(fleet, "aws", "ecr", "describe-images", "--repository-name", "sdt/local/user-service",
                 "--query", "imageDetails[].imageTags[]", "--output", "text")  # fmt: skip
    assert set(images.split()) == {"8d20c11", "3f9c2d1", "latest"}
    lines = run(fleet, "aws", "logs", "filter-log-events", "--log-group-name", "/ecs/sdt/local/user-service")
    assert "Started UserServiceApplication" in lines


def test_fabfuels_ecs_deploy_deploys_and_deregisters(fleet: Sandbox) -> None:
    service = "sdt-local-bff-service"
    before, _ = running(fleet, service)
    output = run(fleet, "ecs", "deploy", CLUSTER, service, "--tag", "3f9c2d1", "--timeout", "60")
    assert "Deployment successful" in output
    after, image = running(fleet, service)
    assert image.endswith(":3f9c2d1")
    body = fleet.client("ecs").describe_task_definition(taskDefinition=before)["taskDefinition"]
    assert (body["status"], after != before) == ("INACTIVE", True)


def test_fabfuels_ecs_deploy_rolls_back(fleet: Sandbox) -> None:
    service = "sdt-local-config-server"
    before, image = running(fleet, service)
    fleet.control("images", {"repository": "sdt/local/config-server", "tag": "bad0001"})
    fleet.control("images", {"repository": "sdt/local/config-server", "tag": "bad0001", "behaviour": {"fail": "crash"}})
    output = run(fleet, "ecs", "deploy", CLUSTER, service, "--tag", "bad0001", "--timeout", "4", "--rollback", code=1)
    assert "Rolling back" in output
    after, now = running(fleet, service)
    assert (after, now) == (before, image)


def test_fabfuels_ecs_scale(fleet: Sandbox) -> None:
    output = run(fleet, "ecs", "scale", CLUSTER, "sdt-local-task-service", "3", "--timeout", "60")
    assert "Scaling successful" in output
