# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which tags an image gets: by the branch, stable ones and moving ones. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ..common.errors import SlipwayError
from ..image.reference import is_tag

#: The tags of each branch, besides the commit.
DEFAULT: Final[Mapping[str, Sequence[str]]] = {"main": ("v{version}", "latest"), "develop": ("develop", "latest")}
_VERSION: Final = "{version}"
_RELEASE: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageTagMutabilityExclusionFilter.html
_MOST_FILTERS: Final = 5


@dataclass(frozen=True)
class Tags:
    """The tags of one image, the commit first.

    :ivar stable: never moved.
    :ivar moving: these follow the branch.
    """

    stable: tuple[str, ...]
    moving: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.stable, *self.moving)


def read_rules(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    """The tags of each branch as ``build_tags`` declares them.

    :raises SlipwayError: it has another form, or a tag is invalid, or more tags move than ECR can be told.
    """
    remedy = "Write a mapping of branches to lists of tags: main: ['v{version}', latest]"
    if value is None or value == "":
        return {branch: tuple(tags) for branch, tags in DEFAULT.items()}
    if not isinstance(value, Mapping):
        raise SlipwayError("build_tags is not a mapping", where, remedy)
    rules: dict[str, tuple[str, ...]] = {}
    for branch, tags in value.items():
        if isinstance(tags, str) or not isinstance(tags, Sequence) or not all(isinstance(tag, str) for tag in tags):
            raise SlipwayError(f"the tags of branch {str(branch)[:60]} are not a list of texts", where, remedy)
        for tag in tags:
            if not is_tag(tag.replace(_VERSION, "1.0.0")):
                raise SlipwayError(f"{tag[:60]!r} cannot be an image's tag", where, remedy)
        rules[str(branch)] = tuple(str(tag) for tag in tags)
    if len(moving_tags(rules)) > _MOST_FILTERS:
        what = f"more than {_MOST_FILTERS} tags without {_VERSION}: ECR can exclude no more from immutability"
        raise SlipwayError(what, where, "Remove one")
    return rules


def moving_tags(rules: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The tags that move, of all branches: a repository's exclusions from immutability."""
    return tuple(dict.fromkeys(tag for tags in rules.values() for tag in tags if _VERSION not in tag))


def tags_of(rules: Mapping[str, Sequence[str]], branch: str, commit: str, version: str, where: str) -> Tags:
    """The tags of an image.

    :param version: of the service; ``""`` if it has none.
    :param where: the file that says the version, for errors.
    :raises SlipwayError: a tag of the branch needs a released version and this is none.
    """
    wanted = rules.get(branch, ())
    released = [tag for tag in wanted if _VERSION in tag]
    if released and not version:
        what = f"it has no version, and an image of branch {branch} is tagged {released[0]}"
        raise SlipwayError(what, where, "Write the version into its pom.xml or package.json")
    if released and _RELEASE.fullmatch(version) is None:
        what = f"its version is {version[:60]!r}, and branch {branch} releases X.Y.Z"
        raise SlipwayError(what, where, "Write the version as X.Y.Z, without -SNAPSHOT")
    stable = (commit, *(tag.replace(_VERSION, version) for tag in released))
    return Tags(stable, tuple(tag for tag in wanted if _VERSION not in tag))
