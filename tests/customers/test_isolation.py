# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two customers in one account: each deploy has its role, with the policy that its inventory gives, enforced."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.testing import Sandbox
from tests.support.deploys import BIN, NEW, ROOT, Deploys, make_deploys

CUSTOMERS = ("acme", "globex")
BUCKET = "sdt-customers"
SERVICES = {"user-service": {"port": 8082, "start": 1}, "task-service": {"port": 8083, "start": 1}}
Call = Callable[[], Any]


class OfCustomers(Deploys):
    """Everything but the endpoint comes from the customer's inventory and the shell."""

    def command(self, playbook: str, *arguments: str) -> list[str]:
        """The command line of a playbook."""
        extra = [part for name, value in self.variables.items() for part in ("-e", json.dumps({name: value}))]
        return [str(BIN / "ansible-playbook"), playbook, *extra, *arguments]


def fleet(customer: str) -> dict[str, Any]:
    """The seed of a customer: services of its own from repositories of all."""
    return {
        "environment": customer,
        "images": "sdt/shared",
        "bucket": False,
        "load_balancer": False,
        "services": SERVICES,
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One account with both."""
    with Sandbox(speed=8, fleet=fleet("acme")) as running:
        running.control("seed", fleet("globex"))
        place = {"LocationConstraint": "eu-west-1"}
        running.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        for customer in CUSTOMERS:
            running.client("s3").put_object(Bucket=BUCKET, Key=f"{customer}/{customer}/builds/x.json", Body=b"{}")
            running.client("ssm").put_parameter(Name=f"/sdt/{customer}/deploy/webhook", Value="x", Type="SecureString")
        yield running


@pytest.fixture
def deploys(tmp_path: Path, sandbox: Sandbox) -> Deploys:
    """The project with the inventories of both."""
    make_deploys(tmp_path, sandbox)
    for customer in CUSTOMERS:
        shutil.copytree(ROOT / "tests" / "fixtures" / "customers" / customer, tmp_path / "inventories" / customer)
    return OfCustomers(tmp_path, sandbox)


def of(deploys: Deploys, customer: str, keys: dict[str, str] | None = None) -> Deploys:
    """The project with a customer as environment, and the keys of a role in the shell."""
    deploys.variables = {"env": customer, "aws_endpoint_url": deploys.sandbox.endpoint}
    names = {"AWS_ACCESS_KEY_ID": "AccessKeyId", "AWS_SECRET_ACCESS_KEY": "SecretAccessKey"}
    names["AWS_SESSION_TOKEN"] = "SessionToken"
    deploys.environ = {name: keys[key] for name, key in names.items()} if keys else {}
    return deploys


def assume(deploys: Deploys, customer: str) -> dict[str, str]:
    """The keys of a session of the customer's role, whose policy its inventory gives."""
    ran = of(deploys, customer).run("playbooks/deploy_policy.yml")
    assert ran.code == 0, ran.text
    policy = ran.out[ran.out.index("{\n") : ran.out.rindex("\n}") + 2]
    assert len(json.dumps(json.loads(policy), separators=(",", ":"))) < 10_240  # IAM's limit for a role's own policies
    iam = deploys.sandbox.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName=f"{customer}-deploy", AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName=f"{customer}-deploy", PolicyName="deploy", PolicyDocument=policy)
    found: dict[str, str] = deploys.sandbox.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="ci")[
        "Credentials"
    ]
    return found


