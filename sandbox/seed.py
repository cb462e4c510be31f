# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fill an empty sandbox with a fleet that has been running for a while."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.aws import MotoWorld
from sandbox.ecs import api, definitions, rollout, scheduler
from sandbox.ecs.engine import Engine
from sandbox.fleet import Fleet, FleetService

AGE = 7200.0
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass
class Seeder:
    """Seeds one account and region; the caller holds moto's lock."""

    engine: Engine
    world: MotoWorld

    def seed(self, fleet: Fleet) -> None:
        """Create everything of a fleet; its services are stable when this returns."""
        engine = self.engine
        with engine.lock:
            now = engine.clock()
            then = now - AGE
            self._roles(fleet)
            if fleet.bucket:
                self._bucket(f"{fleet.prefix}-slipway")
            groups = self._load_balancer(fleet) if fleet.load_balancer else {}
            api.ACTIONS["CreateCluster"](engine, {"clusterName": f"{fleet.prefix}-cluster"}, then)
            for one in fleet.services:
                self._surroundings(fleet, one, then)
                self._service(fleet, one, groups.get(one.name), then)
            engine.tick(now)
            if fleet.latest_tag:
                for one in fleet.services:
                    name = f"{fleet.repositories}/{one.name}"
                    if self.world.registry.by_tag(name, fleet.latest_tag) is None:
                        self.world.registry.build(name, fleet.latest_tag, now - 600, fleet.platforms)
                    self._point_latest(name, fleet.latest_tag, now - 600)

    def _point_latest(self, repository: str, tag: str, when: float) -> None:
        image = self.world.registry.by_tag(repository, tag)
        if image:
            self.world.registry.put(repository, image.manifest, image.media_type, "latest", when)

    def _images(self, fleet: Fleet, repository: str, then: float) -> None:
        if self.world.registry.by_tag(repository, fleet.running_tag) is None:  # Another fleet's as well.
            self.world.backend("ecr").create_repository(repository, None, {}, None, "MUTABLE", [])
            self.world.registry.build(repository, fleet.running_tag, then, fleet.platforms)
            self._point_latest(repository, fleet.running_tag, then)

    def _surroundings(self, fleet: Fleet, one: FleetService, then: float) -> None:
        self._images(fleet, f"{fleet.repositories}/{one.name}", then)
        path = f"{fleet.path}/{one.name}"
        self.world.backend("logs").create_log_group(f"/ecs/{path}", {})
        self.world.backend("secretsmanager").create_secret(
            name=f"{path}/database",
            secret_string=json.dumps({"username": one.name, "password": f"sandbox-{one.name}"}),
            secret_binary=None,
            description=None,
            tags=[],
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        self.world.backend("ssm").put_parameter(
            name=f"/{path}/config",
            description="",
            value="sandbox",
            parameter_type="String",
            allowed_pattern="",
            keyid="",
            overwrite=False,
            tags=[],
            data_type="text",
            tier=None,
            policies=None,
        )

    def definition(self, fleet: Fleet, one: FleetService, tag: str) -> dict[str, Any]:
        """The body that registers a service's task definition."""
        engine, path = self.engine, f"{fleet.path}/{one.name}"
        secrets: Any = self.world.backend("secretsmanager").secrets
        secret = dict.__getitem__(secrets, f"{path}/database")
        place = f"{engine.region}:{engine.account}"
        port = one.port
        registry = f"{engine.account}.dkr.ecr.{engine.region}.amazonaws.com"
        return {
            "family": f"{fleet.prefix}-{one.name}",
            "executionRoleArn": f"arn:aws:iam::{engine.account}:role/{fleet.prefix}-execution",
            "taskRoleArn": f"arn:aws:iam::{engine.account}:role/{fleet.prefix}-task",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "512",
            "memory": "1024",
            "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            "containerDefinitions": [
                {
                    "name": one.name,
                    "image": f"{registry}/{fleet.repositories}/{one.name}:{tag}",
                    "essential": True,
                    "portMappings": [{"containerPort": port, "protocol": "tcp"}],
                    "environment": [
                        {"name": "SPRING_PROFILES_ACTIVE", "value": fleet.environment},
                        {"name": "SERVER_PORT", "value": str(port)},
                    ],
                    "secrets": [
                        {"name": "DB_PASSWORD", "valueFrom": f"{secret.arn}:password::"},
                        {"name": "APP_CONFIG", "valueFrom": f"arn:aws:ssm:{place}:parameter/{path}/config"},
                    ],
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": f"/ecs/{path}",
                            "awslogs-region": engine.region,
                            "awslogs-stream-prefix": "ecs",
                        },
                    },
                    "healthCheck": {
                        "command": ["CMD-SHELL", f"curl -fs http://localhost:{port}/actuator/health || exit 1"],
                        "interval": 10,
                        "timeout": 5,
                        "retries": 3,
                        "startPeriod": 60,
                    },
                }
            ],
            "tags": [{"key": "ManagedBy", "value": "terraform"}, {"key": "Environment", "value": fleet.environment}],
        }

    def _service(self, fleet: Fleet, one: FleetService, group: str | None, then: float) -> None:
        engine = self.engine
        name = f"{fleet.prefix}-{one.name}"
        made = definitions.add(engine, self.definition(fleet, one, fleet.running_tag), then)
        engine.set_timings(name, {"start": one.start, **one.extra.get("timings", {})})
        body: dict[str, Any] = {
            "cluster": f"{fleet.prefix}-cluster",
            "serviceName": name,
            "taskDefinition": made.arn,
            "desiredCount": one.desired,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"],
                    "securityGroups": ["sg-0a1b2c3d"],
                    "assignPublicIp": "DISABLED",
                }
            },
            "deploymentConfiguration": {
                # Terraform turned the breaker on for the business services only.
                "deploymentCircuitBreaker": {"enable": one.priority >= 4, "rollback": one.priority >= 4},
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
            },
            "propagateTags": "SERVICE",
            "tags": [
                {"key": "Name", "value": name},
                {"key": "Environment", "value": fleet.environment},
                {"key": "Priority", "value": str(one.priority)},
            ],
        }
        if group:
            body["loadBalancers"] = [{"targetGroupArn": group, "containerName": one.name, "containerPort": one.port}]
            body["healthCheckGracePeriodSeconds"] = 60
        body.update(one.extra.get("service", {}))
        if body.get("schedulingStrategy") == "DAEMON":
            del body["desiredCount"]
        api.ACTIONS["CreateService"](engine, body, then)
        service = engine.services[(body["cluster"], name)]
        primary = service.primary
        if primary is not None:
            rollout.begin(engine, service, primary, then)
            scheduler.reconcile(engine, service, then)

    def _roles(self, fleet: Fleet) -> None:
        iam = self.world.backend("iam")
        place = f"{self.engine.region}:{self.engine.account}"
        execution = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": f"arn:aws:logs:{place}:log-group:/ecs/{fleet.path}/*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["secretsmanager:GetSecretValue"],
                    "Resource": f"arn:aws:secretsmanager:{place}:secret:{fleet.path}/*",
                },
                {
                    "Effect": "Allow",
                    "Action": ["ssm:GetParameters"],
                    "Resource": f"arn:aws:ssm:{place}:parameter/{fleet.path}/*",
                },
            ],
        }
        task = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["cloudwatch:PutMetricData"], "Resource": "*"}],
        }
        for name, policy in (("execution", execution), ("task", task)):
            iam.create_role(
                role_name=f"{fleet.prefix}-{name}",
                assume_role_policy_document=json.dumps(TRUST),
                path="/",
                permissions_boundary=None,
                description="",
                tags=[],
                max_session_duration="3600",
            )
            iam.put_role_policy(f"{fleet.prefix}-{name}", name, json.dumps(policy))

    def _bucket(self, name: str) -> None:
        s3 = self.world.backend("s3")
        s3.create_bucket(name, self.engine.region)
        s3.put_bucket_versioning(name, "Enabled")

    def _load_balancer(self, fleet: Fleet) -> dict[str, str]:
        """The target groups' ARNs by service; moto gets them on demand (see MotoWorld.deferred)."""
        place = f"{self.engine.region}:{self.engine.account}"
        found = {}
        for one in fleet.services:
            name = f"{fleet.prefix}-{one.name}"[:32].rstrip("-")
            suffix = f"{self.engine.random.getrandbits(64):016x}"
            found[one.name] = f"arn:aws:elasticloadbalancing:{place}:targetgroup/{name}/{suffix}"
        self.world.deferred.append(lambda: _create_load_balancer(self.world, fleet, found))
        return found


def _create_load_balancer(world: MotoWorld, fleet: Fleet, arns: dict[str, str]) -> None:
    elb, ec2 = world.backend("elbv2"), world.backend("ec2")
    subnets = sorted(one.id for zone in ec2.subnets.values() for one in zone.values())[:2]
    balancer = elb.create_load_balancer(f"{fleet.prefix}-alb", [], subnets)
    for one in fleet.services:
        group = elb.create_target_group(
            arns[one.name].split("/")[1],
            vpc_id=next(iter(ec2.vpcs)),
            protocol="HTTP",
            protocol_version="HTTP1",
            port=one.port,
            target_type="ip",
            healthcheck_path="/actuator/health",
            healthcheck_protocol="HTTP",
            healthcheck_port="traffic-port",
            healthcheck_enabled=True,
            healthcheck_interval_seconds=30,
            healthcheck_timeout_seconds=5,
            healthy_threshold_count=5,
            unhealthy_threshold_count=2,
            matcher={"HttpCode": "200"},
        )
        del elb.target_groups[group.arn]
        group.arn = arns[one.name]
        elb.target_groups[group.arn] = group
    action = {"type": "forward", "target_group_arn": next(iter(arns.values())), "order": "1"}
    listener = elb.create_listener(balancer.arn, "HTTP", "80", "", None, [action])
    for number, (name, arn) in enumerate(arns.items(), start=1):
        elb.create_rule(
            listener.arn,
            [{"field": "path-pattern", "values": [f"/{name}/*"]}],
            number,
            [{"type": "forward", "target_group_arn": arn, "order": "1"}],
        )
