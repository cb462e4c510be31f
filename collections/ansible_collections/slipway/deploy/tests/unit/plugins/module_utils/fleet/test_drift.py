# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.fleet.drift import is_dismissed, newest_foreign
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.observation import TaskDefinition
from ansible_collections.slipway.deploy.plugins.module_utils.fleet.taskdef import merge_tags, revision_of

from .aws_double import ARN


def arn(revision: int) -> str:
    return f"{ARN}app:{revision}"


class Family:
    """A family in which Terraform and Slipway register revisions by the rules of drift.py and registration.py."""

    def __init__(self) -> None:
        self.revisions: dict[int, TaskDefinition] = {1: TaskDefinition(arn(1), {"memory": "1"})}
        self.base: dict[int, int] = {1: 1}
        self.reads = 0

    def read(self, name: str) -> TaskDefinition:
        self.reads += 1
        return self.revisions[revision_of(name)]

    @property
    def active(self) -> list[str]:
        return [arn(number) for number in sorted(self.revisions, reverse=True)]

    def foreign(self) -> None:
        number = max(self.revisions) + 1
        self.revisions[number] = TaskDefinition(arn(number), {"memory": str(number)})
        self.base[number] = number

    def clone(self, parent: int) -> int:
        origin, number = self.revisions[parent], max(self.revisions) + 1
        between = range(revision_of(origin.cloned_from) + 1, parent)
        newer = [item for item in between if not self.revisions[item].is_own]
        seen = arn(max(newer)) if newer else origin.seen if origin.is_own else origin.arn
        own = {
            "slipway:release": "r",
            "slipway:base": origin.base,
            "slipway:cloned-from": origin.arn,
            "slipway:seen": seen,
        }
        self.revisions[number] = TaskDefinition(arn(number), {}, {key: value for key, value in own.items() if value})
        self.base[number] = self.base[parent]
        return number


@settings(max_examples=150)
@given(st.lists(st.one_of(st.just("foreign"), st.just("deploy"), st.integers(0, 30)), max_size=25))
def test_the_shortcut_through_tags_finds_what_reading_everything_finds(story: list[str | int]) -> None:
    """Terraform registers, Slipway deploys what runs, or clones any earlier revision (a rollback, shipped drift)."""
    family, running = Family(), 1
    for step in story:
        if step == "foreign":
            family.foreign()
        elif step == "deploy":
            running = family.clone(running)
        else:
            running = family.clone(1 + int(step) % max(family.revisions))
    base = family.base[running]
    newer = [item for item in family.revisions.values() if not item.is_own and item.revision > base]
    expected = max(newer, key=lambda item: item.revision, default=None)
    assert newest_foreign(family.revisions[running], family.active, family.read) == expected


def test_many_deploys_cost_no_further_reads() -> None:
    family, running = Family(), 1
    family.foreign()
    for _deploy in range(50):
        running = family.clone(running)
    assert newest_foreign(family.revisions[running], family.active, family.read) == family.revisions[2]
    assert family.reads <= 2


def test_a_broken_tag_is_as_none() -> None:
    own = {"slipway:release": "r", "slipway:base": "rubbish", "slipway:cloned-from": "", "slipway:seen": "x:y"}
    definition = TaskDefinition(arn(7), {}, own)
    assert (definition.base, definition.cloned_from, definition.seen) == (arn(7), arn(7), "")


def test_a_long_family_still_says_its_revision() -> None:
    name = f"{ARN}{'f' * 255}:12345"
    (tag,) = merge_tags([], {"slipway:base": name}, "x:1")
    assert len(tag["value"]) == 256
    assert revision_of(tag["value"]) == 12345


@pytest.mark.parametrize(
    ("dismissed", "gone"),
    [([], False), ([arn(4)], False), ([arn(5)], True), ([arn(6)], True), ([f"{ARN}other:6"], False)],
)
def test_dismissing_a_revision_dismisses_all_before_it(dismissed: list[str], gone: bool) -> None:
    assert is_dismissed(arn(5), dismissed) is gone
