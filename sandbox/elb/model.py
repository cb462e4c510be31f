# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A registered target's life: initial, healthy, unhealthy, draining, gone. Pure: no clock, no I/O.

Source: "Health checks for Application Load Balancer target groups" and "Deregistration delay" in the ELB user guide;
the descriptions are those that DescribeTargetHealth answers.
"""

from __future__ import annotations

from dataclasses import dataclass

Health = tuple[str, str, str]  # state, reason, description

HEALTHY: Health = ("healthy", "", "")
REGISTERING: Health = ("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
CHECKING: Health = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
DRAINING: Health = ("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
UNREGISTERED: Health = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
IDLE: Health = ("unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
UNCHECKED: Health = ("unavailable", "Target.HealthCheckDisabled", "Health checks are not enabled for this target")
TIMEOUT: Health = ("unhealthy", "Target.Timeout", "Request timed out")
FAILED: Health = ("unhealthy", "Target.FailedHealthChecks", "Health checks failed")


def mismatch(status: int) -> Health:
    """The health of a target that answers with a status that the group does not accept."""
    return "unhealthy", "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


def stopped(state: str) -> Health:
    """The health of an instance that does not run."""
    return "unused", "Target.InvalidState", f"Target is in the {state} state"


@dataclass(frozen=True)
class Settings:
    """A target group's settings; times in seconds."""

    port: int = 80
    path: str = "/"
    check_port: str = "traffic-port"
    codes: str = "200"
    interval: float = 30.0
    timeout: float = 5.0
    rise: int = 5
    fall: int = 2
    delay: float = 300.0
    checked: bool = True
    in_use: bool = True

    def takes(self, status: int) -> bool:
        """Whether the group's matcher (``200,202`` or ``200-299``) takes a status."""
        for part in self.codes.split(","):
            low, _, high = part.strip().partition("-")
            if int(low) <= status <= int(high or low):
                return True
        return False


@dataclass
class Target:
    """One registration. ``due`` is when the next check starts, ``until`` when draining ends."""

    id: str
    port: int
    due: float
    health: Health = REGISTERING
    good: int = 0
    bad: int = 0
    until: float | None = None

    @property
    def draining(self) -> bool:
        """Whether it is being deregistered."""
        return self.until is not None

    def check_port(self, settings: Settings) -> int:
        """The port that its health checks go to."""
        return self.port if settings.check_port == "traffic-port" else int(settings.check_port)

    def observe(self, found: Health, settings: Settings) -> None:
        """Take a health check's result: one success makes a new target healthy, thresholds hold afterwards."""
        if self.draining:
            return
        if found[0] == "healthy":
            self.good, self.bad = self.good + 1, 0
            if self.health[0] != "unhealthy" or self.good >= settings.rise:
                self.health = HEALTHY
            return
        self.good, self.bad = 0, self.bad + 1
        if self.health[0] == "unhealthy" or self.bad >= settings.fall:
            self.health = found
        elif self.health[0] != "healthy":
            self.health = CHECKING

    def drain(self, until: float) -> None:
        """Deregister it: no new requests from now on, gone at ``until``."""
        if not self.draining:
            self.health, self.until = DRAINING, until
