# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server: ECS over HTTP, and the services around it."""

from __future__ import annotations

import http.client
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from sandbox.testing import Sandbox
from tests.sandbox.conftest import CLUSTER
from tests.sandbox.deploying import QUICK, deploy, name_of, wait_stable
from tests.support.pace import scaled


def get(url: str, path: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=scaled(10))
    connection.request("GET", path)
    answer = connection.getresponse()
    content = json.loads(answer.read() or b"null")
    connection.close()
    return answer.status, content


def test_the_seed_is_the_fleet(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    arns = [arn for page in ecs.get_paginator("list_services").paginate(cluster=CLUSTER) for arn in page["serviceArns"]]
    assert len(arns) == 12
    found = ecs.describe_services(cluster=CLUSTER, services=arns[:10], include=["TAGS"])["services"]
    tags = [{tag["key"]: tag["value"] for tag in one["tags"]} for one in found]
    assert [one["Priority"] for one in tags] == ["1", "2", "3", *["4"] * 7]
    assert all(one["runningCount"] == one["desiredCount"] for one in found)
    assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
    balancers = aws.client("elbv2").describe_load_balancers(Names=["sdt-local-alb"])["LoadBalancers"]
    assert balancers[0]["State"]["Code"] == "active"


def test_deploy_and_boto3s_waiters(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    old = ecs.list_tasks(cluster=CLUSTER, serviceName=name_of("user-service"))["taskArns"]
    made = deploy(aws, "user-service", "3f9c2d1")
    found = wait_stable(aws, "user-service")
    tasks = ecs.list_tasks(cluster=CLUSTER, serviceName=name_of("user-service"))["taskArns"]
    ecs.get_waiter("tasks_running").wait(cluster=CLUSTER, tasks=tasks, WaiterConfig=QUICK)
    assert found["deployments"][0]["id"] == made
    ecs.get_waiter("tasks_stopped").wait(cluster=CLUSTER, tasks=old[:1], WaiterConfig=QUICK)
    assert get(aws.alb, "/user-service/actuator/info")[1]["build"]["tag"] == "3f9c2d1"
    health = aws.client("elbv2").describe_target_health(TargetGroupArn=found["loadBalancers"][0]["targetGroupArn"])
    states = [one["TargetHealth"]["State"] for one in health["TargetHealthDescriptions"]]
    assert states.count("healthy") == 2
    image = aws.client("ecr").describe_images(
        repositoryName="sdt/local/user-service", imageIds=[{"imageTag": "3f9c2d1"}]
    )["imageDetails"][0]
    running = ecs.list_tasks(cluster=CLUSTER, startedBy=made)["taskArns"]
    digests = {
        one["containers"][0]["imageDigest"] for one in ecs.describe_tasks(cluster=CLUSTER, tasks=running)["tasks"]
    }
    assert digests == {image["imageDigest"]}


def test_services_inactive_waiter(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    definition = ecs.describe_services(cluster=CLUSTER, services=[name_of("bff-service")])["services"][0][
        "taskDefinition"
    ]
    ecs.create_service(
        cluster=CLUSTER, serviceName="short", taskDefinition=definition, desiredCount=1, launchType="FARGATE"
    )
    ecs.delete_service(cluster=CLUSTER, service="short", force=True)
    ecs.get_waiter("services_inactive").wait(cluster=CLUSTER, services=["short"], WaiterConfig=QUICK)
    with pytest.raises(WaiterError):
        ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=["short"], WaiterConfig=QUICK)


def test_a_marked_image_crashes_writes_its_log_and_is_rolled_back(aws: Sandbox) -> None:
    aws.control("images", {"repository": "sdt/local/task-service", "tag": "bad0001"})
    behaviour = {"fail": "crash", "exit_code": 3, "log": ["Exception in thread main", "\tat com.x.Y"]}
    aws.control("images", {"repository": "sdt/local/task-service", "tag": "bad0001", "behaviour": behaviour})
    made = deploy(aws, "task-service", "bad0001")
    found = wait_stable(aws, "task-service")
    assert found["deployments"][0]["id"] != made
    ecs = aws.client("ecs")
    stopped = ecs.list_tasks(cluster=CLUSTER, startedBy=made, desiredStatus="STOPPED")["taskArns"]
    task = ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"][0]
    assert task["containers"][0]["exitCode"] == 3
    stream = f"ecs/task-service/{task['taskArn'].rpartition('/')[2]}"
    events = aws.client("logs").get_log_events(logGroupName="/ecs/sdt/local/task-service", logStreamName=stream)
    assert [one["message"] for one in events["events"]] == ["Exception in thread main", "\tat com.x.Y"]


@pytest.mark.parametrize(
    ("service", "tag", "changes", "reason"),
    [
        ("feedback-service", "none", {}, "CannotPullContainerError"),
        (
            "practice-service",
            "3f9c2d1",
            {"secrets": [{"name": "X", "valueFrom": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:no-AbCdEf"}]},
            "unable to retrieve secret from asm",
        ),
        ("analytics-service", "3f9c2d1", {"secrets": [{"name": "X", "valueFrom": "/no/such"}]}, "secrets from ssm"),
        (
            "payment-service",
            "3f9c2d1",
            {
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/no/such", "awslogs-region": "eu-west-1"},
                }
            },
            "The specified log group does not exist",
        ),
    ],
)
def test_what_is_missing_in_the_account_stops_tasks(
    aws: Sandbox, service: str, tag: str, changes: dict[str, Any], reason: str
) -> None:
    made = deploy(aws, service, tag, **changes)
    wait_stable(aws, service)
    ecs = aws.client("ecs")
    stopped = ecs.list_tasks(cluster=CLUSTER, startedBy=made, desiredStatus="STOPPED")["taskArns"]
    tasks = ecs.describe_tasks(cluster=CLUSTER, tasks=stopped)["tasks"]
    assert {one["stopCode"] for one in tasks} == {"TaskFailedToStart"}
    assert reason in tasks[0]["stoppedReason"]


def test_an_image_for_another_platform_cannot_be_pulled(aws: Sandbox) -> None:
    body = {"repository": "sdt/local/bff-service", "tag": "arm", "platforms": ["linux/arm64"], "index": True}
    aws.control("images", body)
    made = deploy(aws, "bff-service", "arm")
    wait_stable(aws, "bff-service")
    ecs = aws.client("ecs")
    stopped = ecs.list_tasks(cluster=CLUSTER, startedBy=made, desiredStatus="STOPPED")["taskArns"]
    reason = ecs.describe_tasks(cluster=CLUSTER, tasks=stopped[:1])["tasks"][0]["stoppedReason"]
    assert "does not contain descriptor matching platform 'linux/amd64'" in reason


def test_a_task_of_an_index_shows_its_platforms_digest(aws: Sandbox) -> None:
    platforms = ["linux/amd64", "linux/arm64"]
    index = aws.control("images", {"repository": "sdt/local/bff-service", "tag": "multi", "platforms": platforms})
    made = deploy(aws, "bff-service", "multi")
    wait_stable(aws, "bff-service")
    ecs = aws.client("ecs")
    running = ecs.list_tasks(cluster=CLUSTER, startedBy=made)["taskArns"]
    digest = ecs.describe_tasks(cluster=CLUSTER, tasks=running)["tasks"][0]["containers"][0]["imageDigest"]
    manifest = aws.client("ecr").batch_get_image(
        repositoryName="sdt/local/bff-service", imageIds=[{"imageDigest": index["digest"]}]
    )["images"][0]["imageManifest"]
    assert digest != index["digest"]
    assert digest == json.loads(manifest)["manifests"][0]["digest"]


def test_the_load_balancers_port(aws: Sandbox) -> None:
    assert get(aws.alb, "/api-gateway/actuator/health") == (200, {"status": "UP"})
    assert get(aws.alb, "/nope/actuator/health")[0] == 404
    aws.control("faults", {"kind": "error", "service": "alb", "action": "/api-gateway/*", "status": 502, "count": 2})
    assert [get(aws.alb, "/api-gateway/actuator/health")[0] for _ in range(3)] == [502, 502, 200]
    name = name_of("notification-service")
    aws.control(f"services/{name}", {"behaviour": {"http": {"mode": "error", "status": 500}}})
    assert get(aws.alb, "/notification-service/actuator/health")[0] == 500
    aws.control(f"services/{name}", method="DELETE")
    ecs = aws.client("ecs")
    ecs.update_service(cluster=CLUSTER, service=name, desiredCount=0)
    wait_stable(aws, "notification-service")
    assert get(aws.alb, "/notification-service/actuator/health")[0] == 503
    ecs.update_service(cluster=CLUSTER, service=name, desiredCount=1)
    wait_stable(aws, "notification-service")


def test_iam_simulation_over_the_roles_policies(aws: Sandbox) -> None:
    iam = aws.client("iam")
    role = "arn:aws:iam::000000000000:role/sdt-local-execution"
    secret = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:sdt/local/user-service/database-AbCdEf"

    def verdict(action: str, resource: str) -> str:
        found = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource])
        return str(found["EvaluationResults"][0]["EvalDecision"])

    assert verdict("secretsmanager:GetSecretValue", secret) == "allowed"
    assert verdict("secretsmanager:GetSecretValue", secret.replace("local", "prod")) == "implicitDeny"
    assert verdict("ecr:GetAuthorizationToken", "*") == "allowed"
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.simulate_principal_policy(PolicySourceArn=role + "x", ActionNames=["s3:GetObject"])


def test_scalable_targets(aws: Sandbox) -> None:
    client = aws.client("application-autoscaling")
    resource = f"service/{CLUSTER}/{name_of('user-service')}"
    dimension = "ecs:service:DesiredCount"
    client.register_scalable_target(
        ServiceNamespace="ecs", ResourceId=resource, ScalableDimension=dimension, MinCapacity=1, MaxCapacity=4
    )
    found = client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[resource])["ScalableTargets"]
    assert [one["MaxCapacity"] for one in found] == [4]


def test_s3_objects_come_back_as_they_were(aws: Sandbox) -> None:
    client = aws.client("s3")
    content = bytes(range(256)) * 5000
    client.upload_fileobj(io.BytesIO(content), "sdt-local-slipway", "a b/c+d")
    head = client.head_object(Bucket="sdt-local-slipway", Key="a b/c+d")
    assert head["ContentLength"] == len(content)
    assert client.get_object(Bucket="sdt-local-slipway", Key="a b/c+d")["Body"].read() == content
    etag = client.put_object(Bucket="sdt-local-slipway", Key="e", Body=b"")["ETag"]
    client.put_object(Bucket="sdt-local-slipway", Key="e", Body=b"2", IfMatch=etag)
    with pytest.raises(ClientError, match="PreconditionFailed"):
        client.put_object(Bucket="sdt-local-slipway", Key="e", Body=b"3", IfMatch=etag)
    for key in ("a b/c+d", "e"):
        client.delete_object(Bucket="sdt-local-slipway", Key=key)


def test_s3_conditional_writes_are_atomic(aws: Sandbox) -> None:
    client = aws.client("s3")

    def put(number: int) -> str:
        try:
            client.put_object(Bucket="sdt-local-slipway", Key="lock", Body=str(number), IfNoneMatch="*")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(put, range(8))) == ["PreconditionFailed"] * 7 + ["done"]
    client.delete_object(Bucket="sdt-local-slipway", Key="lock")


