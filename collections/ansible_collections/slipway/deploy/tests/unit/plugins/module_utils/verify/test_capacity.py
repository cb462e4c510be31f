# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The platform that the tasks of a service run on."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.verify.capacity import platform_of

from ..fleet.aws_double import ARN, AwsDouble, Refusal
from ..fleet.builders import NEW
from .service import verified

X86, ARM = {"linux/amd64": "sha256:" + "1" * 64}, {"linux/arm64": "sha256:" + "2" * 64}
WINDOWS = {"windows/amd64": "sha256:" + "3" * 64}


def instance(machine: str, system: str = "linux", provider: str = "") -> dict[str, Any]:
    """A container instance as it reports itself."""
    attributes = [{"name": "ecs.os-type", "value": system}, {"name": "ecs.cpu-architecture", "value": machine}]
    return {"attributes": attributes, **({"capacityProviderName": provider} if provider else {})}


def placed(
    aws: AwsDouble, monkeypatch: pytest.MonkeyPatch, service: dict[str, Any], *instances: dict[str, Any]
) -> list[dict[str, Any]]:
    """The service without a platform of its own, on these instances; what the cluster was asked."""
    asked: list[dict[str, Any]] = []
    body = aws.definitions[f"{ARN}sdt-dev-user-service:1"]
    body.pop("runtimePlatform")
    body["requiresCompatibilities"] = ["EC2", "FARGATE"]
    aws.services["sdt-dev-user-service"].update(service)

    def listed(params: dict[str, Any]) -> Any:
        asked.append(params)
        return {"containerInstanceArns": [str(index) for index in range(len(instances))]}

    monkeypatch.setattr(aws, "_ListContainerInstances", listed, raising=False)
    described = {"containerInstances": list(instances), "failures": []}
    monkeypatch.setattr(aws, "_DescribeContainerInstances", lambda _params: described, raising=False)
    return asked


ON_EC2 = {"launchType": "EC2"}
BY_PROVIDER = {"capacityProviderStrategy": [{"capacityProvider": "graviton", "weight": 1}]}
BY_FARGATE = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT"}, {"capacityProvider": "FARGATE"}]}
GRAVITON, XEON = instance("arm64", provider="graviton"), instance("x86_64", provider="xeon")


@pytest.mark.parametrize(
    ("service", "instances", "built", "says"),
    [
        (ON_EC2, (instance("arm64"),), ARM, ""),
        (ON_EC2, (instance("arm64"),), X86, "is for linux/amd64, but its tasks run on linux/arm64"),
        (ON_EC2, (instance("x86_64"),), X86, ""),
        (ON_EC2, (instance("arm64"), instance("x86_64")), {**X86, **ARM}, ""),
        (ON_EC2, (instance("x86_64", "windows"),), WINDOWS, ""),
        (ON_EC2, (instance("x86_64", "windows"),), X86, "its tasks run on windows/amd64"),
        (BY_PROVIDER, (GRAVITON, XEON), ARM, ""),
        (BY_PROVIDER, (GRAVITON, XEON), X86, "its tasks run on linux/arm64"),
        ({"launchType": "EXTERNAL"}, (instance("arm64"),), ARM, ""),
        ({"launchType": "FARGATE"}, (instance("arm64"),), X86, ""),
        ({"launchType": "FARGATE"}, (instance("arm64"),), ARM, "its tasks run on linux/amd64"),
        (BY_FARGATE, (), ARM, "its tasks run on linux/amd64"),
    ],
)
def test_the_platform_is_that_of_the_launch_type_or_of_the_instances(
    aws: AwsDouble,
    monkeypatch: pytest.MonkeyPatch,
    service: dict[str, Any],
    instances: tuple[dict[str, Any], ...],
    built: dict[str, str],
    says: str,
) -> None:
    placed(aws, monkeypatch, service, *instances)
    aws.add_image("sdt/dev/user-service", "new", NEW, built)
    found = verified(aws)
    assert [says in str(error) for error in found.errors] == ([True] if says else [])
    assert found.unverifiable == ()
    assert found.platforms


@pytest.mark.parametrize(
    ("service", "instances", "says"),
    [
        (ON_EC2, (), "there is no container instance yet"),
        (BY_PROVIDER, (XEON,), "there is no container instance yet"),
        (ON_EC2, (instance("arm64"), instance("x86_64")), "no constraint keeps its tasks off"),
        (ON_EC2, ({"attributes": []},), "does not report its architecture"),
    ],
)
def test_a_platform_that_cannot_be_known_is_not_verifiable(
    aws: AwsDouble,
    monkeypatch: pytest.MonkeyPatch,
    service: dict[str, Any],
    instances: tuple[dict[str, Any], ...],
    says: str,
) -> None:
    placed(aws, monkeypatch, service, *instances)
    aws.add_image("sdt/dev/user-service", "new", NEW, X86)
    found = verified(aws)
    assert found.errors == ()
    assert [says in item for item in found.unverifiable] == [True]


def test_instances_that_may_not_be_listed_are_not_verifiable(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    placed(aws, monkeypatch, ON_EC2, instance("arm64"))
    aws.refuse["ListContainerInstances"] = Refusal("AccessDeniedException")
    found = verified(aws)
    assert found.errors == ()
    assert "AccessDeniedException" in found.unverifiable[0]


def test_placement_constraints_are_asked_with(aws: AwsDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    arm = "attribute:ecs.cpu-architecture == arm64"
    service = {
        **ON_EC2,
        "placementConstraints": [{"type": "memberOf", "expression": arm}, {"type": "distinctInstance"}],
    }
    asked = placed(aws, monkeypatch, service, instance("arm64"))
    aws.add_image("sdt/dev/user-service", "new", NEW, ARM)
    assert verified(aws).errors == ()
    assert {item["filter"] for item in asked} == {f"({arm})"}


@pytest.mark.parametrize(
    ("body", "platform"),
    [
        ({}, ""),
        ({"requiresCompatibilities": ["EC2", "FARGATE"]}, ""),
        ({"requiresCompatibilities": ["FARGATE"]}, "linux/amd64"),
        ({"runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"}}, "linux/arm64"),
        ({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}, "windows/amd64"),
        ({"runtimePlatform": {"cpuArchitecture": "RISCV"}}, ""),
    ],
)
def test_platforms(body: dict[str, Any], platform: str) -> None:
    assert platform_of(body) == platform
