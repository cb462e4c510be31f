# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Token buckets per group of ECS actions, with ECS's published figures (burst, sustained per second).

Source: "Request throttling for the Amazon ECS API", as recorded for an account and region.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

GROUPS: dict[str, tuple[float, float]] = {
    "task-definition-modify": (20, 1),
    "task-definition-read": (50, 20),
    "service-modify": (50, 5),
    "service-read": (100, 20),
    "service-deployments": (50, 20),
    "task-read": (100, 20),
    "other": (100, 20),
}
ACTIONS = {
    "RegisterTaskDefinition": "task-definition-modify",
    "DeregisterTaskDefinition": "task-definition-modify",
    "DeleteTaskDefinitions": "task-definition-modify",
    "DescribeTaskDefinition": "task-definition-read",
    "ListTaskDefinitions": "task-definition-read",
    "ListTaskDefinitionFamilies": "task-definition-read",
    "CreateService": "service-modify",
    "UpdateService": "service-modify",
    "DeleteService": "service-modify",
    "DescribeServices": "service-read",
    "ListServices": "service-read",
    "ListServiceDeployments": "service-deployments",
    "DescribeServiceDeployments": "service-deployments",
    "DescribeServiceRevisions": "service-deployments",
    "StopServiceDeployment": "service-deployments",
    "ListTasks": "task-read",
    "DescribeTasks": "task-read",
}


class Throttle:
    """The buckets of one account and region. ``scale`` multiplies every figure; 0 turns throttling off."""

    def __init__(
        self, clock: Callable[[], float], scale: float = 1.0, groups: Mapping[str, tuple[float, float]] | None = None
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.groups = dict(groups or GROUPS)
        self.scale = scale
        self.refused: dict[str, int] = {}
        self._levels: dict[str, tuple[float, float]] = {}

    def reset(self, scale: float | None = None) -> None:
        """Fill every bucket; with ``scale``, change the figures too."""
        with self._lock:
            self._levels.clear()
            self.refused.clear()
            if scale is not None:
                self.scale = scale

    def allow(self, action: str) -> bool:
        """Take a token for an action, if there is one."""
        if self.scale <= 0:
            return True
        group = ACTIONS.get(action, "other")
        burst, rate = (figure * self.scale for figure in self.groups[group])
        burst = max(burst, 1.0)
        with self._lock:
            now = self._clock()
            level, then = self._levels.get(group, (burst, now))
            level = min(burst, level + (now - then) * rate)
            allowed = level >= 1
            self._levels[group] = (level - 1 if allowed else level, now)
            if not allowed:
                self.refused[action] = self.refused.get(action, 0) + 1
            return allowed
