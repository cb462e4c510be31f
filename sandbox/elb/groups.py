# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Target groups with registered targets: elbv2's Register, Deregister and DescribeTargetHealth for them."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.sax.saxutils import escape

from sandbox.aws import MotoWorld
from sandbox.ecs.engine import Engine
from sandbox.elb import model, rules
from sandbox.elb.model import Health, Settings, Target
from sandbox.protocol import Call

ACTIONS = ("RegisterTargets", "DeregisterTargets", "DescribeTargetHealth")
XMLNS = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
Key = tuple[str, int]


def xml(action: str, result: str = "") -> bytes:
    """An answer of elbv2."""
    text = (
        f'<{action}Response xmlns="{XMLNS}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{action}Response>"
    )
    return text.encode()


def given(form: Mapping[str, str], default: int) -> list[Key]:
    """(id, port) of the targets in a request."""
    found: list[Key] = []
    for number in itertools.count(1):
        name = form.get(f"Targets.member.{number}.Id")
        if name is None:
            return found
        found.append((name, int(form.get(f"Targets.member.{number}.Port", default))))
    raise AssertionError


@dataclass
class Group:
    """A target group, as moto and its targets have it now. ``turn`` is the round robin's."""

    arn: str
    settings: Settings
    targets: dict[Key, Target] = field(default_factory=dict)
    turn: int = 0


class Place(Protocol):
    """The sandbox's state around target groups."""

    moto_lock: threading.RLock

    @property
    def engine(self) -> Engine:
        """The engine, whose speed is that of all times."""

    @property
    def world(self) -> MotoWorld:
        """Where moto's own groups and instances are."""