def test_an_image_that_fails_twice_and_then_runs(aws: Sandbox) -> None:
    behaviour = {"fail": "crash", "count": 2}
    aws.control("images", {"repository": "sdt/local/config-server", "tag": "3f9c2d1", "behaviour": behaviour})
    made = deploy(aws, "config-server", "3f9c2d1")
    assert wait_stable(aws, "config-server")["deployments"][0]["id"] == made
    ecs = aws.client("ecs")
    assert len(ecs.list_tasks(cluster=CLUSTER, startedBy=made, desiredStatus="STOPPED")["taskArns"]) == 2


def test_a_running_task_can_be_killed(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    victim = ecs.list_tasks(cluster=CLUSTER, serviceName=name_of("config-server"))["taskArns"][0]
    aws.control(f"tasks/{victim.rpartition('/')[2]}", {"exit_code": 9})
    found = ecs.describe_tasks(cluster=CLUSTER, tasks=[victim])["tasks"][0]
    assert found["containers"][0]["exitCode"] == 9
    wait_stable(aws, "config-server")
    assert victim not in ecs.list_tasks(cluster=CLUSTER, serviceName=name_of("config-server"))["taskArns"]


def test_a_daemon_follows_the_clusters_instances(aws: Sandbox) -> None:
    ecs = aws.client("ecs")
    found = ecs.describe_services(cluster=CLUSTER, services=[name_of("bff-service")])["services"][0]
    ecs.create_service(
        cluster=CLUSTER, serviceName="every", taskDefinition=found["taskDefinition"], schedulingStrategy="DAEMON"
    )
    aws.control(f"clusters/{CLUSTER}", {"instances": 3})
    ecs.get_waiter("services_stable").wait(cluster=CLUSTER, services=["every"], WaiterConfig=QUICK)
    assert ecs.describe_services(cluster=CLUSTER, services=["every"])["services"][0]["desiredCount"] == 3
    aws.control(f"clusters/{CLUSTER}", {"instances": 2})
    ecs.delete_service(cluster=CLUSTER, service="every", force=True)


def test_a_mistake_of_the_sandbox_is_a_500_not_silence(aws: Sandbox) -> None:
    connection = http.client.HTTPConnection(aws.endpoint.removeprefix("http://"))
    headers = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.TagResource"}
    arn = f"arn:aws:ecs:eu-west-1:000000000000:cluster/{CLUSTER}"
    connection.request("POST", "/", body=json.dumps({"resourceArn": arn, "tags": [{}]}), headers=headers)
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["__type"]) == (500, "ServerException")
    connection.close()


