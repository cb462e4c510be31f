# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan: which services change, in which order and why, and which do not. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..common.errors import SlipwayError
from ..image.reference import parse_image, short_digest
from .drift import Drift
from .model import DesiredService, ObservedService
from .observation import TaskDefinition
from .taskdef import differing_fields, short_arn

NOT_EXERCISED = "not exercised"
"""How the note begins that says that a deploy starts no task of a service."""

UNPINNED = "is not pinned: an undo registers it with the digest where its tag has moved"
"""How the note ends that says of a running revision that it names its image by a tag."""


@dataclass(frozen=True)
class Side:
    """What a service runs before or after: ``image`` as in the task definition, its tag and digest.

    ``task_definition`` is ``None`` for a revision that is not registered yet. ``containers`` are those that have the
    same image beside the deployed one.
    """

    task_definition: str | None
    image: str
    tag: str
    digest: str
    containers: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The record's document."""
        document: dict[str, Any] = {
            "task_definition": self.task_definition,
            "image": self.image,
            "tag": self.tag,
            "digest": self.digest or None,
        }
        return {**document, "containers": list(self.containers)} if self.containers else document

    @property
    def label(self) -> str:
        """The text for a table: ``8d20c11 sha256:77be``."""
        return " ".join(part for part in (self.tag, short_digest(self.digest)) if part) or self.image


@dataclass(frozen=True)
class Change:
    """One service that will be deployed.

    :ivar body: the redacted body of what will run, to verify its requirements.
    :ivar source: the definition that is cloned, or reused when ``after.task_definition`` is set.
    :ivar running: the definition that runs now, to which an undo returns; ``running_active`` whether it is ACTIVE.
    """

    desired: DesiredService
    observed: ObservedService
    running: TaskDefinition
    running_active: bool
    source: TaskDefinition
    body: Mapping[str, Any]
    before: Side
    after: Side
    force: bool
    why: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expected_seconds: float | None = None

    @property
    def exercised(self) -> bool:
        """Whether the deploy starts a task of it. A DAEMON runs one on each instance where it can be placed."""
        return self.observed.desired > 0

    def as_dict(self) -> dict[str, Any]:
        """The record's target document, in its initial state."""
        primary = self.observed.primary
        return {
            "kind": "ecs_service",
            "name": self.desired.name,
            "wave": self.desired.wave,
            "cluster": self.desired.cluster,
            "service": self.desired.service,
            "container": self.desired.container,
            "controller": self.observed.controller,
            **self.desired.settings,
            "from": {**self.before.as_dict(), "deployment_id": primary.id if primary else None},
            "to": self.after.as_dict(),
            "clone_of": self.source.arn,
            "force": self.force,
            "why": list(self.why),
            "notes": list(self.notes),
            "desired": self.observed.desired,
            "exercised": self.exercised,
            "expected_seconds": self.expected_seconds,
            "state": "planned",
            "deployment_id": None,
            "service_deployment": None,
            "started_at": None,
            "finished_at": None,
            "running": self.observed.running,
            "failure": None,
            "undo": None,
        }


@dataclass(frozen=True)
class Unchanged:
    """One service that stays as it is, and why."""

    desired: DesiredService
    why: str
    running: Side

    def as_dict(self) -> dict[str, Any]:
        """The record's entry."""
        return {
            "name": self.desired.name,
            "service": self.desired.service,
            "wave": self.desired.wave,
            **self.desired.settings,
            "why": self.why,
            "image_tag": self.running.tag,
            "digest": self.running.digest or None,
            "task_definition": self.running.task_definition,
        }


@dataclass(frozen=True)
class Plan:
    """The changes in the order of their waves, unchanged services, and notes for the operator.

    ``drift`` holds each service's unshipped revision by the service's name.
    """

    changes: tuple[Change, ...] = ()
    unchanged: tuple[Unchanged, ...] = ()
    warnings: tuple[str, ...] = ()
    drift: Mapping[str, Drift] = field(default_factory=dict)

    def targets(self) -> list[dict[str, Any]]:
        """The record's ``targets``."""
        return [change.as_dict() for change in self.changes]

    def unchanged_records(self) -> list[dict[str, Any]]:
        """The record's ``unchanged``."""
        return [item.as_dict() for item in self.unchanged]

    def as_diff(self) -> dict[str, str]:
        """What Ansible's ``--diff`` prints: the fields of task definitions that differ, before and after."""
        sides = [_sides(change) for change in self.changes]
        return {
            "before_header": "running",
            "after_header": "desired",
            "before": "".join(before for before, _after in sides),
            "after": "".join(after for _before, after in sides),
        }


def _sides(change: Change) -> tuple[str, str]:
    """A service's task definition before and after: its revision, and each field that differs."""
    to = change.after.task_definition
    heading = f"priority {change.desired.wave}  {change.desired.name}"
    before = [f"{heading}  {short_arn(change.running.arn)}"]
    after = [f"{heading}  {short_arn(to) if to else f'{change.source.family}:new'}"]
    for label, *values in differing_fields(change.running.body, change.body):
        old, new = _without_registry(*values)
        before += [f"  {label}: {old}"] if old is not None else []
        after += [f"  {label}: {new}"] if new is not None else []
    return "\n".join([*before, ""]), "\n".join([*after, ""])


def _without_registry(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Two images without the registry that both are in."""
    try:
        images = [parse_image(text or "") for text in (old, new)]
    except SlipwayError:
        return old, new
    if not images[0].registry or images[0].registry != images[1].registry:
        return old, new
    shorter = [str(replace(image, registry="")) for image in images]
    return shorter[0], shorter[1]
