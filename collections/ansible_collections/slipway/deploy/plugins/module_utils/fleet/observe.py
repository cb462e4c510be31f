# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observes a fleet with as few calls as possible, in a small pool of threads.

For an unchanged fleet of *n* services: ⌈n/10⌉ DescribeServices, one image look-up for each distinct repository and
tag, one ListTaskDefinitions for each family, and no DescribeTaskDefinition that the cache can answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias, TypeVar

from ..aws.client import Clients
from ..common.errors import SlipwayError, SlipwayErrors
from ..image.reference import parse_image
from . import api
from .cache import TaskDefinitionCache
from .compare import reasons_to_change, running_image
from .drift import newest_foreign
from .identity import cluster_name
from .model import DesiredService, ObservedService
from .observation import Facts, FleetObservation, ResolvedImage, TaskDefinition, image_reference
from .parse import parse_running_digest, parse_service, parse_task_digest
from .sharing import sharing
from .taskdef import revision_of

__all__ = ["observe", "observe_services", "parse_service"]

WORKERS = 8
RECENT = 10
"""How many of a family's newest revisions may be reused instead of registering a new one."""

A = TypeVar("A")
B = TypeVar("B")
Found: TypeAlias = "tuple[ObservedService | None, str]"


def observe(
    desired: Iterable[DesiredService],
    clients: Clients,
    cache: TaskDefinitionCache,
    *,
    definitions: Sequence[str] = (),
    resolve_images: bool = True,
) -> FleetObservation:
    """Observe everything that a plan needs. Nothing is changed.

    :param definitions: further task definitions to read (those that a rollback returns to).
    :param resolve_images: whether to look up the images that the selected services should run.
    :raises SlipwayError: a call failed; all failures are named.
    """
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="observe") as pool:
        return _Observer(clients, cache, pool).observe(tuple(desired), tuple(definitions), resolve_images)


def observe_services(clients: Clients, cluster: str, names: Sequence[str]) -> dict[str, ObservedService]:
    """The services of one cluster that exist, by name: ten per call, one call after the other (for a poller)."""
    found: dict[str, ObservedService] = {}
    for part in api.chunks(list(dict.fromkeys(names)), api.SERVICES_A_CALL):
        services, _failures = api.describe_services(clients, cluster, part)
        found.update((raw["serviceName"], parse_service(raw)) for raw in services)
    return found


