# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's answers, and every call of Slipway's that reads one."""

from __future__ import annotations

from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.artifact import api as artifact_api
from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import Clients
from ansible_collections.slipway.deploy.plugins.module_utils.bundle import api as bundle_api
from ansible_collections.slipway.deploy.plugins.module_utils.checks import api as checks_api
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import api as fleet_api
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import parse
from ansible_collections.slipway.deploy.plugins.module_utils.hosts import balancer
from ansible_collections.slipway.deploy.plugins.module_utils.logs.parse import parse_task
from ansible_collections.slipway.deploy.plugins.module_utils.parameters import api as parameters_api
from ansible_collections.slipway.deploy.plugins.module_utils.rollout import api as rollout_api
from ansible_collections.slipway.deploy.plugins.module_utils.rollout import diagnose
from ansible_collections.slipway.deploy.plugins.module_utils.secret_values.api import stored
from ansible_collections.slipway.deploy.plugins.module_utils.state.s3 import S3Store
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.api import outputs_below

from .call import CALLER, DIGEST, Call, xml
from .registry_calls import REGISTRY_CALLS

ARN = "arn:aws:ecs:eu-west-1:000000000000"
GROUP = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/tg/1"


SERVICE = {
    "serviceName": "a",
    "serviceArn": f"{ARN}:service/c/a",
    "status": "ACTIVE",
    "taskDefinition": f"{ARN}:task-definition/a:2",
    "desiredCount": 2,
    "runningCount": 2,
    "pendingCount": 0,
    "createdAt": 1000.0,
    "deploymentController": {"type": "ECS"},
    "deploymentConfiguration": {
        "deploymentCircuitBreaker": {"enable": True, "thresholdConfiguration": {"type": "COUNT", "value": 3}}
    },
    "loadBalancers": [{"targetGroupArn": GROUP, "containerName": "app", "containerPort": 80}],
    "currentServiceRevisions": [{"arn": f"{ARN}:service-revision/c/a/1"}],
    "tags": [{"key": "Priority", "value": "1"}],
    "events": [{"id": "1", "createdAt": 1000.0, "message": "steady"}],
    "deployments": [
        {
            "id": "ecs-svc/1",
            "status": "PRIMARY",
            "taskDefinition": f"{ARN}:task-definition/a:2",
            "rolloutState": "COMPLETED",
            "desiredCount": 2,
            "runningCount": 2,
            "pendingCount": 0,
            "failedTasks": 0,
            "createdAt": 1000.0,
        }
    ],
}
DEFINITION = {
    "taskDefinition": {
        "taskDefinitionArn": f"{ARN}:task-definition/a:2",
        "family": "a",
        "revision": 2,
        "status": "ACTIVE",
        "containerDefinitions": [
            {
                "name": "app",
                "image": "a:1",
                "environment": [{"name": "A", "value": "1"}],
                "secrets": [{"name": "B", "valueFrom": "b"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "g", "awslogs-stream-prefix": "p"},
                },
            }
        ],
        "volumes": [{"name": "data"}],
    },
    "tags": [{"key": "slipway:release", "value": "r"}],
}
TASK = {
    "taskArn": f"{ARN}:task/c/1",
    "taskDefinitionArn": f"{ARN}:task-definition/a:2",
    "lastStatus": "STOPPED",
    "desiredStatus": "STOPPED",
    "startedBy": "ecs-svc/1",
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
    "stoppedAt": 1000.0,
    "containers": [{"name": "app", "exitCode": 1, "imageDigest": DIGEST, "lastStatus": "STOPPED"}],
}
TASKS = {"ListTasks": {"taskArns": [TASK["taskArn"]]}, "DescribeTasks": {"tasks": [TASK], "failures": []}}
HEALTH = xml(
    "DescribeTargetHealth",
    "<TargetHealthDescriptions><member><Target><Id>i-1</Id><Port>80</Port></Target>"
    "<TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>",
)
OBJECT = ({"ETag": '"e"', "Content-Length": "4", "Date": "Mon, 30 Nov 2026 07:00:00 GMT"}, "body")
HEAD = ({"ETag": '"e"', "Content-Length": "4", "x-amz-meta-sha256": "a"}, "")
KEYS = (
    "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>"
    "<Contents><Key>b/v1/app.jar</Key></Contents></ListBucketResult>"
)
PARAMETERS = {"Parameters": [{"Name": "/p/a", "Value": "v", "Type": "String"}]}


def _services(clients: Clients) -> Any:
    services, failures = fleet_api.describe_services(clients, "c", ["a"])
    return [parse.parse_service(item) for item in services], failures


