# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service that needs one of everything, its plan, and what verifying that finds."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.verify.verify import Verified, verify

from ..fleet.aws_double import AwsDouble
from ..fleet.builders import desired, image

SETTINGS = AwsSettings("dev", "eu-west-1", "962496666337")
ROLE = "arn:aws:iam::962496666337:role/sdt-dev-execution"
SECRET = "arn:aws:secretsmanager:eu-west-1:962496666337:secret:sdt/dev/db-AbCdEf"
CREDENTIALS = "arn:aws:secretsmanager:eu-west-1:962496666337:secret:registry-AbCdEf"
GET_SECRET = ("secretsmanager:GetSecretValue", SECRET)
GET_FLAG = ("ssm:GetParameters", "arn:aws:ssm:eu-west-1:962496666337:parameter/sdt/dev/flag")
GROUP = "/ecs/sdt/dev/user-service"

CONTAINER = {
    "image": image(),
    "secrets": [
        {"name": "DB_PASSWORD", "valueFrom": f"{SECRET}:password::"},
        {"name": "DB_USER", "valueFrom": f"{SECRET}:user::"},
        {"name": "FLAG", "valueFrom": "/sdt/dev/flag"},
        {"name": "OTHER", "valueFrom": "arn:aws:ssm:eu-west-1:962496666337:parameter/plain"},
    ],
    "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": GROUP, "awslogs-region": "eu-west-1"}},
    "environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::sdt-dev-config/user.env"}],
    "repositoryCredentials": {"credentialsParameter": CREDENTIALS},
}


def planned(aws: AwsDouble) -> Plan:
    return plan([desired()], observe([desired()], aws, TaskDefinitionCache(None)), PlanOptions())


def verified(aws: AwsDouble, settings: AwsSettings = SETTINGS) -> Verified:
    return verify(planned(aws), aws, settings)
