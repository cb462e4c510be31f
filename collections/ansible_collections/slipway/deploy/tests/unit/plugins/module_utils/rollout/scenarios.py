# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fleets to roll out on the double, and a run of the engine over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.record.model import SCHEMA, Record
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.document import rollout_of, with_rollout
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.engine import Engine
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.model import Rollout
from ansible_collections.slipway.deploy.plugins.module_utils.rollout.resume import Choice, resume_rollout
from ansible_collections.slipway.deploy.tests.unit.plugins.module_utils.rollout.ecs_double import (
    Behaviour,
    Ecs,
    Killed,
    Memory,
)

DIGEST = "sha256:" + "0" * 64


@dataclass(frozen=True)
class Service:
    """One service of a scenario. ``reuse``: its new revision is registered already. ``force``: it runs it already.
    ``pinned``: whether its old revision names its image by digest; if not, ``moved``: whether its tag has moved."""

    name: str
    wave: int = 4
    seconds: float = 5.0
    kind: str = "ok"
    breaker: bool = True
    reuse: bool = False
    force: bool = False
    inactive: bool = False
    pinned: bool = True
    moved: bool = False

    @property
    def old(self) -> str:
        return f"{self.name}:old"

    @property
    def new(self) -> str:
        return self.old if self.force else f"{self.name}:new"


def ecs_of(services: list[Service], stale_seconds: float = 0.0) -> Ecs:
    """The double with those services settled on their old revisions."""
    behaviours = {service.new: Behaviour(service.seconds, service.kind) for service in services if not service.force}
    ecs = Ecs(behaviours, stale_seconds)
    for service in services:
        ecs.add(service.name, service.old, service.breaker)
        if service.inactive:
            ecs.inactive.add(service.old)
        if service.moved:
            ecs.moved.add(service.old)
    return ecs


def record_of(services: list[Service], ecs: Ecs, **settings: Any) -> Record:
    """The record of a planned deploy of them all."""
    targets = [
        {
            "kind": "ecs_service",
            "name": service.name,
            "wave": service.wave,
            "cluster": "cluster",
            "service": service.name,
            "from": {
                "task_definition": service.old,
                "deployment_id": ecs.services[service.name].deployments[0].id,
                "image": f"registry/{service.name}@{DIGEST}" if service.pinned else f"registry/{service.name}:latest",
                "digest": DIGEST,
            },
            "to": {"task_definition": service.new if service.reuse or service.force else None},
            "force": service.force,
            "state": "planned",
        }
        for service in sorted(services, key=lambda item: (item.wave, item.name))
    ]
    limits = {"max_parallel": 4, "stabilise_timeout": 60, "failed_tasks_threshold": 3, **settings}
    return {
        "schema": SCHEMA,
        "id": "r1",
        "environment": "dev",
        "phase": "rolling_out",
        "outcome": None,
        "settings": limits,
        "targets": targets,
        "cause": None,
    }


@dataclass
class Run:
    """Engines over one double and one record, each killed or let through."""

    services: list[Service]
    ecs: Ecs
    journal: Memory
    after_each_wait: Callable[[Run], None] = lambda _run: None
    cancel: str | None = None
    widest: int = 0
    broken_rules: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, services: list[Service], stale_seconds: float = 0.0, **settings: Any) -> Run:
        ecs = ecs_of(services, stale_seconds)
        return cls(services, ecs, Memory(record_of(services, ecs, **settings)))

    def go(self) -> Rollout:
        """One engine, to its end or its death."""
        engine = Engine(
            fleet=self.ecs,
            journal=self.journal,
            guard=lambda: None,
            clock=lambda: self.ecs.now,
            wait=self._wait,
            cancelled=lambda: self.cancel,
            listener=lambda _record: self._watch(),
            randomness=lambda: 0.5,
        )
        return engine.run()

    def resume(self, choice: Choice) -> Rollout:
        """A new run that takes the record up."""
        self.cancel = None
        rollout = rollout_of(self.journal.record)
        seen = self.ecs.describe(rollout.targets[:10])
        if rollout.cause:
            choice = "undo"
        self.journal.record = with_rollout(self.journal.record, resume_rollout(rollout, choice, seen, self.ecs.now))
        return self.go()

    def go_through(self, choice: Choice) -> Rollout:
        """Run, and resume after each death, until the end."""
        try:
            return self.go()
        except Killed:
            pass
        for _life in range(50):
            try:
                return self.resume(choice)
            except Killed:
                continue
        raise AssertionError("the rollout never ends")

    def _wait(self, seconds: float) -> None:
        self.ecs.advance(seconds)
        self._watch()
        self.after_each_wait(self)

    def _watch(self) -> None:
        in_flight = self.ecs.in_flight()
        self.widest = max(self.widest, len(in_flight))
        for service in self.services:
            if service.name not in in_flight:
                continue
            early = [
                lower.name
                for lower in self.services
                if lower.wave < service.wave and self.ecs.running(lower.name) != (lower.new, "COMPLETED")
            ]
            if early and self.journal.record["cause"] is None:
                self.broken_rules.append(f"{service.name} before {', '.join(early)}")

    def all_new(self) -> bool:
        """Every service runs its new revision, settled."""
        return all(self.ecs.running(service.name) == (service.new, "COMPLETED") for service in self.services)

    def all_old(self) -> bool:
        """Every service runs its old revision or a clone of it, settled."""
        return all(
            self.ecs.running(service.name) in ((service.old, "COMPLETED"), (f"{service.old}-clone", "COMPLETED"))
            for service in self.services
        )
