# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a rollback to a recorded release: each service to the revision and digest that it ran then. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..common.command import again, here
from ..common.errors import SlipwayError, raise_all
from ..image.reference import parse_image
from .compare import last_deployment_failed
from .model import DesiredService
from .observation import Facts, FleetObservation, TaskDefinition
from .plan import (
    PlanOptions,
    change_errors,
    change_notes,
    drifts,
    fleet_errors,
    flight_errors,
    make_change,
    reusable,
    running_side,
    service_errors,
    service_warnings,
)
from .planned import Change, Plan, Side, Unchanged
from .sharing import same_text
from .taskdef import container_of, same_content, with_images

Wanted = Mapping[str, Mapping[str, Any]]
"""Service name → what a record says that it ran: ``task_definition``, ``digest``, ``tag``."""


def desired_for_rollback(desired: Iterable[DesiredService], wanted: Wanted) -> list[DesiredService]:
    """The services with the recorded digests as their versions, so that these are looked up."""
    return [
        replace(item, tag=str(wanted[item.name].get("digest") or wanted[item.name].get("tag") or item.tag))
        if item.name in wanted
        else item
        for item in desired
    ]


def definitions_wanted(wanted: Wanted) -> list[str]:
    """The ARNs to pass to ``observe(definitions=…)``."""
    return list(dict.fromkeys(str(item["task_definition"]) for item in wanted.values() if item.get("task_definition")))


def plan_rollback(wanted: Wanted, observation: FleetObservation, options: PlanOptions) -> Plan:
    """Plan the rollback of every selected service that does not run the recorded release.

    An ACTIVE revision with a pinned image is used as it is. One that is INACTIVE, or that names its image by tag, is
    registered again with the recorded digest, unless an equal one exists.

    :param observation: made with ``definitions=definitions_wanted(wanted)``.
    :raises SlipwayErrors: everything that prevents it: missing services or revisions, deployments in flight.
    """
    services = [facts.desired for facts in observation.facts]
    errors = [*fleet_errors(services, options), *_left_out(services, wanted)]
    drift = drifts(observation, options.dismissals)
    changes: list[Change] = []
    unchanged: list[Unchanged] = []
    warnings: list[str] = []
    for facts in observation.facts:
        item = wanted.get(facts.desired.name)
        outcome = _way_back(facts, item, observation, options) if facts.desired.selected and item else None
        if isinstance(outcome, list):
            errors += outcome
        elif isinstance(outcome, Change):
            changes.append(outcome)
        else:
            why = outcome or ("not in that release" if facts.desired.selected else "outside the limit")
            unchanged.append(Unchanged(facts.desired, why, running_side(facts)))
            warnings += service_warnings(facts, drift.get(facts.desired.name))
    raise_all(errors)
    changes.sort(key=lambda change: change.desired.wave)
    return Plan(tuple(changes), tuple(unchanged), tuple(warnings), drift)


def _left_out(services: Sequence[DesiredService], wanted: Wanted) -> list[SlipwayError]:
    """Services of the release that the inventory no longer has: with a limit, they are outside it."""
    if not all(item.selected for item in services):
        return []
    names = {item.name for item in services}
    return [
        SlipwayError(
            f"service {name} is in the release but not in the inventory", "group fleet", "Add it, or use --limit"
        )
        for name in wanted
        if name not in names
    ]


def _way_back(
    facts: Facts, item: Mapping[str, Any], observation: FleetObservation, options: PlanOptions
) -> Change | str | list[SlipwayError]:
    """The change of one service, or why it stays unchanged, or what prevents it."""
    errors = service_errors(facts)
    if errors or facts.running is None or facts.observed is None:
        return errors
    arn, name = str(item.get("task_definition") or ""), facts.desired.name
    known = observation.definitions.get(arn)
    if known is None:
        return [
            SlipwayError(
                f"task definition {arn or '(none recorded)'} no longer exists",
                facts.desired.where or facts.desired.name,
                f"Deploy a tag instead: {here('deploy', '--limit', name, image_tag=f'{name}=…')}, "
                f"or go back to another release: {again(to='…')}",
            )
        ]
    definition, active = known
    if container_of(definition.body, facts.desired.container) is None:
        return [
            SlipwayError(
                f"{arn} has no container {facts.desired.container!r}", facts.desired.where or facts.desired.name
            )
        ]
    image = _recorded_image(definition, facts.desired.container, item)
    alike = same_text(definition.body, facts.desired.container)
    body = with_images(definition.body, (facts.desired.container, *alike), image)
    digest = str(item.get("digest") or parse_image(image).digest)
    if (
        _runs(facts, definition, body, digest)
        and not last_deployment_failed(facts.observed)
        and not facts.desired.force
    ):
        return flight_errors(facts) or "already runs what was recorded"
    exact = definition if active and definition.image(facts.desired.container) == image else None
    reused = exact or reusable(facts, definition, body)
    notes = change_notes(facts)
    if reused is None:
        notes.append(f":{definition.revision} is {'not pinned' if active else 'INACTIVE'}: it is registered again")
    errors = change_errors(facts, definition if reused is None else None)
    after = Side(reused.arn if reused else None, image, str(item.get("tag") or ""), digest, alike)
    if errors:
        return errors
    return replace(
        make_change(facts, definition, body, after),
        why=(f"back to :{definition.revision}",),
        notes=tuple(notes),
        expected_seconds=options.expected.get(facts.desired.name),
    )


def _runs(facts: Facts, definition: TaskDefinition, body: Mapping[str, Any], digest: str) -> bool:
    """Whether the service runs that revision, or one of equal content, with the recorded digest."""
    if facts.running is None:
        return False
    content = facts.running.arn == definition.arn or same_content(
        facts.running.body, body, (facts.desired.container, *same_text(body, facts.desired.container))
    )
    return content and (not digest or facts.running_digest == digest)


def _recorded_image(definition: TaskDefinition, container: str, item: Mapping[str, Any]) -> str:
    """The image as the definition names it, pinned to the recorded digest if it is named by tag only."""
    image = parse_image(definition.image(container))
    return str(image if image.pinned or not item.get("digest") else image.at(str(item["digest"])))
