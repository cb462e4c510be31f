# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One image in several containers of a task: from the plan to the revision and back."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.registration import build_registration
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.rollback import (
    definitions_wanted,
    desired_for_rollback,
    plan_rollback,
)

from .aws_double import ARN, AwsDouble
from .builders import NEW, OLD, desired, image

FAMILY = "sdt-dev-user-service"
THIRD = "sha256:" + "e" * 64


def fleet(app: str, *others: tuple[str, str], tags: dict[str, str] | None = None, revision: int = 1) -> AwsDouble:
    """A service whose task has these containers."""
    double = AwsDouble()
    sidecars = [{"name": name, "image": text, "essential": False} for name, text in others]
    double.add_definition(f"{FAMILY}:{revision}", tags, container={"image": app}, sidecars=sidecars)
    double.add_service(FAMILY, f"{FAMILY}:{revision}", currentServiceRevisions=[{"arn": "rev"}])
    containers = [{"containerName": "app", "imageDigest": OLD}]
    double.revisions["rev"] = {
        "serviceRevisionArn": "rev",
        "taskDefinition": f"{ARN}{FAMILY}:{revision}",
        "containerImages": containers,
    }
    double.add_image("sdt/dev/user-service", "old", OLD)
    double.add_image("sdt/dev/user-service", "new", NEW)
    return double


def planned(aws: AwsDouble, **options: Any) -> Plan:
    return plan([desired()], observe([desired()], aws, TaskDefinitionCache(None)), PlanOptions(**options))


def images(kwargs: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["image"] for item in kwargs["containerDefinitions"]}


PINNED = image(version=f"@{OLD}")
DUAL_STACK = "962496666337.dkr-ecr.eu-west-1.on.aws/sdt/dev/user-service:old"


@pytest.mark.parametrize(
    ("app", "other"),
    [
        (image(version=":old"), image(version=":old")),
        (PINNED, PINNED),
        (image(version=":latest"), image(version="")),
        (image(version=":old"), image(version=":latest")),
        (PINNED, image(version=":latest")),
        (image(version=":old"), DUAL_STACK),
    ],
)
def test_all_containers_of_one_image_move(app: str, other: str) -> None:
    aws = fleet(app, ("migrate", other), ("nginx", "nginx:1.25"))
    (change,) = planned(aws).changes
    assert "the same image in migrate" in change.notes
    made = images(build_registration(aws, change.as_dict(), "r1"))
    new = image(version=f"@{NEW}")
    assert made == {"app": new, "migrate": new, "nginx": "nginx:1.25"}


@pytest.mark.parametrize("version", [":v1.4.2", f"@{THIRD}"])
def test_another_version_stays_and_the_plan_says_so(version: str) -> None:
    aws = fleet(image(version=":old"), ("tools", image(version=version)))
    (change,) = planned(aws).changes
    said = "sha256:eeee" if version.startswith("@") else "v1.4.2"
    assert f"tools stays at {said}: its version is another than app's" in change.notes
    assert images(build_registration(aws, change.as_dict(), "r1"))["tools"] == image(version=version)


@pytest.mark.parametrize(
    "other", ["nginx:old", image("task-service", ":old"), "ghcr.io/sdt/dev/user-service:old", "not an image"]
)
def test_another_repository_is_another_image(other: str) -> None:
    aws = fleet(image(version=":old"), ("other", other))
    (change,) = planned(aws).changes
    assert not any("other" in note for note in change.notes)
    assert images(build_registration(aws, change.as_dict(), "r1"))["other"] == other


def test_a_container_that_an_earlier_release_left_behind_is_a_reason() -> None:
    """Terraform wrote both with one tag; the release moved only one of them."""
    tags = {"slipway:release": "r0", "slipway:base": f"{ARN}{FAMILY}:1", "slipway:tag": "new"}
    aws = fleet(image(version=f"@{NEW}"), ("migrate", image(version=":old")), tags=tags, revision=2)
    sidecars = [{"name": "migrate", "image": image(version=":old")}]
    aws.add_definition(f"{FAMILY}:1", container={"image": image(version=":old")}, sidecars=sidecars)
    (change,) = planned(aws).changes
    assert change.why == ("image of migrate",)
    made = images(build_registration(aws, change.as_dict(), "r1"))
    assert made == dict.fromkeys(("app", "migrate"), image(version=f"@{NEW}"))