class Groups:
    """Every target group that something was registered in, other than by ECS."""

    def __init__(self, state: Place, clock: Callable[[], float] = time.monotonic) -> None:
        self.state = state
        self.clock = clock
        self.lock = threading.RLock()
        self.groups: dict[str, Group] = {}

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.groups.clear()

    @property
    def speed(self) -> float:
        """The factor by which the sandbox divides times."""
        return self.state.engine.speed

    def respond(self, call: Call, moto: Callable[[], tuple[int, Any, bytes]]) -> tuple[int, bytes] | None:
        """(status, body) of an elbv2 call for such a group, or ``None`` if it is for moto only.

        moto has the last word on what may be registered.
        """
        form = call.form()
        arn = form.get("TargetGroupArn", "")
        if call.action == "RegisterTargets":
            status, _, content = moto()
            if status == 200:
                self._register(arn, form)
            return status, content
        if not self.refresh(arn):
            return None
        if call.action == "DeregisterTargets":
            self._deregister(arn, form)
            return 200, xml(call.action)
        return 200, xml(call.action, self._describe(arn, form))

    def refresh(self, arn: str | None = None) -> bool:
        """Read one group, or all, from moto again; false if it is not one of these."""
        if not self.groups or (arn is not None and arn not in self.groups):
            return False
        with self.state.moto_lock:
            elb = self.state.world.backend("elbv2")
            used = rules.used(elb)
            read = {name: _settings(elb, name, name in used) for name in ([arn] if arn else list(self.groups))}
            states = {name: self._instance(name) for name in self._ids(read)}
        with self.lock:
            for name, settings in read.items():
                if settings is None:
                    self.groups.pop(name, None)
                elif name in self.groups:
                    self.groups[name].settings = settings
                    self._age(self.groups[name], states)
            return arn is None or arn in self.groups

    def _ids(self, arns: Iterable[str]) -> set[str]:
        with self.lock:
            return {key[0] for arn in arns if arn in self.groups for key in self.groups[arn].targets}

    def _age(self, group: Group, states: Mapping[str, tuple[str, str]]) -> None:
        now = self.clock()
        for key, target in list(group.targets.items()):
            state = states.get(target.id, ("", "running"))[1]
            if target.until is not None and now >= target.until:
                del group.targets[key]
            elif target.draining:
                continue
            elif state in ("terminated", "shutting-down"):
                target.drain(now + group.settings.delay / self.speed)
            elif state != "running":
                target.health = model.stopped(state)
            elif not group.settings.in_use:
                target.health = model.IDLE
            elif not group.settings.checked:
                target.health = model.UNCHECKED
            elif target.health[0] in ("unused", "unavailable"):
                target.health, target.good, target.bad, target.due = model.REGISTERING, 0, 0, now

    def _instance(self, name: str) -> tuple[str, str]:
        """(address, state) of a target; the caller holds moto's lock."""
        if not name.startswith("i-"):
            return name, "running"
        found = self.state.world.backend("ec2").get_instance_by_id(name)
        return (found.private_ip or "", found.state) if found else ("", "terminated")

    def address(self, name: str) -> str:
        """The IP address of a target: an instance's private one, or the target itself."""
        with self.state.moto_lock:
            return self._instance(name)[0]

    def _register(self, arn: str, form: Mapping[str, str]) -> None:
        with self.state.moto_lock:
            settings = _settings(self.state.world.backend("elbv2"), arn, in_use=True)
        if settings is None:
            return
        with self.lock:
            group = self.groups.setdefault(arn, Group(arn, settings))
            for name, port in given(form, settings.port):
                old = group.targets.get((name, port))
                if old is None or old.draining:
                    group.targets[(name, port)] = Target(name, port, self.clock())
        self.refresh(arn)

    def _deregister(self, arn: str, form: Mapping[str, str]) -> None:
        with self.lock:
            group = self.groups[arn]
            for key in given(form, group.settings.port):
                target = group.targets.get(key)
                if target is not None:
                    target.drain(self.clock() + group.settings.delay / self.speed)
            ids = {target.id for target in group.targets.values() if not target.draining}
        with self.state.moto_lock:
            known = self.state.world.backend("elbv2").target_groups[arn].targets
            for name in [name for name in known if name not in ids]:
                del known[name]
        self.refresh(arn)

    def _describe(self, arn: str, form: Mapping[str, str]) -> str:
        with self.lock:
            group = self.groups[arn]
            wanted = given(form, group.settings.port) or list(group.targets)
            members = [_member(key, group) for key in wanted]
        return f"<TargetHealthDescriptions>{''.join(members)}</TargetHealthDescriptions>"

    def choose(self, arn: str) -> Target | None:
        """The next target: a healthy one, or any that accepts requests if none is healthy."""
        self.refresh(arn)
        with self.lock:
            group = self.groups.get(arn)
            if group is None:
                return None
            members = [one for one in group.targets.values() if not one.draining]
            usable = [one for one in members if one.health[0] in ("healthy", "unavailable")] or [
                one for one in members if one.health[0] in ("unhealthy", "initial")
            ]
            if not usable:
                return None
            group.turn += 1
            return usable[group.turn % len(usable)]

    def due(self) -> list[tuple[Target, Settings]]:
        """The targets whose health check is due; the next one is put an interval later."""
        self.refresh()
        found = []
        with self.lock:
            now = self.clock()
            for group in self.groups.values():
                for target in group.targets.values():
                    checked = target.health[0] in ("initial", "healthy", "unhealthy")
                    if checked and not target.draining and now >= target.due:
                        target.due = now + group.settings.interval / self.speed
                        found.append((target, group.settings))
        return found

    def observe(self, target: Target, found: Health, settings: Settings) -> None:
        """Take the result of a health check."""
        with self.lock:
            if target.health[0] not in ("unused", "unavailable"):
                target.observe(found, settings)


def _member(key: Key, group: Group) -> str:
    name, port = key
    target = group.targets.get(key)
    state, reason, text = target.health if target else model.UNREGISTERED
    health = f"<State>{state}</State>"
    if reason:
        health += f"<Reason>{reason}</Reason><Description>{escape(text)}</Description>"
    check = target.check_port(group.settings) if target else port
    return (
        f"<member><Target><Id>{escape(name)}</Id><Port>{port}</Port></Target>"
        f"<HealthCheckPort>{check}</HealthCheckPort><TargetHealth>{health}</TargetHealth></member>"
    )


def _settings(elb: Any, arn: str, in_use: bool) -> Settings | None:
    found = elb.target_groups.get(arn)
    if found is None:
        return None
    return Settings(
        port=int(found.port or 80),
        path=found.health_check_path or "/",
        check_port=str(found.health_check_port or "traffic-port"),
        codes=found.matcher.get("HttpCode", "200"),
        interval=float(found.health_check_interval_seconds),
        timeout=float(found.health_check_timeout_seconds),
        rise=int(found.healthy_threshold_count),
        fall=int(found.unhealthy_threshold_count),
        delay=float(found.attributes["deregistration_delay.timeout_seconds"]),
        checked=str(found.health_check_enabled).lower() == "true",
        in_use=in_use,
    )
