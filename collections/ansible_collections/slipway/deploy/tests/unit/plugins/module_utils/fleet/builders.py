# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small builders of values for the fleet's tests."""

from __future__ import annotations

from typing import Any

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.model import DesiredService

from .aws_double import CLUSTER, REGISTRY

NEW = "sha256:" + "a" * 64
OLD = "sha256:" + "b" * 64


def desired(name: str = "user-service", **fields: Any) -> DesiredService:
    """A service of the dev environment that should run tag ``new`` in the container ``app``."""
    values: dict[str, Any] = {
        "wave": 4,
        "cluster": CLUSTER,
        "service": f"sdt-dev-{name}",
        "container": "app",
        "repository": f"sdt/dev/{name}",
        "tag": "new",
        "settings": {"port": 8082},
        "where": f"inventories/dev/fleet.yml ({name})",
        "registry": REGISTRY,
    }
    return DesiredService(name=name, **{**values, **fields})


def image(name: str = "user-service", version: str = f"@{OLD}") -> str:
    """The image of a service in the dev registry."""
    return f"{REGISTRY}/sdt/dev/{name}{version}"
