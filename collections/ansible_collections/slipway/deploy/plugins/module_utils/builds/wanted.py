# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a deploy of a build deploys, and why one cannot be deployed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from ..common.command import again, command
from ..common.errors import SlipwayError, raise_all
from ..common.text import plural
from ..fleet.model import DesiredService
from ..fleet.naming import best_tag
from ..fleet.planned import Plan
from ..image.reference import parse_image
from ..kinds.registry import KINDS, NAMES
from .model import INTERRUPTED, Build, BuiltArtifact, BuiltService

#: The variable that names a build, for errors.
BUILD: Final = "-e build"
#: Why a service or host that the build does not name stays unchanged.
LEFT_OUT: Final = "not in the build"
#: Variables that choose what is deployed as well.
_CHOOSING: Final = ("image_tag", "backend_tag", *(name for kind in KINDS for name in sorted(kind.all_chosen)))
#: Reasons of one target that a plan shows.
_REASONS: Final = 3


def refuse_other_choices(extra: Collection[str]) -> None:
    """Refuse variables of the command line that choose what is deployed, beside a build.

    :raises SlipwayErrors: a line for each.
    """
    raise_all(
        SlipwayError(f"{name} and build both say what is deployed", f"-e {name}", "Leave one of them out")
        for name in (*_CHOOSING, "resume")
        if name in extra
    )


def refuse_other_drift(build: Build, named: Collection[str]) -> None:
    """Refuse to ship the drift of services that a build does not name: they stay as they are.

    :raises SlipwayErrors: a line for each.
    """
    raise_all(
        SlipwayError(f"{name} is not in build {build.id}", "-e ship_drift", "Leave it out, or deploy it without build")
        for name in sorted(named)
        if name not in build.services
    )


def deployed_services(build: Build) -> dict[str, BuiltService]:
    """The services that a deploy of the build changes, by name."""
    return {name: item for name, item in build.services.items() if item.digest is not None}


def deployed_artifacts(build: Build) -> dict[str, BuiltArtifact]:
    """The artifacts that a deploy of the build installs on hosts, by the kind of host."""
    return {item.kind: item for item in build.artifacts.values() if item.kind in NAMES}


def check_deployable(
    build: Build,
    services: Iterable[DesiredService],
    kinds: Collection[str],
    *,
    limited: bool,
) -> None:
    """Refuse a build that cannot be deployed.

    :param services: the services of the inventory.
    :param kinds: the kinds of host that the environment deploys to.
    :param limited: whether ``--limit`` selects what is deployed: what it leaves out need not exist.
    :raises SlipwayErrors: a line for each reason.
    """
    if not build.usable:
        raise _unusable(build)
    raise_all(
        [
            *_services_errors(build, {item.name: item for item in services}, limited=limited),
            *_artifacts_errors(build, kinds, limited=limited),
        ]
    )


def _unusable(build: Build) -> SlipwayError:
    if build.result == "running":
        what = f"build {build.id} has not ended: it began at {build.created}"
        return SlipwayError(what, BUILD, "Wait for it; if it was killed, build again")
    if build.error == INTERRUPTED:
        return SlipwayError(f"build {build.id} was interrupted", BUILD, "Build again: it goes on with what is left")
    bad = [name for name, item in build.services.items() if item.result == "failed"]
    bad += [name for name, item in build.artifacts.items() if item.result == "failed"]
    named = f": {', '.join(bad[:5])}{' and others' if len(bad) > 5 else ''}" if bad else ""
    return SlipwayError(f"build {build.id} failed{named}", BUILD, "Correct that and build again, or name another build")


def _services_errors(build: Build, known: Mapping[str, DesiredService], *, limited: bool) -> Iterator[SlipwayError]:
    for name, item in deployed_services(build).items():
        wanted = known.get(name)
        if wanted is None:
            if not limited:
                remedy = "Add it to the inventory, build again, or use --limit"
                what = f"service {name} is in build {build.id} but not in the inventory"
                yield SlipwayError(what, BUILD, remedy)
            continue
        place = f"{wanted.registry}/{wanted.repository}" if wanted.registry else wanted.repository
        if wanted.selected and item.image != place:
            what = f"build {build.id} has the image {item.image}, but the inventory says {place}"
            yield SlipwayError(what, wanted.where or name, "Correct ecr_registry or image_repository, or build again")


