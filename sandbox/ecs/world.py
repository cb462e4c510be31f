# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's interface to the rest of AWS, and a small implementation for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sandbox.ecs import texts
from sandbox.ecs.model import Behaviour, Task, TaskDefinition


@dataclass(frozen=True)
class Pulled:
    """A registry's answer for an image reference.

    ``digest``: what the reference points at (an index's own digest); ``platform``: the digest of the manifest
    that runs; ``error``: why a task cannot pull it.
    """

    digest: str | None
    platform: str | None
    error: str | None = None


class World(Protocol):
    """The services around ECS. Calls are short and do not block."""

    def resolve(self, image: str, platform: str) -> Pulled:
        """Resolve an image reference for a platform such as linux/amd64."""

    def behaviour(self, service: str, images: Sequence[tuple[str, str | None]]) -> Behaviour:
        """What a task of this service with these (image, digest) does."""

    def initialization_error(self, definition: TaskDefinition) -> str | None:
        """Why a task of this definition cannot start (secrets, log groups), in ECS's words."""

    def write_log(self, task: Task, stage: str, now: float) -> None:
        """Write the log lines of a task's stage (started, stopping, crashed) to its awslogs streams."""


class PlainWorld:
    """Every image exists unless listed as missing; behaviours by image reference or service."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.behaviours: dict[str, Behaviour] = {}
        self.errors: dict[str, str] = {}

    def resolve(self, image: str, platform: str) -> Pulled:
        """Resolve by hashing the reference."""
        if image in self.missing or f"{image} {platform}" in self.missing:
            return Pulled(None, None, texts.PULL.format(image=image))
        digest = image.partition("@")[2] or "sha256:" + hashlib.sha256(image.encode()).hexdigest()
        return Pulled(digest, digest)

    def behaviour(self, service: str, images: Sequence[tuple[str, str | None]]) -> Behaviour:
        """The behaviour of the first image or of the service."""
        for name, _digest in images:
            if name in self.behaviours:
                return self.behaviours[name]
        return self.behaviours.get(service, Behaviour())

    def initialization_error(self, definition: TaskDefinition) -> str | None:
        """The error set for the family."""
        return self.errors.get(definition.family)

    def write_log(self, task: Task, stage: str, now: float) -> None:
        """Nothing."""