class _Observer:
    """The steps of :func:`observe`, sharing clients, cache and threads."""

    def __init__(self, clients: Clients, cache: TaskDefinitionCache, pool: Executor) -> None:
        self._clients = clients
        self._cache = cache
        self._pool = pool
        self._emulated = api.is_emulated(clients)

    def observe(
        self, desired: tuple[DesiredService, ...], definitions: tuple[str, ...], resolve_images: bool
    ) -> FleetObservation:
        """See :func:`observe`."""
        found = self._services(desired)
        images = self._images(desired) if resolve_images else {}
        extra = dict(self._each(self._definition, tuple(dict.fromkeys(definitions))))
        known = {arn: value for arn, value in extra.items() if value is not None}
        to_copy = {
            definition.family for definition, active in known.values() if not active or not _all_pinned(definition)
        }
        facts = self._each(lambda item: self._read(item, found[item.cluster, item.service]), desired)
        facts = self._with_digests(facts)

        def complete(item: Facts) -> Facts:
            copied = item.running is not None and item.running.family in to_copy
            return self._complete(item, images.get(image_reference(item.desired)), copied)

        facts = self._with_autoscaling(self._each(complete, facts))
        return FleetObservation(tuple(facts), images, known)

    def read(self, arn: str, service: ObservedService) -> TaskDefinition:
        """The definition of an ARN of a service: from the cache, or from ECS and then into the cache."""
        # An emulator's services are created when it starts: that time identifies the start.
        scope = f"{self._clients('ecs').meta.endpoint_url} {service.created_at} " if self._emulated else ""
        kept = self._cache.get(arn, scope)
        if kept is not None:
            unknown = api.unknown_in_definition(self._clients, kept.body)
            return replace(kept, unknown=tuple(unknown))
        definition, _active = self._fetch(arn)
        self._cache.put(definition, scope)
        return definition

    def _fetch(self, arn: str) -> tuple[TaskDefinition, bool]:
        body, tags, unknown = api.describe_task_definition(self._clients, arn)
        return self._cache.redacted(body, tags, unknown), body.get("status") == "ACTIVE"

    def _definition(self, arn: str) -> tuple[str, tuple[TaskDefinition, bool] | None]:
        try:
            return arn, self._fetch(arn)
        except SlipwayError as error:
            if api.is_unknown_definition(error):
                return arn, None
            raise

    def _services(self, desired: Sequence[DesiredService]) -> dict[tuple[str, str], Found]:
        by_cluster: dict[str, dict[str, None]] = {}
        for item in desired:
            by_cluster.setdefault(item.cluster, {})[item.service] = None
        requests = [
            (cluster, part)
            for cluster, names in by_cluster.items()
            for part in api.chunks(list(names), api.SERVICES_A_CALL)
        ]

        def describe(request: tuple[str, Sequence[str]]) -> dict[tuple[str, str], Found]:
            cluster, names = request
            services, failures = api.describe_services(self._clients, cluster, names)
            answered = {raw["serviceName"]: parse_service(raw) for raw in services}
            return {
                (cluster, name): (answered.get(name), "" if name in answered else failures.get(name, "MISSING"))
                for name in names
            }

        return {key: value for part in self._each(describe, requests) for key, value in part.items()}

    def _images(self, desired: Sequence[DesiredService]) -> dict[str, ResolvedImage]:
        distinct = {image_reference(item): item for item in desired if item.selected}
        answers = self._each(
            lambda item: api.resolve_image(self._clients, item.registry, item.repository, item.tag),
            tuple(distinct.values()),
        )
        return dict(zip(distinct, answers, strict=True))

    def _read(self, desired: DesiredService, found: Found) -> Facts:
        observed, failure = found
        if observed is None or observed.status != "ACTIVE" or not observed.task_definition:
            return Facts(desired, observed, failure)
        try:
            running = self.read(observed.task_definition, observed)
        except SlipwayError as error:
            if desired.selected or not api.is_unknown_definition(error):
                raise
            return Facts(desired, observed, failure)
        facts = Facts(desired, observed, failure, running, running_digest=_pinned_digest(running, desired.container))
        if not desired.selected:
            return facts
        facts = replace(facts, base=self._base(running, desired.container, observed))
        until = revision_of(running.cloned_from)
        active = tuple(api.list_revisions(self._clients, running.family, until))
        listed = running.arn in active
        # A list that ends before the running revision says nothing about it.
        complete = listed or len(active) < api.REVISIONS_LISTED or revision_of(active[-1]) < running.revision
        running_active = listed if complete else self._fetch(running.arn)[1]
        return replace(facts, active=active, running_active=running_active)

    def _base(self, running: TaskDefinition, container: str, observed: ObservedService) -> TaskDefinition | None:
        """The foreign ancestor, if only it shows whether containers of one repository belong together."""
        if running.base == running.arn or not sharing(running.body, container).stays:
            return None
        try:
            return self.read(running.base, observed)
        except SlipwayError as error:
            if api.is_unknown_definition(error):
                return None
            raise

    def _with_digests(self, facts: Sequence[Facts]) -> list[Facts]:
        """The running digests of images that are not pinned: from service revisions, or else from tasks."""
        asked = {arn: item for item in facts if item.running and not item.running_digest for arn in _revisions_of(item)}
        told: dict[str, str] = {}
        for part in self._each(
            lambda arns: api.service_revisions_if_allowed(self._clients, arns),
            tuple(api.chunks(list(asked), api.REVISIONS_A_CALL)),
        ):
            for arn, raw in part.items():
                item = asked[arn]
                if item.running and raw.get("taskDefinition") == item.running.arn:
                    told[item.desired.name] = parse_running_digest(raw, item.desired.container)

        def with_digest(item: Facts) -> Facts:
            if item.running is None or item.running_digest or item.observed is None:
                return item
            digest = told.get(item.desired.name, "")
            if not digest and item.observed.running:
                tasks = api.describe_running_tasks(self._clients, item.desired.cluster, item.desired.service)
                digest = parse_task_digest(tasks, item.running.arn, item.desired.container)
            return replace(item, running_digest=digest)

        return self._each(with_digest, facts)

    def _complete(self, facts: Facts, image: ResolvedImage | None, copied: bool) -> Facts:
        """Read the revisions that matter for drift and reuse."""
        observed = facts.observed
        if observed is None or facts.running is None or not facts.desired.selected:
            return facts
        foreign = newest_foreign(facts.running, facts.active, lambda arn: self.read(arn, observed))
        recent: tuple[TaskDefinition, ...] = ()
        if foreign is not None or copied or reasons_to_change(facts, image):
            recent = tuple(self.read(arn, observed) for arn in facts.active[:RECENT])
        return replace(facts, foreign=foreign, recent=recent)

    def _with_autoscaling(self, facts: list[Facts]) -> list[Facts]:
        def resource(item: Facts) -> str:
            return f"service/{cluster_name(item.desired.cluster)}/{item.desired.service}"

        targets: dict[str, tuple[int, int]] = {}
        asked = list(dict.fromkeys(resource(item) for item in facts if item.recent))
        for part in api.chunks(asked, api.TARGETS_A_CALL):
            targets.update(api.scalable_targets_if_allowed(self._clients, part))
        return [replace(item, autoscaled=targets.get(resource(item))) for item in facts]

    def _each(self, function: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``function`` to each item, in order; raise all distinct failures together."""
        futures = [self._pool.submit(function, item) for item in items]
        results: list[B] = []
        errors: dict[str, SlipwayError] = {}
        for future in futures:
            try:
                results.append(future.result())
            except SlipwayError as error:
                errors.setdefault(str(error), error)
        if len(errors) == 1:
            raise next(iter(errors.values()))
        if errors:
            raise SlipwayErrors(errors.values())
        return results


def _pinned_digest(definition: TaskDefinition, container: str) -> str:
    image = running_image(Facts(DesiredService("", 0, "", "", container, "", ""), running=definition))
    return image.digest if image else ""


def _revisions_of(facts: Facts) -> tuple[str, ...]:
    return facts.observed.revisions if facts.observed else ()


def _all_pinned(definition: TaskDefinition) -> bool:
    try:
        return all(parse_image(item.get("image", "")).pinned for item in definition.body["containerDefinitions"])
    except SlipwayError:
        return False
