# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who approved a release."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.gates.approval import (
    Approval,
    Prompt,
    answered,
    common_approvers,
    decide,
    read_approvers,
    refused,
)

TAG, NOW = "prod-20261120", "2026-11-20T21:04:11+00:00"
CHOSEN = {"site_release": TAG}
URL = "https://awx.example.org/#/jobs/412"
PROMPT = Prompt(
    "production is about to get prod-20261120. Type the tag to approve it as joe", TAG, "joe", releases=CHOSEN
)


def decided(given_by: dict[str, Any], approvers: Any = None, extra: Any = None, user: str = "joe") -> Approval | Prompt:
    names = frozenset(given_by) if extra is None else extra
    return decide(TAG, "production", given_by, names, read_approvers(approvers, "w"), user, NOW, CHOSEN)


@pytest.mark.parametrize(
    ("given_by", "approvers", "found"),
    [
        ({"approved_by": "maria"}, None, Approval("maria", "variable", NOW)),
        ({"approved_by": " maria "}, ["joe", "maria"], Approval("maria", "variable", NOW)),
        ({"approved_by": "maria", "approval_ref": URL}, None, Approval("maria", "variable", NOW, URL)),
        ({"approved_by": 4711}, [4711], Approval("4711", "variable", NOW)),
        ({}, None, PROMPT),
        ({"approved_by": None}, ["joe"], PROMPT),
        ({"approval_ref": URL}, ["joe"], Prompt(PROMPT.text, TAG, "joe", URL, CHOSEN)),
    ],
)
def test_what_the_command_line_says(given_by: Any, approvers: Any, found: Any) -> None:
    assert decided(given_by, approvers) == found


@pytest.mark.parametrize(
    ("given_by", "approvers", "line"),
    [
        ({"approved_by": ""}, None, "-e approved_by: the approver's name is empty"),
        ({"approved_by": "  \t"}, None, "-e approved_by: the approver's name is empty"),
        ({"approved_by": "ma\nria"}, None, "-e approved_by: this is not a valid name of an approver"),
        ({"approved_by": "false"}, None, "-e approved_by: this is not a valid name of an approver"),
        ({"approved_by": True}, None, "-e approved_by: this is not a valid name of an approver"),
        ({"approved_by": ["maria"]}, None, "-e approved_by: this is not a valid name of an approver"),
        ({"approved_by": "None"}, None, "-e approved_by: this is not a valid name of an approver"),
        ({"approved_by": "m" * 101}, None, "this is not a valid name of an approver"),
        (
            {"approved_by": "mallory"},
            ["maria", "petra"],
            "-e approved_by: mallory may not approve a release of production. Ask one of maria, petra: -e site_release",
        ),
        ({"approved_by": "Maria"}, ["maria"], "Maria may not approve"),
        (
            {},
            ["maria"],
            "joe may not approve a release of production. Ask one of maria: -e site_release=prod-20261120 ",
        ),
        ({"approved_by": "maria", "approval_ref": "done"}, None, "-e approval_ref: this is not a URL"),
        ({"approved_by": "maria", "approval_ref": "https://u:s3cret@x"}, None, "-e approval_ref: this is not a URL"),
        ({"approval_ref": "javascript:alert(1)"}, None, "-e approval_ref: this is not a URL"),
    ],
)
def test_what_is_refused(given_by: Any, approvers: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        decided(given_by, approvers)
    assert line in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_name_in_a_file_approves_nothing() -> None:
    with pytest.raises(
        SlipwayError, match="approved_by is set in a file, which does not approve a release. Set it for this"
    ):
        decided({"approved_by": "maria"}, extra=frozenset())


@pytest.mark.parametrize("value", ["maria", {"maria": 1}, 5, [], ["maria", ""], [None], [["maria"]]])
def test_what_is_no_list_of_approvers(value: Any) -> None:
    with pytest.raises(SlipwayError, match="^w: "):
        read_approvers(value, "w")


@pytest.mark.parametrize("answer", [TAG, f" {TAG}\n"])
def test_the_tag_typed(answer: str) -> None:
    assert answered(PROMPT, answer, NOW) == Approval("joe", "prompt", NOW)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "nothing was typed"),
        ("\n", "nothing was typed"),
        ("y", "what was typed is not the tag"),
        ("yes", "what was typed is not the tag"),
        ("prod-20261121", "what was typed is not the tag"),
        (TAG.upper(), "what was typed is not the tag"),
    ],
)
def test_anything_else_is_a_refusal(answer: str, why: str) -> None:
    with pytest.raises(SlipwayError, match=f"^prod-20261120 is not approved: {why}. Run it again"):
        answered(PROMPT, answer, NOW)


@given(st.text())
def test_only_the_tag_approves(answer: str) -> None:
    try:
        answered(PROMPT, answer, NOW)
    except SlipwayError:
        assert answer.strip() != TAG
    else:
        assert answer.strip() == TAG


def test_nobody_can_answer() -> None:
    assert str(refused(PROMPT, "there is no terminal to ask at")) == (
        "prod-20261120 is not approved: there is no terminal to ask at. "
        "Give the name of the approver: -e site_release=prod-20261120 -e approved_by=…"
    )


def test_as_the_record_holds_it() -> None:
    assert Approval("joe", "prompt", NOW).to_record() == {"by": "joe", "how": "prompt", "at": NOW}
    assert Approval("joe", "variable", NOW, URL).to_record()["reference"] == URL


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ([], None),
        (["as it is written"], "as it is written"),
        ([None, None], None),
        ([["maria", "joe"], None], ["maria", "joe"]),
        ([["maria", "joe"], ["ann", "joe"]], ["joe"]),
    ],
)
def test_several_kinds_of_host_are_approved_by_who_may_approve_each(lists: list[Any], found: Any) -> None:
    assert common_approvers(lists, "w") == found


def test_where_nobody_may_approve_all_they_go_one_by_one() -> None:
    with pytest.raises(SlipwayError, match="nobody may approve all of these releases") as caught:
        common_approvers([["maria"], ["joe"]], "w")
    assert "--limit" in str(caught.value)
