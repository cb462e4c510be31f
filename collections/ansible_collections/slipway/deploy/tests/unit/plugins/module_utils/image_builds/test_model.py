# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is done for a service, by what the registry has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.image.reference import ImageRef
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.model import (
    LIFECYCLE,
    Planned,
    Recipe,
    Repository,
    Seen,
    plan,
)
from ansible_collections.slipway.deploy.plugins.module_utils.image_builds.tags import Tags

COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
ONE, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
MOVING = ("latest", "develop")
GUARDED = Repository("sdt/dev/user-service", "IMMUTABLE_WITH_EXCLUSION", ("develop", "latest"), lifecycle=True)


def recipe(*moving: str, sbom: str = "", version: bool = True) -> Recipe:
    image = ImageRef("sdt/dev/user-service", "1.dkr.ecr.eu-west-1.amazonaws.com")
    return Recipe(
        "user-service", image, Tags((COMMIT, *(["v1.2.0"] if version else [])), moving), "Dockerfile", sbom=sbom
    )


def planned(one: Recipe, seen: Seen) -> Planned:
    return plan([one], {one.service: seen}, MOVING)[0]


def test_nothing_is_there() -> None:
    found = planned(recipe("latest"), Seen())
    assert (found.step, found.missing) == ("build", (COMMIT, "v1.2.0", "latest"))
    assert found.create
    assert found.rule
    assert found.lifecycle


@pytest.mark.parametrize(
    ("tags", "sbom", "step", "missing"),
    [
        ({COMMIT: ONE, "v1.2.0": ONE, "latest": ONE}, ONE, "unchanged", ()),
        ({COMMIT: ONE, "v1.2.0": ONE, "latest": OTHER}, ONE, "tag", ("latest",)),
        ({COMMIT: ONE}, ONE, "tag", ("v1.2.0", "latest")),
        ({COMMIT: ONE, "v1.2.0": ONE, "latest": ONE}, "", "build", ()),
        ({"latest": OTHER}, "", "build", (COMMIT, "v1.2.0", "latest")),
    ],
)
def test_what_is_there_is_not_built_again(tags: dict[str, str], sbom: str, step: str, missing: tuple[str, ...]) -> None:
    found = planned(recipe("latest", sbom="bom.json"), Seen(GUARDED, tags, sbom))
    assert (found.step, found.missing) == (step, missing)
    assert [found.create, found.rule, found.lifecycle] == [False] * 3


@pytest.mark.parametrize("tags", [{"v1.2.0": ONE}, {"v1.2.0": ONE, COMMIT: OTHER}])
def test_a_version_with_other_content_ends_everything(tags: dict[str, str]) -> None:
    others = [recipe("latest"), recipe("latest", version=False)]
    with pytest.raises(
        SlipwayError, match=r"user-service: the registry has v1\.2\.0 with other content .* raise the ver"
    ):
        plan(others, {"user-service": Seen(GUARDED, tags)}, MOVING)


@pytest.mark.parametrize(
    ("mutability", "excluded", "corrected"),
    [
        ("MUTABLE", (), True),
        ("IMMUTABLE", (), True),
        ("IMMUTABLE_WITH_EXCLUSION", ("develop",), True),
        ("MUTABLE_WITH_EXCLUSION", ("develop", "latest"), True),
        ("IMMUTABLE_WITH_EXCLUSION", ("latest", "develop"), False),
    ],
)
def test_the_rule_of_a_repository(mutability: str, excluded: tuple[str, ...], corrected: bool) -> None:
    found = planned(recipe(), Seen(Repository("sdt/dev/user-service", mutability, excluded, lifecycle=True)))
    assert found.rule is corrected
    assert not found.create


@given(
    st.dictionaries(st.sampled_from([COMMIT, "v1.2.0", "latest", "develop"]), st.sampled_from([ONE, OTHER])),
    st.booleans(),
)
def test_a_stable_tag_never_moves_and_a_second_run_does_nothing(tags: dict[str, str], version: bool) -> None:
    one = recipe("latest", "develop", version=version)
    seen = Seen(GUARDED, {tag: digest for tag, digest in tags.items() if tag in one.tags.all})
    try:
        found = planned(one, seen)
    except SlipwayError:
        assert "v1.2.0" in seen.tags
        return
    digest = found.digest or OTHER
    for tag in one.tags.stable:
        assert tag not in found.missing or seen.tags.get(tag) in (None, digest)
    after = Seen(GUARDED, {**seen.tags, **dict.fromkeys(found.missing, digest)})
    assert planned(one, after).step == "unchanged"


def test_the_lifecycle_policy_is_one_of_ecr() -> None:
    rules = LIFECYCLE["rules"]
    assert [rule["rulePriority"] for rule in rules] == sorted({rule["rulePriority"] for rule in rules})
    # Bills of materials have no tag: a rule for untagged images would expire them.
    assert {rule["selection"]["tagStatus"] for rule in rules} == {"tagged"}
