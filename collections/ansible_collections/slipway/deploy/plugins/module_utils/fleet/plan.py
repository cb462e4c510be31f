# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans a deploy from desired and observed state. Pure: no client, no clock; all problems are reported at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..common.command import again
from ..common.errors import SlipwayError, raise_all
from ..image.reference import is_digest, parse_image
from .compare import SAME, image_verdict, image_wanted, in_flight, reasons_to_change, running_image, sharing_of
from .drift import Drift, drift_of
from .identity import cluster_name
from .model import DesiredService
from .observation import Facts, FleetObservation, ResolvedImage, TaskDefinition
from .parse import CONTROLLERS
from .planned import NOT_EXERCISED, UNPINNED, Change, Plan, Side, Unchanged
from .sharing import same_text, sharing
from .taskdef import (
    container_names,
    container_of,
    revision_of,
    same_content,
    short_arn,
    unknown_fields_error,
    with_images,
)

__all__ = ["Plan", "PlanOptions", "Side", "drifts", "plan"]


@dataclass(frozen=True)
class PlanOptions:
    """The operator's options, and the state from earlier runs.

    :ivar ship_drift: ``True`` for all selected services, or the names of those whose drift is to be shipped.
    :ivar dismissals: dismissed revisions: ARN → ``{"by", "at", "reason"}``.
    :ivar expected: how long each service took to become stable, in seconds, by name.
    """

    ship_drift: bool | Collection[str] = False
    dismissals: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, float] = field(default_factory=dict)

    def ships(self, name: str) -> bool:
        """Whether to ship the drift of that service."""
        return self.ship_drift if isinstance(self.ship_drift, bool) else name in self.ship_drift


def plan(desired: Iterable[DesiredService], observation: FleetObservation, options: PlanOptions) -> Plan:
    """Plan a deploy.

    Changes are ordered by wave and, within one, as in the inventory. A service outside the selection is never
    changed and never fails the plan.

    :param observation: the facts of the same services, in the same order.
    :raises SlipwayErrors: everything that prevents the deploy, for all services.
    """
    services = tuple(desired)
    errors = fleet_errors(services, options)
    missing: list[tuple[DesiredService, ResolvedImage | None]] = []
    changes: list[Change] = []
    unchanged: list[Unchanged] = []
    warnings: list[str] = []
    drift = drifts(observation, options.dismissals)
    for facts in observation.facts:
        image = image_wanted(facts, observation)
        shipped = drift.get(facts.desired.name) if options.ships(facts.desired.name) else None
        problems = service_errors(facts) if facts.desired.selected else []
        lacks_image = facts.desired.selected and not (image and (image.digest or image.unverifiable))
        reasons = [*reasons_to_change(facts, image), *([f"drift :{revision_of(shipped.revision)}"] if shipped else [])]
        if problems:
            errors += problems
        elif lacks_image:
            missing.append((facts.desired, image))
        elif facts.desired.selected and reasons and image:
            errors += change_errors(facts, _source(facts, shipped))
            change = _change(facts, image, reasons, shipped, drift.get(facts.desired.name))
            changes.append(replace(change, expected_seconds=options.expected.get(facts.desired.name)))
        else:
            errors += flight_errors(facts) if facts.desired.selected else []
            unchanged.append(_unchanged(facts, image))
            warnings += service_warnings(facts, drift.get(facts.desired.name))
            if image is not None and image.unverifiable and facts.desired.selected:
                warnings.append(
                    f"{facts.desired.name}: image {image.reference} is not verifiable ({image.unverifiable})"
                )
    errors += _image_errors(missing)
    raise_all(errors)
    warnings += [f"{name}: there is no drift to ship" for name in _named(options) if name not in drift]
    changes.sort(key=lambda change: change.desired.wave)
    return Plan(tuple(changes), tuple(unchanged), tuple(warnings), drift)


def drifts(observation: FleetObservation, dismissals: Mapping[str, Any]) -> dict[str, Drift]:
    """The drift of every service that has one, by name."""
    found = ((facts.desired.name, drift_of(facts, dismissals)) for facts in observation.facts)
    return {name: drift for name, drift in found if drift is not None}


def fleet_errors(services: Sequence[DesiredService], options: PlanOptions) -> list[SlipwayError]:
    """Errors of the inventory as a whole: no service, duplicate names, duplicate services."""
    if not services:
        return [SlipwayError("the fleet has no services", "group fleet", "Add hosts to priority_1 … priority_4")]
    errors = []
    for label, keys in (
        ("host", [item.name for item in services]),
        ("ecs_service", [_place(item) for item in services]),
    ):
        for key, count in Counter(keys).items():
            if count > 1:
                owners = [item for item in services if key in (item.name, _place(item))]
                where = ", ".join(dict.fromkeys(item.where or item.name for item in owners))
                errors.append(SlipwayError(f"{label} {key} is listed {count} times", where, "Keep one of them"))
    names = {item.name for item in services}
    errors += [
        SlipwayError(f"no service {name!r}", "ship_drift", f"There are: {', '.join(sorted(names))}")
        for name in _named(options)
        if name not in names
    ]
    return errors