def requests(deploys: Deploys, keys: dict[str, str], customer: str) -> dict[str, Call]:
    """What a session could ask about a customer, or do to it."""
    session = boto3.session.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "eu-west-1")

    def client(service: str) -> Any:
        return session.client(service, endpoint_url=deploys.sandbox.endpoint)  # type: ignore[call-overload]

    ecs, s3, secrets, ssm = (client(name) for name in ("ecs", "s3", "secretsmanager", "ssm"))
    cluster, service, path = f"sdt-{customer}-cluster", f"sdt-{customer}-user-service", f"sdt/{customer}/user-service"
    tasks = deploys.sandbox.client("ecs").list_tasks(cluster=cluster)["taskArns"]
    role = f"arn:aws:iam::000000000000:role/sdt-{customer}-task"
    family = {"containerDefinitions": [{"name": "a", "image": "a", "memory": 64}]}
    group = f"/ecs/{path}"
    return {
        "cluster": lambda: ecs.describe_clusters(clusters=[cluster]),
        "service": lambda: ecs.describe_services(cluster=cluster, services=[service]),
        "services": lambda: ecs.list_services(cluster=cluster),
        "tasks": lambda: ecs.list_tasks(cluster=cluster),
        "a task": lambda: ecs.describe_tasks(cluster=cluster, tasks=tasks),
        "update": lambda: ecs.update_service(cluster=cluster, service=service, desiredCount=1),
        "register": lambda: ecs.register_task_definition(family=f"sdt-{customer}-x", **family),
        "secret": lambda: secrets.describe_secret(SecretId=f"{path}/database"),
        "own secret": lambda: ssm.get_parameter(Name=f"/sdt/{customer}/deploy/webhook"),
        "state": lambda: s3.get_object(Bucket=BUCKET, Key=f"{customer}/{customer}/builds/x.json"),
        "write state": lambda: s3.put_object(Bucket=BUCKET, Key=f"{customer}/{customer}/y.json", Body=b"{}"),
        "list state": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{customer}/"),
        "logs": lambda: client("logs").describe_log_streams(logGroupName=group),
        "role": lambda: client("iam").simulate_principal_policy(PolicySourceArn=role, ActionNames=["s3:GetObject"]),
        # Not of the own customer either: what a deploy has no business with.
        "secret's value": lambda: secrets.get_secret_value(SecretId=f"{path}/database"),
        "parameter": lambda: ssm.get_parameter(Name=f"/{path}/config"),
        "whole bucket": lambda: s3.list_objects_v2(Bucket=BUCKET),
        "all secrets": secrets.list_secrets,
        "all clusters": ecs.list_clusters,
    }


NEVER = {"secret's value", "parameter", "whole bucket", "all secrets", "all clusters"}


def denied(calls: dict[str, Call]) -> set[str]:
    """The requests that are refused for want of a right."""
    return {name for name, call in calls.items() if code_of(call) in ("AccessDenied", "AccessDeniedException")}


def code_of(call: Call) -> str:
    """The code of a request's error; empty if there is none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_a_customers_deploy_reaches_nothing_of_another(deploys: Deploys) -> None:
    keys = {customer: assume(deploys, customer) for customer in CUSTOMERS}
    for own, other in (CUSTOMERS, CUSTOMERS[::-1]):
        assert denied(requests(deploys, keys[own], own)) == NEVER
        theirs = requests(deploys, keys[own], other)
        assert denied(theirs) == set(theirs)

    # The deploy of one works with its role, the other's services stay as they are.
    of(deploys, "acme", keys["acme"])
    ran = deploys.run("deploy.yml", "-e", f"image_tag={NEW}")
    assert ran.code == 0, ran.text
    before = services(deploys, "globex")
    assert {name.endswith(":2") for name in services(deploys, "acme")} == {True}
    assert {name.endswith(":1") for name in before} == {True}

    # With the other's inventory, or the other's state, the same role gets nowhere.
    deploys.sandbox.control("calls", method="DELETE")
    ran = of(deploys, "globex", keys["acme"]).run("deploy.yml", "-e", f"image_tag={NEW}")
    assert ran.code != 0
    assert "access denied" in ran.text
    deploys.variables |= {"env": "acme", "state_store": f"s3://{BUCKET}/globex"}
    ran = deploys.run("deploy.yml", "-e", "image_tag=8d20c11")
    assert ran.code != 0
    assert f"s3://{BUCKET}/globex" in ran.text
    assert "access denied" in ran.text
    assert "Traceback" not in ran.text
    assert deploys.mutations() == []
    assert services(deploys, "globex") == before


def services(deploys: Deploys, customer: str) -> list[str]:
    """The task definitions that a customer's services run."""
    names = [f"sdt-{customer}-{name}" for name in SERVICES]
    found = deploys.sandbox.client("ecs").describe_services(cluster=f"sdt-{customer}-cluster", services=names)
    return [str(one["taskDefinition"]) for one in found["services"]]
