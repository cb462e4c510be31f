# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finds what runs in one environment, and what the next one has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from ..module_utils.builds.api import EcrRepository, copy_image
from ..module_utils.builds.model import Build, BuiltService
from ..module_utils.builds.promotion import Part, Promotion, built_before, with_gates
from ..module_utils.builds.store import build_ids, find_build
from ..module_utils.checks.health import judge
from ..module_utils.common.errors import SlipwayError, SlipwayErrors, raise_all
from ..module_utils.fleet.api import image_tags, resolve_image
from ..module_utils.fleet.cache import TaskDefinitionCache
from ..module_utils.fleet.naming import lasting_tags
from ..module_utils.fleet.observation import Facts
from ..module_utils.fleet.observe import observe
from ..module_utils.fleet.plan import running_side
from ..module_utils.image.reference import ImageRef, parse_image
from ..module_utils.record.hosts import last_good_release
from ..module_utils.record.step import Step
from .context import Context
from .kinds.registry import host_kind
from .released import find_releases, observe_released

WORKERS = 4
#: Builds of the other environment that are searched for what they say of an image.
LOOKED_BACK = 20
#: How a part is copied, by its name.
Copies = Mapping[str, Callable[[], None]]


@dataclass(frozen=True)
class _Running:
    """A service of the other environment, as it runs and as a record released it."""

    image: ImageRef
    digest: str
    tag: str
    record: str


def find_promotion(context: Context, source: Context, tags: Mapping[str, str]) -> tuple[Promotion, Copies]:
    """What runs in another environment and would be promoted, and how it is copied.

    :param tags: kind of host → the tag that its release has in this environment, from the command line.
    :raises SlipwayErrors: all reasons that prevent the promotion; nothing was changed.
    """
    found: list[tuple[Part, Callable[[], None]]] = []
    errors: list[SlipwayError] = []
    for promote in (_services, _kinds):
        try:
            found += promote(context, source, tags)
        except SlipwayErrors as error:
            errors += error.errors
        except SlipwayError as error:
            errors.append(error)
    raise_all(errors)
    parts = tuple(part for part, _copy in found)
    promotion = Promotion(source.environment, context.environment, parts, tuple(_left_out(context, source)))
    return promotion, {part.name: copy for part, copy in found}


def _left_out(context: Context, source: Context) -> Iterator[str]:
    for one, other in ((source, context), (context, source)):
        names = [name for name in one.services if name not in other.services]
        names += [f"{kind} hosts" for kind in one.hosts_by_kind if kind not in other.hosts_by_kind]
        if names:
            yield f"only {one.environment} has {', '.join(names)}"


def _services(context: Context, source: Context, _tags: Mapping[str, str]) -> list[tuple[Part, Callable[[], None]]]:
    names = [name for name in context.services if name in source.services]
    if not names:
        return []
    running = _running(source, names)
    known = built_before(_builds(source))
    wanted = [item for item in context.desired() if item.name in names]
    cache = TaskDefinitionCache(context.cache_directory)
    observation = observe(wanted, context.clients, cache, resolve_images=False)

    def part(facts: Facts) -> tuple[Part, Callable[[], None]] | list[SlipwayError]:
        item = running[facts.desired.name]
        try:
            return _part(context, source, facts, item, known.get((facts.desired.name, item.digest)))
        except SlipwayErrors as error:
            return list(error.errors)
        except SlipwayError as error:
            return [error]

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="promote") as pool:
        results = list(pool.map(part, observation.facts))
    raise_all(dict.fromkeys(error for item in results if isinstance(item, list) for error in item))
    return [item for item in results if isinstance(item, tuple)]


def _builds(source: Context) -> list[Build]:
    """The newest builds of the other environment, newest first."""
    names = build_ids(source.store, source.environment)[:LOOKED_BACK]
    found = (find_build(source.store, source.environment, name) for name in names)
    return [build for build in found if build is not None]


def _running(source: Context, names: list[str]) -> dict[str, _Running]:
    """What the services of the other environment run, if that is what its records released.

    :raises SlipwayErrors: a line for each service that runs something else, or is not healthy.
    """
    desired = [item for item in source.desired() if item.name in names]
    releases = find_releases(source, names)
    observation, steps = observe_released(source, desired, releases)
    found: dict[str, _Running] = {}
    errors: list[SlipwayError] = []
    for facts in observation.facts:
        name = facts.desired.name
        why = _not_promotable(facts, steps.get(name))
        released = releases.of.get(name)
        if why or released is None or facts.running is None:
            remedy = f"Let {source.environment} run a release first, then promote it"
            errors.append(SlipwayError(f"{name} cannot be promoted: {why}", source.environment, remedy))
            continue
        image = parse_image(facts.running.image(facts.desired.container))
        digest = facts.running_digest or released.digest
        if not digest:
            errors.append(SlipwayError(f"the digest that {name} runs is not known", source.environment))
        found[name] = _Running(image, digest, released.tag, released.record)
    raise_all(errors)
    return found


