# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of one sandbox, and how it is emptied and seeded."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from moto.backends import get_backend
from moto.core.model_instances import reset_model_data

from sandbox.aws import MotoWorld
from sandbox.codeartifact.service import CodeArtifact
from sandbox.distribution import Distribution
from sandbox.ecr import Ecr
from sandbox.ecs.engine import Engine
from sandbox.elb.groups import Groups
from sandbox.faults import Faults
from sandbox.fleet import Fleet
from sandbox.images import Registry
from sandbox.journal import Journal
from sandbox.seed import Seeder
from sandbox.throttle import Throttle

MOTO_SERVICES = (
    *("application-autoscaling", "ec2", "ecr", "ecs", "elbv2", "events"),
    *("iam", "kms", "logs", "s3", "secretsmanager", "sns", "ssm", "sts"),
)


class State:
    """One account in the sandbox: an ECS engine per region, the registry, faults, journal, throttle."""

    def __init__(self, account: str, region: str, clock: Callable[[], float] = time.time) -> None:
        self.account = account
        self.region = region
        self.clock = clock
        self.moto_lock = threading.RLock()
        self.faults = Faults()
        self.journal = Journal()
        self.throttle = Throttle(time.monotonic)
        self.ready = False
        self.endpoint = ""
        self.alb_endpoint = ""
        #: Behind ``/v2/``; the passwords for it are valid in every region.
        self.distribution = Distribution()
        self.registry_tokens: dict[str, float] = {}
        self._regions: dict[str, tuple[Engine, MotoWorld, Ecr]] = {}
        self._lock = threading.Lock()
        self.fleets: list[Fleet] = []
        self.speed = 1.0
        self.timings: dict[str, float] = {}
        self.target_groups = Groups(self)
        self.codeartifact = CodeArtifact(account, clock, lambda: self.endpoint)

    def region_of(self, name: str) -> tuple[Engine, MotoWorld, Ecr]:
        """The engine, world and registry API of a region; an unused region has an empty ECS."""
        found = self._regions.get(name)
        if found is None:
            with self._lock:
                if name not in self._regions:
                    world = MotoWorld(self.account, name, Registry())
                    world.neighbour = lambda region: self.region_of(region)[1]
                    engine = Engine(self.clock, world, self.account, name)
                    engine.speed = self.speed
                    engine.set_timings(None, self.timings)
                    ecr = Ecr(world, self.clock, lambda: self.endpoint, self.registry_tokens)
                    self._regions[name] = (engine, world, ecr)
                found = self._regions[name]
        return found

    @property
    def engine(self) -> Engine:
        """The engine of the sandbox's own region."""
        return self.region_of(self.region)[0]

    @property
    def world(self) -> MotoWorld:
        """The world of the sandbox's own region."""
        return self.region_of(self.region)[1]

    def seed(self, fleet: Fleet) -> None:
        """Add a fleet."""
        with self.moto_lock:
            Seeder(self.engine, self.world).seed(fleet)
            self.world.flush()
        self.fleets.append(fleet)

    def reset(self) -> None:
        """Empty everything and seed the same fleets again."""
        with self.moto_lock:
            reset_model_data()
            for service in MOTO_SERVICES:
                if f"moto.{service.replace('-', '')}" in sys.modules:
                    get_backend(service).reset()  # type: ignore[call-overload]  # any service's name
            with self._lock:
                self._regions.clear()
            self.distribution.reset()
            self.registry_tokens.clear()
            self.target_groups.clear()
            self.codeartifact.clear()
            self.faults.remove()
            self.journal.reset()
            self.throttle.reset()
            fleets, self.fleets = self.fleets, []
            for fleet in fleets:
                self.seed(fleet)

    def advance(self) -> None:
        """Bring every engine up to date and write the log lines that are due."""
        for engine, world, _ in list(self._regions.values()):
            with engine.lock:
                engine.tick()
            if world.has_logs:
                with self.moto_lock:
                    world.flush()
