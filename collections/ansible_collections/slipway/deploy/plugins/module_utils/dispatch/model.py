# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A merged change, and where it goes. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final

#: The type of the event that a service repository sends.
EVENT_TYPE: Final = "slipway"
#: The only key of the event's payload. GitHub allows ten at the top level, and this one may grow.
PAYLOAD_KEY: Final = "change"
#: The pipelines that a route may start, each a workflow of its own.
WORKFLOWS: Final = ("fleet", "backend", "site")
#: What a field of an event consists of. Nothing else is passed on.
SAFE: Final = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class Change:
    """A merged change, as a service repository reports it. Every text matches :data:`SAFE`.

    :ivar repository: ``owner/name``.
    :ivar ref: ``refs/heads/develop``, ``refs/tags/v1.2.0``.
    :ivar commit: 40 or 64 hexadecimal digits.
    :ivar pull_request: its number, 0 without one.
    """

    repository: str
    ref: str
    commit: str
    pull_request: int = 0
    force_full_build: bool = False

    @property
    def branch(self) -> str:
        """The branch's name; empty for a tag."""
        return self.ref.removeprefix("refs/heads/") if self.ref.startswith("refs/heads/") else ""

    @property
    def tag(self) -> str:
        """The tag's name; empty for a branch."""
        return self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else ""

    def payload(self) -> dict[str, Any]:
        """The event's payload."""
        return {PAYLOAD_KEY: asdict(self)}


@dataclass(frozen=True)
class Route:
    """A row of the routes: the pipeline and the environment of a repository's branches and tags.

    :ivar branches: patterns in which ``*`` stands for any text.
    """

    repository: str
    workflow: str
    environment: str
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """What a change starts. ``workflow``, ``environment`` and ``repository`` are the route's, not the event's."""

    workflow: str
    environment: str
    repository: str
    ref: str
    commit: str
    pull_request: int
    force_full_build: bool

    def outputs(self) -> dict[str, str]:
        """The outputs of the job that routes."""
        return {
            "workflow": self.workflow,
            "environment": self.environment,
            "repository": self.repository,
            "ref": self.ref,
            "tag": self.ref.removeprefix("refs/tags/") if self.ref.startswith("refs/tags/") else "",
            "commit": self.commit,
            "pull_request": str(self.pull_request or ""),
            "force_full_build": "true" if self.force_full_build else "false",
        }