def _not_promotable(facts: Facts, step: Step | None) -> str:
    """Why what a service runs cannot be promoted, in one line; empty if it can."""
    if facts.observed is None or facts.running is None or step is None:
        return "ECS does not say what it runs"
    if step.kind != "in_step":
        return step.what
    health = judge(facts.desired.name, replace(facts.observed, target_groups=(), classic_load_balancer=False), {})
    return health.detail if health.verdict in ("fail", "unknown") else ""


def _part(
    context: Context, source: Context, facts: Facts, item: _Running, built: BuiltService | None
) -> tuple[Part, Callable[[], None]]:
    wanted = facts.desired
    target = parse_image(f"{wanted.registry}/{wanted.repository}" if wanted.registry else wanted.repository)
    names = [item.tag, *image_tags(source.clients, item.image.registry, item.image.repository, item.digest)]
    tags = tuple(dict.fromkeys(lasting_tags(names)))
    taken: tuple[str, ...] = ()
    before = running_side(facts)
    same = target.place == item.image.place
    there = resolve_image(context.clients, target.registry, target.repository, item.digest)
    if not same:
        if there.problem.startswith("repository ") or there.unverifiable:
            remedy = "Create it (Terraform, or playbooks/build.yml), or correct ecr_registry or image_repository"
            raise SlipwayError(there.problem or there.unverifiable, wanted.where or wanted.name, remedy)
        taken = _taken(context, target, item.digest, tags)
        # A policy of the repository may expire images without a tag.
        tags = tuple(tag for tag in tags if tag not in taken) or (f"{source.environment}-{item.digest[7:19]}",)
    sbom = built.sbom.digest if built is not None and built.sbom is not None and not same else ""
    # An earlier copy may have ended between the two, or a policy of the repository expired the SBOM.
    lacks_sbom = bool(sbom and there.digest) and not EcrRepository(context.clients, target).has(sbom)
    notes = [f"{target.name}:{tag} is another image and stays it" for tag in taken]
    notes += [f"{target.name} has the image, but not its SBOM"] if lacks_sbom else []
    part = Part(
        name=wanted.name,
        digest=item.digest,
        runs=item.tag or before.tag,
        source=item.image.name,
        target=target.name,
        before=facts.running_digest,
        before_runs=before.tag,
        present=same or bool(there.digest and not lacks_sbom),
        record=item.record,
        tags=tags,
        notes=tuple(notes),
        built=built,
    )
    if part.present:
        return part, lambda: None
    # An image that cannot be copied is reported before anything is.
    origin, place = EcrRepository(source.clients, item.image), EcrRepository(context.clients, target)

    def copy() -> None:
        if not there.digest:
            copy_image(origin, place, item.digest, part.tags)
        if sbom:
            # It refers to the image by its digest, which stays.
            copy_image(origin, place, sbom)

    return part, copy


def _taken(context: Context, target: ImageRef, digest: str, tags: tuple[str, ...]) -> tuple[str, ...]:
    """The tags that name another image in the target: a tag is never moved."""
    held = {tag: resolve_image(context.clients, target.registry, target.repository, tag).digest for tag in tags}
    return tuple(tag for tag, found in held.items() if found not in ("", digest))


def _kinds(context: Context, source: Context, tags: Mapping[str, str]) -> list[tuple[Part, Callable[[], None]]]:
    found: list[tuple[Part, Callable[[], None]]] = []
    errors: list[SlipwayError] = []
    for kind, hosts in context.hosts_by_kind.items():
        if kind not in source.hosts_by_kind:
            continue
        release = last_good_release(source.store, source.environment, kind)
        if release is None:
            what = f"no release of the {kind} was deployed to {source.environment} yet"
            errors.append(SlipwayError(what, source.environment, "Deploy it there first, then promote it"))
            continue
        before: Mapping[str, Any] = last_good_release(context.store, context.environment, kind) or {}
        try:
            promoted = host_kind(kind).promote(context, source, hosts[0], release, tags.get(kind, ""))
        except SlipwayErrors as error:
            errors += error.errors
            continue
        except SlipwayError as error:
            errors.append(error)
            continue
        part = replace(
            promoted.part,
            before=str(before.get("digest") or ""),
            before_runs=str(before.get("tag") or ""),
            record=str(release["record"]),
        )
        found.append((with_gates(part, _builds(source)), promoted.copy))
    raise_all(errors)
    return found
