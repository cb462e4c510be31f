# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests with the keys of a role are checked against its policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import iam
from sandbox.testing import Sandbox
from tests.sandbox.conftest import CLUSTER

PLACE = "arn:aws:ecs:eu-west-1:000000000000"
BUCKET = "sdt-local-slipway"
Client = Callable[[str], Any]


def role(aws: Sandbox, name: str, *statements: dict[str, Any]) -> Client:
    """Clients of a new session of a role with these statements."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    made = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    aws.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    keys = aws.client("sts").assume_role(RoleArn=made["Arn"], RoleSessionName="ci")["Credentials"]
    session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], aws.region)
    return lambda service: session.client(service, endpoint_url=aws.endpoint)  # type: ignore[call-overload]


def code(call: Callable[..., Any], **arguments: Any) -> str:
    """The code of a request's error; empty if there is none."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_ecs(aws: Sandbox) -> None:
    service = f"{PLACE}:service/{CLUSTER}/sdt-local-user-service"
    of_cluster = {"ArnEquals": {"ecs:cluster": f"{PLACE}:cluster/{CLUSTER}"}}
    ecs = role(
        aws,
        "ecs-reader",
        {"Action": ["ecs:DescribeServices"], "Resource": service},
        {"Action": "ecs:ListTasks", "Resource": "*", "Condition": of_cluster},
        {"Action": "ecs:RegisterTaskDefinition", "Resource": "*"},
    )("ecs")
    assert code(ecs.describe_services, cluster=CLUSTER, services=["sdt-local-user-service"]) == ""
    both = ["sdt-local-user-service", "sdt-local-task-service"]
    assert code(ecs.describe_services, cluster=CLUSTER, services=both) == "AccessDeniedException"
    assert code(ecs.describe_services, services=["sdt-local-user-service"]) == "AccessDeniedException"
    assert code(ecs.list_tasks, cluster=CLUSTER) == ""
    assert code(ecs.list_tasks, cluster="other") == "AccessDeniedException"
    assert code(ecs.describe_task_definition, taskDefinition="sdt-local-user-service") == "AccessDeniedException"
    container = {"name": "a", "image": "a", "memory": 64}
    assert code(ecs.register_task_definition, family="a", containerDefinitions=[container]) == ""
    with pytest.raises(
        ClientError, match=r"not authorized to perform: iam:PassRole on resource: .*:role/sdt-local-task"
    ):
        ecs.register_task_definition(family="a", containerDefinitions=[container], taskRoleArn="sdt-local-task")
    tags = [{"key": "a", "value": "b"}]
    assert code(ecs.register_task_definition, family="a", containerDefinitions=[container], tags=tags) != ""
    # What the sandbox cannot check is refused, not allowed.
    assert code(ecs.put_account_setting, name="serviceLongArnFormat", value="enabled") == "NotImplemented"


def test_s3(aws: Sandbox) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key="acme/a", Body=b"1")
    prefix = {"Condition": {"StringLike": {"s3:prefix": "acme/*"}}}
    s3 = role(
        aws,
        "s3-reader",
        {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/acme/*"},
        {"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}", **prefix},
    )("s3")
    assert s3.get_object(Bucket=BUCKET, Key="acme/a")["Body"].read() == b"1"
    assert code(s3.put_object, Bucket=BUCKET, Key="acme/b", Body=b"1") == ""
    assert code(s3.delete_object, Bucket=BUCKET, Key="acme/b") == "AccessDenied"
    assert code(s3.get_object, Bucket=BUCKET, Key="other/a") == "AccessDenied"
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="acme/")["Contents"]] == ["acme/a", "acme/b"]
    for wrong in ("", "acme", "other/"):
        assert code(s3.list_objects_v2, Bucket=BUCKET, Prefix=wrong) == "AccessDenied"
    # Whether an object exists is told only to those who may list the bucket: no condition on a prefix allows that.
    assert code(s3.get_object, Bucket=BUCKET, Key="acme/none") == "AccessDenied"
    whole = role(aws, "s3-lister", {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"})("s3")
    assert code(whole.get_object, Bucket=BUCKET, Key="acme/none") == "NoSuchKey"


def test_secrets_parameters_logs_and_images(aws: Sandbox) -> None:
    clients = role(
        aws,
        "reader",
        {"Action": "secretsmanager:*", "Resource": "arn:aws:secretsmanager:*:*:secret:sdt/local/user-service/*"},
        {"Action": "logs:*", "Resource": "arn:aws:logs:*:*:log-group:/ecs/sdt/local/user-service:*"},
        {"Action": "ssm:GetParameter", "Resource": "arn:aws:ssm:*:*:parameter/sdt/local/user-service/*"},
        {"Action": "ecr:*", "Resource": "arn:aws:ecr:*:*:repository/sdt/local/user-service"},
    )
    for name, denied in (("user-service", ""), ("task-service", "AccessDeniedException")):
        path = f"sdt/local/{name}"
        assert code(clients("secretsmanager").get_secret_value, SecretId=f"{path}/database") == denied
        assert code(clients("ssm").get_parameter, Name=f"/{path}/config") == denied
        assert code(clients("logs").describe_log_streams, logGroupName=f"/ecs/{path}") == denied
        assert code(clients("ecr").describe_images, repositoryName=path) == denied
    assert code(clients("sts").get_caller_identity) == ""
    assert code(clients("elbv2").describe_load_balancers) == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "value", "allowed"),
    [
        ({"StringEquals": {"k": ["a", "b"]}}, "b", True),
        ({"StringEquals": {"k": "a*"}}, "ab", False),
        ({"StringLike": {"K": "a*"}}, "ab", True),
        ({"StringLike": {"k": "a*"}}, None, False),
        ({"StringLikeIfExists": {"k": "a*"}}, None, True),
        ({"StringNotEquals": {"k": "a"}}, None, True),
        ({"StringNotLike": {"k": "a*"}}, "ab", False),
        ({"ArnEquals": {"k": "arn:*:x"}}, "arn:aws:x", True),
        ({"Null": {"k": "true"}}, None, True),
        ({"Null": {"k": "false"}}, None, False),
        ({"StringLike": {"k": "a*"}, "Null": {"k": "true"}}, "ab", False),
    ],
)
def test_conditions(condition: dict[str, Any], value: str | None, allowed: bool) -> None:
    policy = {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": condition}]}
    context = {} if value is None else {"k": value}
    assert (iam.decide([policy], "a:b", "x", context) == "allowed") is allowed
    # SimulatePrincipalPolicy ignores them.
    assert iam.decide([policy], "a:b", "x") == "allowed"


def test_an_unknown_operator_is_refused() -> None:
    policy = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"a": "b"}}}}
    with pytest.raises(ValueError, match="does not know the condition operator IpAddress"):
        iam.decide([policy], "a:b", "x", {})
