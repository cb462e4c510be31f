# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image is called, and how a plan shows what differs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.slipway.deploy.plugins.module_utils.checks.status import status_of
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.naming import best_tag, name_images, name_running
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import nothing_to_do
from ansible_collections.slipway.deploy.plugins.module_utils.render.plan import plan as plan_screen

from ..render import samples
from .aws_double import ARN, AwsDouble, Refusal
from .builders import NEW, OLD, desired, image

FAMILY = "sdt-dev-user-service"


@pytest.mark.parametrize(
    ("tags", "best"),
    [
        (["latest", "8d20c11"], "8d20c11"),
        (["latest", "v1.4.2", "stable"], "v1.4.2"),
        (["latest", "stable"], "stable"),
        (["latest"], "latest"),
        ([], ""),
    ],
)
def test_the_best_of_an_image_s_tags(tags: list[str], best: str) -> None:
    assert best_tag(tags) == best


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> AwsDouble:
    """A service that runs a revision of Terraform's, pinned by digest, and ECR that knows its tags."""
    double = AwsDouble()
    secret = [{"name": "DB_URL", "value": "s3cret-one"}]
    double.add_definition(f"{FAMILY}:1", container={"image": image(), "environment": secret}, memory="512")
    double.add_service(FAMILY, f"{FAMILY}:1")
    double.add_image("sdt/dev/user-service", "new", NEW)
    tags = {OLD: ["latest", "8d20c11"], NEW: ["new"]}

    def described(params: dict[str, Any]) -> Any:
        digest = params["imageIds"][0]["imageDigest"]
        return {"imageDetails": [{"imageDigest": digest, "imageTags": tags[digest]}]}

    monkeypatch.setattr(double, "_DescribeImages", described, raising=False)
    return double


def planned(aws: AwsDouble, tag: str = "new", **options: Any) -> Plan:
    wanted = [desired(tag=tag)]
    observation = name_running(observe(wanted, aws, TaskDefinitionCache(None)), aws)
    return name_images(plan(wanted, observation, PlanOptions(**options)), aws)


def test_a_revision_that_is_pinned_by_others_keeps_its_tag_on_every_screen(aws: AwsDouble) -> None:
    (change,) = planned(aws).changes
    assert change.before.label == f"8d20c11 {OLD[:11]}"
    aws.add_image("sdt/dev/user-service", "8d20c11", OLD)
    (unchanged,) = planned(aws, OLD).unchanged
    assert unchanged.running.tag == "8d20c11"
    (facts,) = name_running(observe([desired()], aws, TaskDefinitionCache(None)), aws).facts
    assert status_of(facts, {}, None).tag == "8d20c11"


def test_a_deploy_of_a_digest_is_called_by_its_tag(aws: AwsDouble) -> None:
    (change,) = planned(aws, NEW).changes
    assert change.after.tag == "new"


def test_tags_that_may_not_be_read_are_not_needed(aws: AwsDouble) -> None:
    aws.refuse["DescribeImages"] = Refusal("AccessDeniedException")
    (change,) = planned(aws).changes
    assert change.before.tag == ""


def test_the_diff_shows_the_fields_that_differ_and_no_secret(aws: AwsDouble) -> None:
    labels = {"token": "s3cret-three"}
    edited = {"image": image(), "environment": [{"name": "DB_URL", "value": "s3cret-two"}], "dockerLabels": labels}
    aws.add_definition(f"{FAMILY}:2", container=edited, memory="1024")
    diff = planned(aws, ship_drift=True).as_diff()
    assert diff["before"].splitlines() == [
        f"priority 4  user-service  {FAMILY}:1",
        "  environment DB_URL (app): (not shown)",
        f"  image (app): sdt/dev/user-service@{OLD}",
        "  memory: 512",
    ]
    assert diff["after"].splitlines() == [
        f"priority 4  user-service  {FAMILY}:new",
        "  dockerLabels (app): (not shown)",
        "  environment DB_URL (app): (another, not shown)",
        f"  image (app): sdt/dev/user-service@{NEW}",
        "  memory: 1024",
    ]
    assert "s3cret" not in str(diff)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"desiredCount": 0}, "not exercised: desired count is 0"),
        (
            {"desiredCount": 0, "schedulingStrategy": "DAEMON"},
            "not exercised: its cluster has no container instance for it",
        ),
        ({"desiredCount": 2, "schedulingStrategy": "DAEMON"}, ""),
    ],
)
def test_what_is_not_exercised_is_said_once(aws: AwsDouble, fields: dict[str, Any], says: str) -> None:
    aws.add_service(FAMILY, f"{FAMILY}:1", **fields)
    (change,) = planned(aws).changes
    assert change.exercised is not bool(says)
    record = {**samples.planned(), "targets": [change.as_dict()]}
    screen = " ".join(" ".join(plan_screen(record, 0.0)).split())
    assert screen.count("not exercised") == bool(says)
    assert says in screen


def test_nothing_to_deploy_counts_what_was_asked_for() -> None:
    record = samples.unchanged()
    for item in record["unchanged"][1:]:
        item["why"] = "outside the limit"
    assert nothing_to_do(record) == "nothing to deploy: 1 service already runs the requested release"
    assert f"{ARN}" not in nothing_to_do(record)