def test_many_clients_at_once(aws: Sandbox) -> None:
    clients = {name: aws.client(name) for name in ("ecs", "ecr", "logs", "s3", "ssm")}
    service = name_of("discovery-server")

    def work(number: int) -> None:
        if number % 5 == 0:
            clients["ecs"].update_service(cluster=CLUSTER, service=service, forceNewDeployment=True)
        elif number % 5 == 1:
            arns = clients["ecs"].list_tasks(cluster=CLUSTER, serviceName=service)["taskArns"]
            clients["ecs"].describe_tasks(cluster=CLUSTER, tasks=arns)
        elif number % 5 == 2:
            clients["s3"].put_object(Bucket="sdt-local-slipway", Key=f"many/{number}", Body=b"x")
        elif number % 5 == 3:
            clients["logs"].filter_log_events(logGroupName="/ecs/sdt/local/discovery-server")
        else:
            clients["ecr"].describe_images(repositoryName="sdt/local/discovery-server")
            clients["ssm"].describe_parameters()

    before = aws.log.count("Traceback")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(100)))
    assert aws.log.count("Traceback") == before
    assert wait_stable(aws, "discovery-server")["runningCount"] == 1


def test_another_region_has_no_cluster(aws: Sandbox) -> None:
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        aws.client("ecs", region="us-east-1").describe_services(cluster=CLUSTER, services=["x"])
