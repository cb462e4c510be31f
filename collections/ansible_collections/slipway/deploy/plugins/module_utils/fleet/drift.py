# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drift: a revision that others registered (Terraform's edit of a task definition) not shipped yet.

A deploy clones the *running* revision, so the clone becomes the family's newest revision and hides the edit. Hence:

- the tags of every clone name its nearest foreign ancestor (``slipway:base``), which revision it was cloned
  from, and the newest foreign revision that existed then (``slipway:seen``);
- drift is the newest ACTIVE foreign revision newer than the base of what runs, if its content differs (the images
  that a release moves apart). It stays reported until it is shipped (what runs is then cloned from it) or dismissed. An
  older foreign revision is superseded by a newer one, so dismissing one dismisses all before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .observation import Facts, TaskDefinition
from .sharing import sharing
from .taskdef import describe_differences, family_of, revision_of, same_content


@dataclass(frozen=True)
class Drift:
    """An unshipped revision, and how it differs from what runs."""

    name: str
    running: str
    revision: str
    differences: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.differences[:4]) + (", …" if len(self.differences) > 4 else "")
        revision, running = revision_of(self.revision), revision_of(self.running)
        what = "family head" if revision > running else "revision"
        return f"{what} :{revision} differs from running :{running} ({shown} not shipped)"


def newest_foreign(
    running: TaskDefinition, active: Sequence[str], read: Callable[[str], TaskDefinition]
) -> TaskDefinition | None:
    """The newest ACTIVE revision newer than the base of ``running`` that Slipway did not register, or ``None``.

    Only revisions newer than the one that ``running`` was cloned from are read: the tags of ``running``
    covers the older ones.

    :param active: ARNs of the family's ACTIVE revisions, newest first.
    :param read: returns the definition of an ARN (from the cache, or from ECS).
    """
    base, floor = revision_of(running.base), revision_of(running.cloned_from)
    for arn in active:
        if revision_of(arn) <= max(base, floor):
            break
        if arn != running.arn and not (found := read(arn)).is_own:
            return found
    seen = revision_of(running.seen) if running.seen else 0
    # By number: a long family's ARN does not fit into a tag.
    found_arn = next((arn for arn in active if revision_of(arn) == seen), None)
    return read(found_arn) if found_arn is not None and seen > base else None


def is_dismissed(arn: str, dismissals: Iterable[str]) -> bool:
    """Whether the revision, or a newer one of its family, was dismissed."""
    family, revision = family_of(arn), revision_of(arn)
    return any(family_of(item) == family and revision_of(item) >= revision for item in dismissals)


def drift_of(facts: Facts, dismissals: Mapping[str, Any]) -> Drift | None:
    """The drift of one service, or ``None``.

    :param dismissals: dismissed ARNs, with user, time and reason (only the ARNs matter here).
    """
    running, foreign, container = facts.running, facts.foreign, facts.desired.container
    if running is None or foreign is None or is_dismissed(foreign.arn, dismissals):
        return None
    # Images that a release moves belong to the release, not the revision.
    released = (container, *sharing(foreign.body, container).moving)
    if same_content(running.body, foreign.body, released):
        return None
    differences = tuple(describe_differences(running.body, foreign.body, released))
    return Drift(facts.desired.name, running.arn, foreign.arn, differences)