def _place(item: DesiredService) -> str:
    return f"{cluster_name(item.cluster)}/{item.service}"


def _named(options: PlanOptions) -> list[str]:
    return [] if isinstance(options.ship_drift, bool) else sorted(options.ship_drift)


def service_errors(facts: Facts) -> list[SlipwayError]:
    """Why a service cannot be deployed at all: missing, not ACTIVE, another controller, no such container."""
    wanted, observed = facts.desired, facts.observed
    if observed is None:
        what = f"service {wanted.service} is not in cluster {wanted.cluster} ({facts.failure})"
        return _wrong(wanted, what, "Correct ecs_service, ecs_cluster or aws_region, or let Terraform create it")
    if observed.status != "ACTIVE":
        what = f"service {wanted.service} is {observed.status}"
        return _wrong(wanted, what, "Create it again, or remove the host")
    if observed.controller not in CONTROLLERS:
        what = f"service {wanted.service} is deployed by {observed.controller}, which Slipway does not support"
        remedy = f"create it again with the deployment controller {' or '.join(CONTROLLERS)}"
        return _wrong(wanted, what, f"Deploy it with that, or {remedy}")
    if facts.running is None:
        return _wrong(wanted, f"service {wanted.service} has no task definition", "Set one in Terraform")
    return _container_errors(facts.running, wanted)


def _wrong(wanted: DesiredService, what: str, remedy: str) -> list[SlipwayError]:
    return [SlipwayError(what, wanted.where or wanted.name, remedy)]


def _container_errors(definition: TaskDefinition, wanted: DesiredService) -> list[SlipwayError]:
    if container_of(definition.body, wanted.container) is not None:
        return []
    names = ", ".join(container_names(definition.body)) or "none"
    what = f"{short_arn(definition.arn)} has no container {wanted.container!r} (there are: {names})"
    return _wrong(wanted, what, "Set container_name")


def _image_errors(missing: Iterable[tuple[DesiredService, ResolvedImage | None]]) -> list[SlipwayError]:
    """An error for each missing image, and only one for a tag that several services lack."""
    alike: dict[tuple[str, str, str], list[tuple[DesiredService, str]]] = {}
    for wanted, image in missing:
        problem = image.problem if image else "it was not looked up"
        # A missing repository concerns the registry host, whatever the tag.
        where = "" if problem.startswith("repository ") else wanted.tag_where
        key = (where or wanted.where or wanted.name, wanted.tag, problem)
        reference = image.reference if image else f"{wanted.repository}:{wanted.tag}"
        alike.setdefault(key, []).append((wanted, reference))
    errors = []
    for (where, tag, problem), members in alike.items():
        names = ", ".join(wanted.name for wanted, _reference in members[:3])
        more = f" and {len(members) - 3} more" if len(members) > 3 else ""
        what, remedy = f"image {members[0][1]} does not exist", "Push it, or set the tag of an image that exists"
        if len(members) > 1:
            what, remedy = f"no image {tag} of {names}{more} exists", "Push them, or set a tag that all of them have"
        errors.append(SlipwayError(f"{what} ({problem})", where, f"{remedy}: {again(image_tag='…')}"))
    return errors


def change_errors(facts: Facts, source: TaskDefinition | None) -> list[SlipwayError]:
    """Why a service that needs a change must not be changed now.

    :param source: the definition to clone, or ``None`` if none is cloned.
    """
    errors = flight_errors(facts)
    if source is not None and source.unknown:
        errors.append(unknown_fields_error(source.unknown, short_arn(source.arn)))
    if source is not None and source is not facts.running:
        errors += _container_errors(source, facts.desired)
    return errors


def flight_errors(facts: Facts) -> list[SlipwayError]:
    """Errors for a deployment in flight that must not be replaced.

    Also for a service that does not change: later waves would start before it is stable, and it may still roll back.
    """
    wanted = facts.desired
    if facts.observed is None or not in_flight(facts.observed) or wanted.force:
        return []
    remedy = f"Wait until it ends, or replace it: {again('--limit', wanted.name, force_full_build='true')}"
    return _wrong(wanted, f"service {wanted.service} has a deployment in progress", remedy)


def _source(facts: Facts, shipped: Drift | None) -> TaskDefinition:
    source = facts.foreign if shipped is not None else facts.running
    if source is None:
        raise ValueError(f"{facts.desired.name} has nothing to clone")
    return source