def _running(clients: Clients) -> Any:
    tasks = fleet_api.describe_running_tasks(clients, "c", "a")
    return parse.parse_task_digest(tasks, "a", "app"), [parse_task(item) for item in tasks]


def _stopped(clients: Clients) -> Any:
    tasks = rollout_api.describe_tasks(clients, "c", rollout_api.list_stopped_tasks(clients, "c", "a"))
    return [diagnose.parse_stopped_task(item, "app") for item in tasks], [parse_task(item) for item in tasks]


def _definition(clients: Clients) -> Any:
    body, tags, unknown = fleet_api.describe_task_definition(clients, "a:2")
    return diagnose.log_streams(body, "t"), parse.parse_tags(tags), unknown


def _balancer(clients: Clients) -> Any:
    found = checks_api.load_balancer(clients, "alb")
    return found["DNSName"], checks_api.listener_scheme(clients, found["LoadBalancerArn"])


def _store(clients: Clients) -> S3Store:
    return S3Store(clients("s3"), "bucket", sleep=lambda _seconds: None)


CALLS = (
    *REGISTRY_CALLS,
    Call("services", _services, {"DescribeServices": {"services": [SERVICE], "failures": []}}),
    Call(
        "update",
        lambda clients: parse.parse_service(rollout_api.update_service(clients, "c", "a", "a:2", False)),
        {"UpdateService": {"service": SERVICE}},
    ),
    Call("list", lambda clients: fleet_api.list_services(clients, "c"), {"ListServices": {"serviceArns": ["a"]}}),
    Call(
        "cluster",
        lambda clients: fleet_api.describe_cluster(clients, "c"),
        {"DescribeClusters": {"clusters": [{"clusterName": "c", "status": "ACTIVE"}], "failures": []}},
    ),
    Call("definition", _definition, {"DescribeTaskDefinition": DEFINITION}),
    Call(
        "register",
        lambda clients: fleet_api.register(
            clients, {"family": "a", "containerDefinitions": [{"name": "app", "image": "a"}]}
        ),
        {"RegisterTaskDefinition": DEFINITION},
    ),
    Call(
        "revisions",
        lambda clients: fleet_api.list_revisions(clients, "a"),
        {"ListTaskDefinitions": {"taskDefinitionArns": [f"{ARN}:task-definition/a:2"]}},
    ),
    Call(
        "service revisions",
        lambda clients: [
            parse.parse_running_digest(item, "app")
            for item in fleet_api.describe_service_revisions(clients, ["r/c/a/1"]).values()
        ],
        {
            "DescribeServiceRevisions": {
                "serviceRevisions": [
                    {
                        "serviceRevisionArn": "r/c/a/1",
                        "taskDefinition": "a:2",
                        "containerImages": [{"containerName": "app", "imageDigest": DIGEST}],
                    }
                ],
                "failures": [],
            }
        },
    ),
    Call(
        "service deployments",
        lambda clients: rollout_api.list_service_deployments(clients, "c", "a"),
        {
            "ListServiceDeployments": {
                "serviceDeployments": [
                    {"serviceDeploymentArn": "d", "status": "PENDING", "targetServiceRevisionArn": "r/c/a/1"}
                ]
            }
        },
    ),
    Call(
        "stop",
        lambda clients: rollout_api.stop_service_deployment(clients, "a", "d"),
        {"StopServiceDeployment": {"serviceDeploymentArn": "d"}},
    ),
    Call("running tasks", _running, TASKS),
    Call("stopped tasks", _stopped, TASKS),
    Call(
        "container instances",
        lambda clients: fleet_api.container_instances(clients, "c"),
        {
            "ListContainerInstances": {"containerInstanceArns": ["i"]},
            "DescribeContainerInstances": {
                "containerInstances": [{"attributes": [{"name": "ecs.os-type", "value": "linux"}]}],
                "failures": [],
            },
        },
    ),
    Call(
        "file system",
        lambda clients: fleet_api.file_system_exists(clients, "efs", "fs-1", "fsap-1"),
        {
            "DescribeFileSystems": {"FileSystems": [{"FileSystemId": "fs-1"}]},
            "DescribeAccessPoints": {"AccessPoints": [{"FileSystemId": "fs-1"}]},
        },
    ),
    Call(
        "account",
        fleet_api.caller_account,
        {"GetCallerIdentity": CALLER},
    ),
    Call(
        "simulate",
        lambda clients: fleet_api.simulate(clients, f"{ARN}:role/r", ["a:B"], ["*"]),
        {
            "SimulatePrincipalPolicy": xml(
                "SimulatePrincipalPolicy",
                "<IsTruncated>false</IsTruncated><EvaluationResults><member><EvalActionName>a:B</EvalActionName>"
                "<EvalDecision>allowed</EvalDecision><EvalResourceName>*</EvalResourceName></member>"
                "</EvaluationResults>",
            )
        },
    ),
    Call(
        "autoscaling",
        lambda clients: fleet_api.scalable_targets(clients, ["service/c/a"]),
        {"DescribeScalableTargets": {"ScalableTargets": [{"ResourceId": "r", "MinCapacity": 1, "MaxCapacity": 2}]}},
    ),
    Call(
        "secret",
        lambda clients: {**(fleet_api.describe_secret(clients, "s") or {}), "ResponseMetadata": None},
        {"DescribeSecret": {"ARN": "s", "Name": "s", "VersionIdsToStages": {"1": ["AWSCURRENT"]}}},
    ),
    Call(
        "secret's value",
        lambda clients: stored(clients, "secretsmanager", "s"),
        {"GetSecretValue": {"ARN": "s", "Name": "s", "SecretString": "v"}},
    ),
    Call(
        "existing parameters",
        lambda clients: (fleet_api.existing_parameters(clients, ["/p/a"]), parameters_api.names_below(clients, "/p")),
        {"DescribeParameters": PARAMETERS},
    ),
    Call(
        "parameters",
        lambda clients: (parameters_api.parameters_below(clients, "/p"), outputs_below(clients, "/p")),
        {"GetParametersByPath": PARAMETERS},
    ),
    Call(
        "parameter",
        lambda clients: stored(clients, "ssm", "/p/a"),
        {"GetParameter": {"Parameter": PARAMETERS["Parameters"][0]}},
    ),
    Call(
        "write_parameter",
        lambda clients: bundle_api.write_parameter(clients("ssm"), "dev", {"id": "1"}),
        {"GetParameter": {"Parameter": PARAMETERS["Parameters"][0]}, "PutParameter": {"Version": 2}},
    ),
    Call(
        "log group",
        lambda clients: fleet_api.log_group_exists(clients, "g"),
        {"DescribeLogGroups": {"logGroups": [{"logGroupName": "g"}]}},
    ),
    Call(
        "log",
        lambda clients: diagnose.last_lines(rollout_api.tail_log(clients, "g", "s"), str),
        {"GetLogEvents": {"events": [{"timestamp": 1, "message": "m"}]}},
    ),
    Call("target health", lambda clients: checks_api.target_health(clients, GROUP), {"DescribeTargetHealth": HEALTH}),
    Call(
        "load balancer",
        _balancer,
        {
            "DescribeLoadBalancers": xml(
                "DescribeLoadBalancers",
                "<LoadBalancers><member><LoadBalancerArn>a</LoadBalancerArn><DNSName>d</DNSName></member>"
                "</LoadBalancers>",
            ),
            "DescribeListeners": xml(
                "DescribeListeners",
                "<Listeners><member><Protocol>HTTP</Protocol><Port>80</Port></member></Listeners>",
            ),
        },
    ),
    Call(
        "target group",
        lambda clients: balancer.places(clients, balancer.find_group(clients, "tg", "here")),
        {
            "DescribeTargetGroups": xml(
                "DescribeTargetGroups",
                f"<TargetGroups><member><TargetGroupArn>{GROUP}</TargetGroupArn><TargetGroupName>tg</TargetGroupName>"
                "<TargetType>instance</TargetType></member></TargetGroups>",
            ),
            "DescribeTargetGroupAttributes": xml(
                "DescribeTargetGroupAttributes",
                "<Attributes><member><Key>deregistration_delay.timeout_seconds</Key><Value>5</Value></member>"
                "</Attributes>",
            ),
            "DescribeTargetHealth": HEALTH,
        },
    ),
    Call("object exists", lambda clients: fleet_api.object_exists(clients, "bucket", "k"), {"HeadObject": HEAD}),
    Call(
        "artifact",
        lambda clients: artifact_api.resolve_artifact(clients("s3"), "bucket", "v1", filename="app.jar"),
        {"ListObjectsV2": KEYS, "HeadObject": HEAD, "GetObject": ({"ETag": '"e"'}, "a" * 64 + "  app.jar")},
    ),
    Call("state: keys", lambda clients: _store(clients).keys("b"), {"ListObjectsV2": KEYS}),
    Call("state: read", lambda clients: _store(clients).read("k"), {"GetObject": OBJECT}),
    Call("state: clock", lambda clients: _store(clients).now(), {"GetObject": OBJECT}),
    Call(
        "state: write",
        lambda clients: _store(clients).write("k", b"body", expect=None),
        {"PutObject": ({"ETag": '"e"'}, ""), "GetObject": OBJECT},
    ),
)
