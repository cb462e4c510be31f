# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shipped policies: whom the roles trust, and what they allow. What they must allow: test_fleet_workflow.py."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.authorization import UNSCOPED
from tests.support.act import SHIPPED, allowed

ROLES = ("detect", "build", "deploy")
SUBJECT = re.compile(r"repo:[\w-]+@\d+/[\w-]+@\d+:(ref:refs/heads/main|environment:dev)")
#: What changes something, and so belongs to one role only.
CHANGES = re.compile(r"[a-z0-9-]+:(?!Describe|List|Get|Filter|BatchGet|BatchCheck|Simulate)\w+")
#: AWS knows a resource for it, but Slipway does not know its name before.
ANY_NAME = {"ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"}
#: Actions without a resource that the sandbox does not ask about.
OTHERS = {"ec2:DescribeInstances", "sts:GetServiceBearerToken"}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SHIPPED / "iam" / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("role", ROLES)
def test_only_one_repository_s_branch_or_environment_is_trusted(role: str) -> None:
    (statement,) = document(f"trust-{role}")["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert list(statement["Condition"]) == ["StringEquals"]
    condition = statement["Condition"]["StringEquals"]
    assert set(condition) == {f"{issuer}:aud", f"{issuer}:sub"}
    assert condition[f"{issuer}:aud"] == "sts.amazonaws.com"
    subject = condition[f"{issuer}:sub"]
    assert SUBJECT.fullmatch(subject)
    assert subject.endswith(":environment:dev") == (role == "deploy")


@pytest.mark.parametrize("role", ROLES)
def test_each_action_is_named_and_its_resources_too_where_aws_knows_them(role: str) -> None:
    text = json.dumps(document(role), separators=(",", ":"))
    assert len(text) < 6144  # IAM's limit for a managed policy
    for statement in document(role)["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in statement["Action"])
        if "*" in statement["Resource"]:
            unscoped = {f"{service}:{name}" for service, names in UNSCOPED.items() for name in names}
            assert set(statement["Action"]) <= unscoped | ANY_NAME | OTHERS


def test_a_role_changes_only_what_its_job_does() -> None:
    changes = {role: {action for action in allowed(role) if CHANGES.fullmatch(action)} for role in ROLES}
    assert changes["detect"] == set()
    assert {action.partition(":")[0] for action in changes["build"]} == {"codeartifact", "ecr", "s3"}
    assert {action.partition(":")[0] for action in changes["deploy"]} == {"ecs", "iam", "s3"}
