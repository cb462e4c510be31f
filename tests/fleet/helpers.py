# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests do with a sandbox's fleet."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.aws.client import AwsSettings, Clients, make_clients
from ansible_collections.slipway.deploy.plugins.module_utils.fleet import api
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.cache import TaskDefinitionCache
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.compare import in_flight
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observe import observe, observe_services
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.plan import Plan, PlanOptions, plan
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.registration import build_registration
from sandbox.testing import Sandbox
from tests.support.pace import scaled

CLUSTER = "sdt-local-cluster"
LIMIT_SECONDS = scaled(30)


@dataclass
class Fleet:
    """The sandbox's services, and a deploy of them without an engine."""

    sandbox: Sandbox
    cache: TaskDefinitionCache = field(default_factory=lambda: TaskDefinitionCache(None))

    @property
    def settings(self) -> AwsSettings:
        """The environment local."""
        return AwsSettings(
            environment="local",
            region=self.sandbox.region,
            account_id=self.sandbox.account,
            endpoint_url=self.sandbox.endpoint,
            access_key_id="sandbox",
            secret_access_key="sandbox",
        )

    @property
    def clients(self) -> Clients:
        """Clients of the sandbox."""
        return make_clients(self.settings)

    def desired(self, *names: str, **changes: Any) -> list[DesiredService]:
        """The named services, which should run the newest build."""
        registry = f"{self.sandbox.account}.dkr.ecr.{self.sandbox.region}.amazonaws.com"
        return [
            replace(
                DesiredService(name, 4, CLUSTER, f"sdt-local-{name}", name, f"sdt/local/{name}", "latest"),
                **{"registry": registry, **changes},
            )
            for name in names
        ]

    def plan(self, desired: list[DesiredService], **options: Any) -> Plan:
        """Observe and plan."""
        return plan(desired, observe(desired, self.clients, self.cache), PlanOptions(**options))

    def apply(self, planned: Plan, release: str = "r1") -> None:
        """Carry the plan out and wait until no deployment is in flight."""
        clients = self.clients
        for target in planned.targets():
            arn = target["to"]["task_definition"]
            if arn is None:
                arn = api.register(clients, build_registration(clients, target, release))
            clients("ecs").update_service(
                cluster=target["cluster"], service=target["service"], taskDefinition=arn, forceNewDeployment=True
            )
        self.settle([target["service"] for target in planned.targets()])

    def settle(self, services: list[str]) -> None:
        """Wait until no deployment of the services is in flight."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while any(in_flight(item) for item in observe_services(self.clients, CLUSTER, services).values()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still in flight after {LIMIT_SECONDS:.0f} s")
            time.sleep(0.05)
