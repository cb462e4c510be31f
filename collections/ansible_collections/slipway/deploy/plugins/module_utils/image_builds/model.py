# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is to be built, what the registry has, and what becomes of each service. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ..common.errors import SlipwayError, raise_all
from ..image.reference import ImageRef
from .tags import Tags

#: The media type of CycloneDX in JSON, which types the artifact of a bill of materials.
CYCLONEDX = "application/vnd.cyclonedx+json"
#: What is done for a service: its image is built, or gets tags, or is as it should be.
Step = Literal["build", "tag", "unchanged"]


@dataclass(frozen=True)
class Recipe:
    """How the inventory says that a service's image is built. Paths are relative to the source's root.

    :ivar reasons: why it is built.
    :ivar arguments: for the Dockerfile's ``ARG`` instructions; no secrets, since an image shows them.
    :ivar platform: as ``linux/arm64``; empty for that of the machine that builds.
    :ivar command: run there before the image is built, without a shell; empty for none.
    :ivar sbom: the CycloneDX file that the command makes; empty for none.
    :ivar where: what declares it, for errors.
    """

    service: str
    image: ImageRef
    tags: Tags
    dockerfile: str
    context: str = "."
    command: tuple[str, ...] = ()
    sbom: str = ""
    version: str = ""
    reasons: tuple[str, ...] = ()
    where: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    platform: str = ""


@dataclass(frozen=True)
class Repository:
    """A repository of ECR.

    :ivar mutability: as ECR names it.
    :ivar excluded: the patterns of tags that its rule does not hold for.
    :ivar lifecycle: whether it has a lifecycle policy.
    """

    name: str
    mutability: str
    excluded: tuple[str, ...] = ()
    lifecycle: bool = False


@dataclass(frozen=True)
class Seen:
    """What the registry has of a service.

    :ivar repository: ``None`` if there is none.
    :ivar tags: those of the recipe's tags that exist, with their digests.
    :ivar sbom: the digest of the bill of materials of the commit's image.
    """

    repository: Repository | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    sbom: str = ""


@dataclass(frozen=True)
class Planned:
    """What is done for a service.

    :ivar missing: the tags that the image gets.
    :ivar digest: of the image that exists.
    :ivar rule: whether the repository is created or its rule about tags is set.
    :ivar lifecycle: whether it gets a lifecycle policy.
    """

    recipe: Recipe
    step: Step
    missing: tuple[str, ...] = ()
    digest: str = ""
    sbom: str = ""
    create: bool = False
    rule: bool = False
    lifecycle: bool = False


def plan(recipes: Sequence[Recipe], seen: Mapping[str, Seen], excluded: Sequence[str]) -> list[Planned]:
    """What is done for each service.

    :param seen: by service.
    :param excluded: the tags that may move.
    :raises SlipwayErrors: a stable tag is another image's; with a line for each.
    """
    raise_all([error for recipe in recipes for error in _conflicts(recipe, seen[recipe.service])])
    return [_planned(recipe, seen[recipe.service], excluded) for recipe in recipes]


def _conflicts(recipe: Recipe, seen: Seen) -> list[SlipwayError]:
    commit, *others = recipe.tags.stable
    digest = seen.tags.get(commit)
    return [
        SlipwayError(
            f"{recipe.service}: the registry has {tag} with other content ({seen.tags[tag]}), not of {commit[:12]}",
            str(recipe.image),
            "A released tag never moves: raise the version in the service's pom.xml or package.json, "
            "or leave the service out with --limit",
        )
        for tag in others
        if tag in seen.tags and seen.tags[tag] != digest
    ]


def _planned(recipe: Recipe, seen: Seen, excluded: Sequence[str]) -> Planned:
    digest = seen.tags.get(recipe.tags.stable[0], "")
    missing = tuple(tag for tag in recipe.tags.all if not digest or seen.tags.get(tag) != digest)
    # Without its bill of materials an earlier run was interrupted: the build is repeated, with the same digest.
    complete = bool(digest) and bool(seen.sbom or not recipe.sbom)
    repository = seen.repository
    return Planned(
        recipe,
        "build" if not complete else "tag" if missing else "unchanged",
        missing,
        digest,
        seen.sbom,
        create=repository is None,
        rule=repository is None or not _is_guarded(repository, excluded),
        lifecycle=repository is None or not repository.lifecycle,
    )


def _is_guarded(repository: Repository, excluded: Sequence[str]) -> bool:
    if not excluded:
        return repository.mutability == "IMMUTABLE"
    return repository.mutability == "IMMUTABLE_WITH_EXCLUSION" and sorted(repository.excluded) == sorted(excluded)


#: ECR expires images by the first rule that matches. Bills of materials have no tag, and go with their image.
LIFECYCLE: Mapping[str, Any] = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "Keep releases",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["v*"],
                "countType": "imageCountMoreThan",
                "countNumber": 1000,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "Keep the last builds",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": 200,
            },
            "action": {"type": "expire"},
        },
    ]
}
