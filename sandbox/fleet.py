# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to seed: a fleet of services, read from YAML or made of a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FLEET_FILE = Path(__file__).with_name("fleet.yml")


@dataclass(frozen=True)
class FleetService:
    """One service: ``start`` is its seconds until a new task is healthy."""

    name: str
    port: int = 8080
    priority: int = 4
    start: float = 3.0
    desired: int = 1
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleet:
    """A fleet; names follow ``<project>-<environment>-<service>`` and ``<project>/<environment>/<service>``."""

    services: tuple[FleetService, ...]
    environment: str = "local"
    project: str = "sdt"
    running_tag: str = "8d20c11"
    latest_tag: str | None = "3f9c2d1"
    platforms: tuple[str, ...] = ("linux/amd64",)
    bucket: bool = True
    load_balancer: bool = True

    @property
    def prefix(self) -> str:
        """The start of every name, as in ``sdt-local``."""
        return f"{self.project}-{self.environment}"

    @property
    def path(self) -> str:
        """The start of every repository and secret, as in ``sdt/local``."""
        return f"{self.project}/{self.environment}"


def load(path: Path = FLEET_FILE, environment: str | None = None) -> Fleet:
    """Read a fleet file. Raises ValueError for an unknown field."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    return from_mapping(given, environment)


def from_mapping(given: dict[str, Any], environment: str | None = None) -> Fleet:
    """A fleet of a mapping in the file's form."""
    values = dict(given)
    services = []
    for name, given_settings in values.pop("services").items():
        settings = dict(given_settings or {})
        known = {key: settings.pop(key) for key in ("port", "priority", "start", "desired") if key in settings}
        services.append(FleetService(name, extra=settings, **known))
    if environment:
        values["environment"] = environment
    if "platforms" in values:
        values["platforms"] = tuple(values["platforms"])
    try:
        return Fleet(services=tuple(services), **values)
    except TypeError as error:
        raise ValueError(str(error)) from None


def numbered(count: int, environment: str = "local", start: float = 3.0) -> Fleet:
    """``count`` services, one each of priority 1 to 3, the rest 4; no load balancer."""
    services = tuple(
        FleetService(f"service-{index:04d}", 10000 + index, min(index, 4), start) for index in range(1, count + 1)
    )
    return Fleet(services=services, environment=environment, load_balancer=False)
