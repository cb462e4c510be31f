# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy of the role that deploys a fleet."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.permissions.policy import (
    SHARED,
    Names,
    check_names,
    deploy_policy,
)

#: What all customers share, and what a condition restricts.
CONDITIONAL = ("WholeAccount", "Images", "StateKeys", "ServicesOfCluster")


def names(customer: str) -> Names:
    return Names(
        account="123456789012",
        region="eu-west-1",
        cluster=f"sdt-{customer}-cluster",
        services=f"sdt-{customer}-",
        registry=("210987654321", "eu-central-1"),
        images="sdt/shared/",
        logs=f"/ecs/sdt/{customer}/",
        secrets=f"/sdt/{customer}/",
        state=("sdt-customers", customer),
    )


def statements(policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["Sid"]: one for one in policy["Statement"]}


def test_each_statement_is_about_the_customer() -> None:
    found = statements(deploy_policy(names("acme")))
    assert found["WholeAccount"]["Action"] == sorted(SHARED)
    assert found["Images"]["Resource"] == ["arn:aws:ecr:eu-central-1:210987654321:repository/sdt/shared/*"]
    assert found["SecretsExist"]["Resource"] == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:sdt/acme/*"]
    assert found["StateKeys"]["Condition"] == {"StringLike": {"s3:prefix": "acme/*"}}
    assert "acme" in found["ServicesOfCluster"]["Condition"]["ArnEquals"]["ecs:cluster"]
    for name, one in found.items():
        if name not in CONDITIONAL:
            assert all("acme" in resource for resource in one["Resource"]), name
    assert not [action for one in found.values() for action in one["Action"] if "*" in action]


def test_a_store_without_a_prefix_is_the_whole_bucket() -> None:
    found = statements(deploy_policy(replace(names("acme"), state=("acme-records", ""))))
    assert found["State"]["Resource"] == ["arn:aws:s3:::acme-records/*"]
    assert found["StateKeys"]["Condition"] == {"StringLike": {"s3:prefix": "*"}}


@given(
    one=st.from_regex("[a-z][a-z0-9]{0,5}", fullmatch=True), other=st.from_regex("[a-z][a-z0-9]{0,5}", fullmatch=True)
)
def test_no_pattern_of_one_customer_covers_names_of_another(one: str, other: str) -> None:
    if one == other:
        return
    own = statements(deploy_policy(names(one)))
    for sid, statement in statements(deploy_policy(names(other))).items():
        if sid in CONDITIONAL:
            continue
        for resource in statement["Resource"]:
            example = resource.replace("*", "x")
            assert not any(fnmatchcase(example, pattern) for pattern in own[sid]["Resource"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"services": "sdt-acme"}, "service_name_prefix 'sdt-acme' does not end with -"),
        ({"services": "-"}, "service_name_prefix '-' does not end with -"),
        ({"secrets": "sdt/acme"}, "secret_prefix 'sdt/acme' does not end with /"),
        ({"secrets": "/"}, "secret_prefix '/' does not end with /"),
        ({"logs": ""}, "log_group_prefix '' does not end with /"),
        ({"images": "sdt"}, "image_repository_prefix 'sdt' does not end with /"),
        ({"cluster": "sdt-*"}, "'sdt-*' cannot be a part of a policy"),
        ({"secrets": "${aws:username}/"}, "cannot be a part of a policy"),
    ],
)
def test_names_that_keep_nobody_apart_are_refused(change: dict[str, Any], said: str) -> None:
    check_names(names("acme"), "group_vars")
    with pytest.raises(SlipwayError) as caught:
        check_names(replace(names("acme"), **change), "group_vars")
    assert said in str(caught.value)