def _change(
    facts: Facts, image: ResolvedImage, reasons: Sequence[str], shipped: Drift | None, drift: Drift | None
) -> Change:
    wanted, source = facts.desired, _source(facts, shipped)
    reference = parse_image(image.reference)
    pinned = str(reference.at(image.digest) if image.digest else reference)
    shared = sharing(source.body, wanted.container) if shipped is not None else sharing_of(facts)
    containers = (wanted.container, *shared.moving)
    body = with_images(source.body, containers, pinned) if container_of(source.body, wanted.container) else {}
    reused = reusable(facts, source, body)
    after = Side(reused.arn if reused else None, pinned, _label_of(wanted), image.digest, shared.moving)
    notes = [*change_notes(facts), *shared.notes(wanted.container)]
    if image.unverifiable:
        how = "digest" if reference.pinned else "tag"
        notes.append(f"the image is not verifiable ({image.unverifiable}): it is deployed by its {how}")
    if reused is not None:
        notes.append(f"reuses :{reused.revision}")
    why = list(reasons)
    if drift is not None and shipped is None:
        notes.append(str(drift))
    elif shipped is not None:
        why[-1] = f"drift :{revision_of(shipped.revision)} shipped ({', '.join(shipped.differences[:4])})"
    return replace(make_change(facts, source, body, after), why=tuple(why), notes=tuple(notes))


def make_change(facts: Facts, source: TaskDefinition, body: Mapping[str, Any], after: Side) -> Change:
    """The change of a service, with ``force`` if its update needs that to start a deployment."""
    if facts.observed is None or facts.running is None:
        raise ValueError(f"{facts.desired.name} was not observed")
    return Change(
        desired=facts.desired,
        observed=facts.observed,
        running=facts.running,
        running_active=facts.running_active,
        source=source,
        body=body,
        before=running_side(facts),
        after=after,
        force=facts.desired.force or after.task_definition == facts.running.arn,
    )


def reusable(facts: Facts, source: TaskDefinition, body: Mapping[str, Any]) -> TaskDefinition | None:
    """An ACTIVE revision with the content that would be registered and the same base: the running one, or the newest.

    The base must be the same, because drift is judged against it.
    """
    running = [facts.running] if facts.running is not None and facts.running_active else []
    for item in (*running, *facts.recent):
        if revision_of(item.base) == revision_of(source.base) and not item.unknown and same_content(item.body, body):
            return item
    return None


def running_side(facts: Facts) -> Side:
    """What a service runs now."""
    if facts.running is None:
        return Side(facts.observed.task_definition if facts.observed else None, "", "", "")
    image = running_image(facts)
    tag = facts.running.image_tag or (image.tag if image else "") or facts.running_tag
    container = facts.desired.container
    # An undo pins an image that was named by a tag, in all containers that have it.
    alike = same_text(facts.running.body, container) if image is not None and not image.pinned else ()
    return Side(facts.running.arn, facts.running.image(container), tag, facts.running_digest, alike)


def change_notes(facts: Facts) -> list[str]:
    """Notes for the operator about a service that changes."""
    observed = facts.observed
    notes: list[str] = []
    if observed is None:
        return notes
    daemon = observed.scheduling == "DAEMON"
    if daemon:
        notes.append("DAEMON: one task for each host")
    if observed.desired == 0:
        why = "its cluster has no container instance for it" if daemon else "desired count is 0"
        notes.append(f"{NOT_EXERCISED}: {why}")
    if facts.autoscaled:
        notes.append(f"autoscaled {facts.autoscaled[0]} to {facts.autoscaled[1]}: its count is left alone")
    if in_flight(observed):
        notes.append("replaces the deployment in flight")
    image = running_image(facts)
    if facts.running is not None and not facts.running_active:
        notes.append(f"running :{facts.running.revision} is INACTIVE: an undo registers it again")
    elif facts.running is not None and image is not None and not image.pinned and facts.running_digest:
        notes.append(f"running :{facts.running.revision} {UNPINNED}")
    return notes


def _unchanged(facts: Facts, image: ResolvedImage | None) -> Unchanged:
    wanted, running = facts.desired, running_side(facts)
    if not wanted.selected:
        return Unchanged(wanted, "outside the limit", running)
    verdict = image_verdict(facts, image) if image else None
    if verdict is None or verdict.kind != SAME:
        return Unchanged(wanted, "nothing to change", running)
    # The wanted tag refers to what runs: better than no name.
    return Unchanged(wanted, verdict.why, replace(running, tag=running.tag or _label_of(wanted)))


def _label_of(wanted: DesiredService) -> str:
    """The requested tag; a requested digest is not a tag."""
    return "" if is_digest(wanted.tag) else wanted.tag


def service_warnings(facts: Facts, drift: Drift | None) -> list[str]:
    """Notes for the operator about a service that does not change."""
    name, observed = facts.desired.name, facts.observed
    if observed is None:
        return [f"{name}: service {facts.desired.service} is not in cluster {facts.desired.cluster} ({facts.failure})"]
    warnings = []
    if in_flight(observed):
        warnings.append(f"{name}: a deployment is in flight")
    elif observed.running < observed.desired:
        warnings.append(f"{name}: {observed.running} of {observed.desired} tasks run")
    if drift is not None:
        warnings.append(f"{name}: {drift}")
    return warnings
