# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The IAM policy of the role that deploys a fleet: its own names, paths and state, and nothing of another's. Pure.

Several customers may share an account: their services differ by prefix, their secrets by path, their records by the
prefix of the state store. Some actions know no resources (:data:`SHARED`): AWS allows them for the whole
account or not at all.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..common.errors import SlipwayError

#: What a deploy needs and AWS cannot restrict. A task definition's plain environment is visible by the first of them,
#: so it must hold nothing that another customer may not see.
SHARED: Final = (
    "application-autoscaling:DescribeScalableTargets",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
)
#: Below an environment's path of secrets, those that a deploy itself reads, such as the URL of a webhook.
OWN_SECRETS: Final = "deploy/"


@dataclass(frozen=True)
class Names:
    """The names of an environment, as its inventory has them.

    :ivar services: the prefix of its ECS services, task definitions and roles.
    :ivar registry: account and region of its images.
    :ivar secrets: the path of its secrets and parameters, with a slash at its end.
    :ivar state: the bucket of its records and the prefix in it, without slashes around it.
    """

    account: str
    region: str
    cluster: str
    services: str
    registry: tuple[str, str]
    images: str
    logs: str
    secrets: str
    state: tuple[str, str]


def check_names(names: Names, where: str) -> None:
    """Refuse names that would not keep an environment apart from others.

    :raises SlipwayError: a prefix is empty, has a wildcard or could be the beginning of another one.
    """
    for variable, value, end in (
        ("service_name_prefix", names.services, "-"),
        ("image_repository_prefix", names.images, "/"),
        ("log_group_prefix", names.logs, "/"),
        ("secret_prefix", names.secrets, "/"),
    ):
        if not value.strip("/-") or not value.endswith(end):
            what = f"{variable} {value[:60]!r} does not end with {end}, so that it covers names of others"
            raise SlipwayError(
                what, where, f"Write for example {variable}: {'acme' if end == '-' else 'sdt/acme'}{end}"
            )
    for text in (names.cluster, names.services, names.images, names.logs, names.secrets, *names.state):
        if any(char in text for char in '*?${}"\\') or not text.isascii() or not text.isprintable():
            raise SlipwayError(f"{text[:60]!r} cannot be a part of a policy", where, "Use letters, digits and . _ - /")


def deploy_policy(names: Names) -> dict[str, Any]:
    """The policy document."""
    return {"Version": "2012-10-17", "Statement": [*_fleet(names), *_roles(names), *_around(names), *_state(names)]}


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str], **conditions: dict[str, str]) -> dict[str, Any]:
    condition = {"Condition": conditions} if conditions else {}
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources), **condition}


def _fleet(names: Names) -> list[dict[str, Any]]:
    place = f"arn:aws:ecs:{names.region}:{names.account}"
    cluster = f"{place}:cluster/{names.cluster}"
    services = f"{names.cluster}/{names.services}*"
    rollouts = [f"{place}:{kind}/{services}" for kind in ("service", "service-deployment", "service-revision")]
    definitions = [f"{place}:task-definition/{names.services}*:*"]
    tasks = [f"{place}:{kind}/{names.cluster}/*" for kind in ("container-instance", "task")]
    return [
        _allow("Cluster", ["ecs:DescribeClusters"], [cluster]),
        _allow(
            "Services",
            ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"],
            [f"{place}:service/{services}"],
        ),
        _allow(
            "Rollouts",
            ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:StopServiceDeployment"],
            rollouts,
        ),
        _allow(
            "Tasks",
            ["ecs:DescribeContainerInstances", "ecs:DescribeTasks", "ecs:ListTasks"],
            tasks,
            ArnEquals={"ecs:cluster": cluster},
        ),
        # For an inventory that reads the services from ECS.
        _allow("ServicesOfCluster", ["ecs:ListServices"], ["*"], ArnEquals={"ecs:cluster": cluster}),
        _allow("Revisions", ["ecs:RegisterTaskDefinition", "ecs:TagResource"], definitions),
        _allow("WholeAccount", SHARED, ["*"]),
    ]


def _roles(names: Names) -> list[dict[str, Any]]:
    roles = [f"arn:aws:iam::{names.account}:role/{names.services}*"]
    passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    return [
        _allow("PassTaskRoles", ["iam:PassRole"], roles, StringEquals=passed),
        _allow("VerifyTaskRoles", ["iam:SimulatePrincipalPolicy"], roles),
    ]


def _around(names: Names) -> list[dict[str, Any]]:
    account, region = names.registry
    here = f"{names.region}:{names.account}"
    path = names.secrets.strip("/")
    secrets, parameters = f"arn:aws:secretsmanager:{here}:secret:{path}", f"arn:aws:ssm:{here}:parameter/{path}"
    return [
        _allow(
            "Images",
            ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:{region}:{account}:repository/{names.images}*"],
        ),
        _allow(
            "Logs",
            ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"],
            [f"arn:aws:logs:{here}:log-group:{names.logs}*:*"],
        ),
        # Whether a secret exists, never its value.
        _allow("SecretsExist", ["secretsmanager:DescribeSecret"], [f"{secrets}/*"]),
        _allow(
            "OwnSecrets",
            ["secretsmanager:GetSecretValue", "ssm:GetParameter"],
            [f"{secrets}/{OWN_SECRETS}*", f"{parameters}/{OWN_SECRETS}*"],
        ),
    ]


def _state(names: Names) -> list[dict[str, Any]]:
    bucket, prefix = names.state
    keys = f"{prefix}/*" if prefix else "*"
    return [
        _allow("State", ["s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{bucket}/{keys}"]),
        _allow("StateKeys", ["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"], StringLike={"s3:prefix": keys}),
    ]
