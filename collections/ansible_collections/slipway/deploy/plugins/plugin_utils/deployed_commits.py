# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commit that each service and kind of host runs: from the records, from the image's label, from versions.json."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from ..module_utils.changes.api import Base, Repository
from ..module_utils.common.errors import SlipwayError
from ..module_utils.fleet.compare import running_image
from ..module_utils.fleet.image_config import REVISION, image_labels
from ..module_utils.fleet.naming import WORKERS
from ..module_utils.fleet.observation import Facts
from ..module_utils.image.reference import ImageRef
from ..module_utils.record.hosts import last_good_release
from ..module_utils.record.released import Released
from ..module_utils.versions.store import read_version
from .context import Context
from .reading import begin_reading
from .released import Releases, find_releases, observe_released

_COMMIT = "commit:"


def deployed_commits(
    context: Context, repository: Repository, services: Collection[str], kinds: Collection[str]
) -> dict[str, Base]:
    """The commit that each of some services and kinds of host runs; without one, why it is not known.

    :raises SlipwayError: a setting is invalid, or the environment's account cannot be read.
    """
    begin_reading(context, account=bool(services))
    hosts = [name for kind in kinds for name in context.members(kind)]
    releases = find_releases(context, [*services, *hosts])
    found = _of_services(context, repository, services, releases) if services else {}
    return {**found, **{kind: _of_kind(context, repository, kind, releases) for kind in kinds}}


def _of_services(
    context: Context, repository: Repository, names: Collection[str], releases: Releases
) -> dict[str, Base]:
    desired = [item for item in context.desired() if item.name in names]
    observation, steps = observe_released(context, desired, releases)
    found: dict[str, Base] = {}
    asked: list[Facts] = []
    for facts in observation.facts:
        name = facts.desired.name
        step = steps.get(name)
        tag = releases.of[name].tag if name in releases.of and step and step.kind == "in_step" else ""
        base = _first(repository, [tag]) if tag else Base()
        if base.revision and repository.commit(base.revision):
            found[name] = base
        elif facts.observed is None or facts.running is None:
            found[name] = Base(why=f"ECS has no service {facts.desired.service}")
        else:
            asked.append(facts)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="label") as pool:
        labels = list(pool.map(lambda facts: _label(context, facts), asked))
    for facts, (label, why) in zip(asked, labels, strict=True):
        found[facts.desired.name] = _of_image(repository, facts, label, why)
    return found


def _label(context: Context, facts: Facts) -> tuple[str, str]:
    """The label that names the commit of the image that a service runs, or why it has none."""
    image = running_image(facts)
    if image is None:
        return "", "its image is not known"
    pinned = image.at(facts.running_digest) if facts.running_digest else image
    try:
        label = image_labels(context.clients, pinned, context.aws.endpoint_url).get(REVISION, "")
    except SlipwayError as error:
        return "", f"the label {REVISION} of its image cannot be read: {error}"
    return label, f"its image has no label {REVISION}"


def _of_image(repository: Repository, facts: Facts, label: str, why: str) -> Base:
    """:param why: what to say without a label."""
    if label:
        base = repository.built_from(label)
        return base if base.revision else Base(why=f"the label {REVISION} of its image names no commit: {label[:60]}")
    image = running_image(facts) or ImageRef("")
    tags = [tag for tag in (facts.running.image_tag if facts.running else "", image.tag, facts.running_tag) if tag]
    base = _first(repository, tags)
    return base if base.revision else Base(why=f"{base.why}, and {why}" if tags else why)


def _first(repository: Repository, tags: Iterable[str]) -> Base:
    """The commit of the first tag that names one of the clone, else what is known of the first one."""
    found = [repository.built_from(tag) for tag in tags]
    there = [base for base in found if base.revision and repository.commit(base.revision)]
    return next(iter([*there, *found]), Base())


def _of_kind(context: Context, repository: Repository, kind: str, releases: Releases) -> Base:
    """What all hosts of a kind run."""
    if releases.problem:
        return Base(why=f"what runs is not known: {releases.problem}")
    released = [_of_host(context, kind, name, releases) for name in context.members(kind)]
    known = list(dict.fromkeys((item.commit, item.tag, item.digest) for item in released if item is not None))
    promoted = read_version(context.store, context.environment, kind)
    halves = [item.record for item in released if item is not None and item.unsettled]
    if halves:
        return Base(why=f"release {halves[0]} left its hosts half-way")
    if len(known) > 1:
        listed = " and ".join(sorted(tag or commit[:12] for commit, tag, _digest in known)[:3])
        return Base(why=f"its hosts run different releases: {listed}")
    if known:
        commit, tag, digest = known[0]
    elif promoted is not None:
        commit, tag, digest = promoted.commit, promoted.tag, promoted.digest
    else:
        return Base(why="nothing was deployed to its hosts yet")
    if digest.startswith(_COMMIT):
        commit = digest.removeprefix(_COMMIT)
    if not commit and promoted is not None and promoted.tag == tag:
        commit = promoted.commit
    base = Base(commit) if commit else repository.built_from(tag)
    return base if base.revision else Base(why=f"its release {tag} names no commit: there is no such tag in the clone")


def _of_host(context: Context, kind: str, name: str, releases: Releases) -> Released | None:
    if not context.is_reached(name, kind):
        document = last_good_release(context.store, context.environment, kind)
        if document is None:
            return None
        said = {name: str(document.get(name) or "") for name in ("tag", "digest", "commit")}
        return Released(str(document["record"]), tag=said["tag"], digest=said["digest"], commit=said["commit"])
    return releases.of.get(name) or releases.groups.get(kind)