def test_what_was_two_versions_for_terraform_stays_two() -> None:
    tags = {"slipway:release": "r0", "slipway:base": f"{ARN}{FAMILY}:1", "slipway:tag": "new"}
    aws = fleet(image(version=f"@{NEW}"), ("tools", image(version=":v1")), tags=tags, revision=2)
    sidecars = [{"name": "tools", "image": image(version=":v1")}]
    aws.add_definition(f"{FAMILY}:1", container={"image": image(version=":old")}, sidecars=sidecars)
    assert planned(aws).changes == ()


def test_the_second_plan_is_empty_and_there_is_no_drift() -> None:
    aws = fleet(image(version=":latest"), ("migrate", image(version=":latest")))
    (change,) = planned(aws).changes
    kwargs = build_registration(aws, change.as_dict(), "r1")
    arn = aws._RegisterTaskDefinition(dict(kwargs))["taskDefinition"]["taskDefinitionArn"]
    aws.services[FAMILY]["taskDefinition"] = aws.services[FAMILY]["deployments"][0]["taskDefinition"] = arn
    second = planned(aws)
    assert (second.changes, second.drift) == ((), {})


def test_an_edit_of_a_container_s_own_version_is_drift() -> None:
    tags = {"slipway:release": "r0", "slipway:base": f"{ARN}{FAMILY}:1", "slipway:cloned-from": f"{ARN}{FAMILY}:1"}
    both = dict.fromkeys(("app", "migrate"), image(version=f"@{NEW}"))
    aws = fleet(both["app"], ("migrate", both["migrate"]), tags=tags, revision=2)
    for revision, version in ((1, ":latest"), (3, ":v1.4.2")):
        sidecars = [{"name": "migrate", "image": image(version=version), "essential": False}]
        aws.add_definition(f"{FAMILY}:{revision}", container={"image": image(version=":latest")}, sidecars=sidecars)
    found = planned(aws)
    assert found.changes == ()
    assert "image" in str(found.drift["user-service"])
    (change,) = planned(aws, ship_drift=True).changes
    assert images(build_registration(aws, change.as_dict(), "r1"))["migrate"] == image(version=":v1.4.2")


def test_an_undo_pins_the_tag_in_every_container_that_named_it() -> None:
    aws = fleet(image(version=":latest"), ("migrate", image(version=":latest")), ("tools", image(version=":v1")))
    (target,) = planned(aws).targets()
    back = {**target, "clone_of": target["from"]["task_definition"], "to": target["from"]}
    made = images(build_registration(aws, back, "r1"))
    assert made == {"app": PINNED, "migrate": PINNED, "tools": image(version=":v1")}


def test_a_rollback_pins_it_as_well() -> None:
    aws = fleet(image(version=":latest"), ("migrate", image(version=":latest")))
    aws.add_definition(
        f"{FAMILY}:2", {"slipway:release": "r1"}, container={"image": image(version=f"@{NEW}")}, sidecars=[]
    )
    service = aws.services[FAMILY]
    service["taskDefinition"] = service["deployments"][0]["taskDefinition"] = f"{ARN}{FAMILY}:2"
    wanted = {"user-service": {"task_definition": f"{ARN}{FAMILY}:1", "digest": OLD, "tag": "old"}}
    services = desired_for_rollback([desired()], wanted)
    seen = observe(services, aws, TaskDefinitionCache(None), definitions=definitions_wanted(wanted))
    (target,) = plan_rollback(wanted, seen, PlanOptions()).targets()
    assert images(build_registration(aws, target, "r2")) == {"app": PINNED, "migrate": PINNED}