def _artifacts_errors(build: Build, kinds: Collection[str], *, limited: bool) -> Iterator[SlipwayError]:
    for kind, item in deployed_artifacts(build).items():
        if kind not in kinds and not limited:
            what = f"build {build.id} has a release of the {kind}, and no {kind} host is deployed to from here"
            yield SlipwayError(what, BUILD, "Add the host to the inventory, or use --limit")
        if item.result in ("built", "unchanged") and item.digest is None and not item.commit:
            yield SlipwayError(f"build {build.id} names neither digest nor commit of the {kind}", BUILD, "Build again")


def desired_of(build: Build, services: Iterable[DesiredService]) -> list[DesiredService]:
    """The services with the images of a build; those that it does not name are not changed."""
    found = deployed_services(build)
    return [_desired(item, found.get(item.name)) for item in services]


def _desired(item: DesiredService, built: BuiltService | None) -> DesiredService:
    if built is None or built.digest is None:
        return replace(item, selected=False)
    image = parse_image(built.image)
    return replace(item, registry=image.registry, repository=image.repository, tag=built.digest, tag_where=BUILD)


def explained(plan: Plan, build: Build, services: Iterable[DesiredService]) -> Plan:
    """The plan with the reasons of a build, and its tags as names of the images.

    :param services: the services of the inventory, as they were before :func:`desired_of`.
    """
    selected = {item.name for item in services if item.selected}
    changes = []
    for change in plan.changes:
        built = build.services[change.desired.name]
        after = replace(change.after, tag=best_tag(built.tags) or built.commit)
        changes.append(replace(change, why=(*change.why, *shown_reasons(built.reasons)), after=after))
    unchanged = tuple(
        replace(item, why=LEFT_OUT) if item.desired.name in selected and not item.desired.selected else item
        for item in plan.unchanged
    )
    return replace(plan, changes=tuple(changes), unchanged=unchanged)


def shown_reasons(reasons: Collection[str]) -> tuple[str, ...]:
    """The reasons of a build as a plan shows them: the first ones, and how many more there are."""
    first = tuple(reasons)[:_REASONS]
    more = len(reasons) - len(first)
    return (*first, f"and {plural(more, 'more reason')}") if more else first


def artifact_place(built: BuiltArtifact, bucket: str, filename: str, where: str) -> tuple[str, str]:
    """Tag and branch of an artifact in a bucket, ``s3://<bucket>/<branch>/<tag>/<filename>``.

    :param bucket: the environment's.
    :param where: what names the bucket, for errors.
    :raises SlipwayError: it is elsewhere.
    """
    prefix, ending = f"s3://{bucket}/", f"/{filename}"
    location = built.location or ""
    branch, _slash, tag = location.removeprefix(prefix).removesuffix(ending).rpartition("/")
    if not bucket or not location.startswith(prefix) or not location.endswith(ending) or not branch or not tag:
        what = f"the {built.kind} of the build is at {location or 'no place'}, not at {prefix}<branch>/<tag>{ending}"
        raise SlipwayError(what, where, "Correct it, or build again")
    if built.digest is None:
        raise SlipwayError(f"the build names no digest of the {built.kind}", BUILD, "Build again")
    return tag, branch


def to_record(build: Build) -> dict[str, Any]:
    """What the record of a deploy says of its build."""
    origin = build.promoted_from
    return {
        "id": build.id,
        "repository": build.source.repository or None,
        "branch": build.source.branch or None,
        "commit": build.source.commit or None,
        "promoted_from": {"environment": origin.environment, "record": origin.record} if origin else None,
    }


def elsewhere(identity: str, environment: str, owner: str) -> SlipwayError:
    """The error for a build of another environment."""
    promote = command("promote", environment, **{"from": owner})
    what = f"build {identity} is of {owner}, not of {environment}"
    return SlipwayError(what, BUILD, f"Deploy it there and promote what runs: {promote}")


def nothing_selected(build: Build) -> SlipwayError:
    """The error for a limit that leaves out all of a build."""
    names = [*deployed_services(build), *deployed_artifacts(build)]
    remedy = f"It has {', '.join(names[:5])}: {again(build=build.id)}"
    return SlipwayError(f"--limit leaves out everything that build {build.id} has", "--limit", remedy)
