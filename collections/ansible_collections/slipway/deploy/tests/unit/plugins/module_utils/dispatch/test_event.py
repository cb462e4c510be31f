# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables of events: what is understood, what is refused; and that nothing unsafe is passed on, whatever is written."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.event import (
    MOST_EVENT,
    check_size,
    dispatched_change,
    merged_change,
    parse_event,
)
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.model import SAFE, Change
from ansible_collections.slipway.deploy.plugins.module_utils.dispatch.routes import decide, parse_routes

REPOSITORY = "skilltracker/skill-tracker-backend"
COMMIT = "3f9c2d1e8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d"
FIELDS = {"repository": REPOSITORY, "ref": "refs/heads/develop", "commit": COMMIT}
CHANGE = Change(REPOSITORY, "refs/heads/develop", COMMIT)
HOSTILE = (
    "$(id)",
    "`id`",
    "{{ lookup('pipe', 'id') }}",
    "{% raw %}",
    "a b",
    "a\nb",
    "a;b",
    "a&b",
    "a'b",
    'a"b',
    "a\x1b[31m",
    "::error::x",
    "a\\b",
    "ä",
    "",
    "x" * 300,
)


def dispatched(change: Any, **more: Any) -> Change:
    return dispatched_change({"action": "slipway", "client_payload": {"change": change, **more}}, "event")


@pytest.mark.parametrize(
    "event",
    [
        {"action": "slipway", "client_payload": {"change": FIELDS}, "repository": {"full_name": "any/thing"}},
        {"event_type": "slipway", "client_payload": {"change": FIELDS}},
        {"change": FIELDS},
        {"change": {**FIELDS, "pull_request": None, "force_full_build": False}},
        {"inputs": {**FIELDS, "force_full_build": "false"}, "ref": "refs/heads/main"},
        {"inputs": {**FIELDS, "pull_request": "", "force_full_build": False}},
    ],
)
def test_the_same_change_by_every_way(event: Any) -> None:
    assert dispatched_change(event, "event") == CHANGE


def test_the_other_fields() -> None:
    found = dispatched({**FIELDS, "ref": "refs/tags/v1.2.0", "pull_request": 42, "force_full_build": "true"})
    assert (found.branch, found.tag, found.pull_request, found.force_full_build) == ("", "v1.2.0", 42, True)
    assert dispatched(found.payload()["change"]) == found


@pytest.mark.parametrize("name", ["repository", "ref", "commit"])
@pytest.mark.parametrize("value", [*HOSTILE, None, 7, ["x"], {"a": 1}, True])
def test_a_field_with_anything_else_is_refused(name: str, value: Any) -> None:
    with pytest.raises(SlipwayError, match=f"client_payload.change.{name}") as error:
        dispatched({**FIELDS, name: value})
    said = str(error.value)
    assert "\n" not in said
    assert said.isascii()
    assert len(said) < 200


@pytest.mark.parametrize("value", HOSTILE)
def test_a_branch_with_such_a_name_is_refused(value: str) -> None:
    with pytest.raises(SlipwayError, match="ref"):
        dispatched({**FIELDS, "ref": f"refs/heads/{value}"})


@pytest.mark.parametrize(
    "ref",
    ["develop", "refs/heads/", "refs/heads//a", "refs/heads/-x", "refs/pull/1/merge", "refs/heads/a..b",
     "refs/heads/.a", "refs/heads/a.lock", "refs/heads/a/", "/refs/heads/a", "refs/heads/../../x", "refs/heads/a."],
)  # fmt: skip
def test_what_is_no_branch_or_tag_of_git_is_refused(ref: str) -> None:
    with pytest.raises(SlipwayError, match="is not a branch or tag"):
        dispatched({**FIELDS, "ref": ref})


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"change": {**FIELDS, "commit": "3f9c2d1"}}, "'3f9c2d1' is not a commit. Write the whole hash"),
        ({"change": {**FIELDS, "commit": COMMIT.upper()}}, "is not a commit"),
        ({"change": {**FIELDS, "repository": "backend"}}, "'backend' is not a repository. Write owner/name"),
        ({"change": {**FIELDS, "repository": "a/b/c"}}, "is not a repository"),
        ({"change": {**FIELDS, "repository": "a/.."}}, "is not a repository"),
        ({"change": {**FIELDS, "pull_request": "1; id"}}, "'1; id' is not the number of a pull request"),
        ({"change": {**FIELDS, "pull_request": True}}, "is not the number"),
        ({"change": {**FIELDS, "force_full_build": "yes"}}, "'yes' is neither true nor false"),
        ({"change": {**FIELDS, "force_full_build": 1}}, "neither true nor false"),
        ({"change": {**FIELDS, "comit": COMMIT}}, "'comit' is not a field of a change. Did you mean commit?"),
        ({"change": "x"}, "the event carries no change"),
        ({"client_payload": None}, "the event carries no change"),
        ({"client_payload": {"change": FIELDS, "title": "x"}}, "'title' is not read. Send one object, change"),
        ({}, "the event carries no change"),
        ({"inputs": {**FIELDS, "env": "prod"}}, "'env' is not a field of a change"),
        ({"change": {**FIELDS, "x": "x" * 70000}}, "bytes. It must be smaller than 65536"),
        ({"client_payload": {"change": FIELDS, **{f"k{n}": 1 for n in range(10)}}}, "the payload has 11 keys"),
    ],
)
def test_what_is_wrong_is_said(event: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as error:
        dispatched_change(event, "event")
    assert said in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "x", b"\xff", "[" * 100000])
def test_what_is_no_object_is_refused(text: Any) -> None:
    with pytest.raises(SlipwayError, match="the event is not a JSON object"):
        parse_event(text, "event")


def test_an_event_that_is_too_large_is_refused() -> None:
    with pytest.raises(SlipwayError, match=f"At most {MOST_EVENT}"):
        parse_event(json.dumps({"a": "x" * MOST_EVENT}), "event")


PULL = {
    "merged": True,
    "merge_commit_sha": COMMIT,
    "number": 7,
    "base": {"ref": "develop"},
    "title": "{{ 7 * 7 }} $(id)",
}
OWN = {"repository": {"full_name": REPOSITORY}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({**OWN, "action": "closed", "pull_request": PULL}, Change(REPOSITORY, "refs/heads/develop", COMMIT, 7)),
        ({**OWN, "pull_request": {**PULL, "merged": False}}, None),
        ({**OWN, "ref": "refs/heads/develop", "after": COMMIT}, CHANGE),
        ({**OWN, "ref": "refs/tags/prod-20261130", "after": "b" * 40, "head_commit": {"id": COMMIT}},
         Change(REPOSITORY, "refs/tags/prod-20261130", COMMIT)),
        ({**OWN, "ref": "refs/heads/gone", "after": "0" * 40, "deleted": True}, None),
        ({**OWN, "ref": "refs/heads/develop", "inputs": {"force_full_build": "true"}},
         Change(REPOSITORY, "refs/heads/develop", COMMIT, force_full_build=True)),
        ({**OWN, "ref": "refs/heads/develop", "inputs": None}, CHANGE),
    ],
)  # fmt: skip
def test_what_started_a_service_repository_s_workflow(event: Any, expected: Change | None) -> None:
    assert merged_change(event, "event", commit=COMMIT) == expected


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({**OWN, "pull_request": {**PULL, "base": {"ref": "$(id)"}}}, "is not safe to pass on"),
        ({**OWN, "pull_request": {**PULL, "base": None}}, "ref: it is missing or not a text"),
        ({**OWN, "pull_request": {**PULL, "base": {"ref": {"a": 1}}}}, "ref: it is missing or not a text"),
        ({"pull_request": PULL}, "repository: it is missing or not a text"),
        ({**OWN, "schedule": "1"}, "the event is no pull request, push or run by hand"),
    ],
)
def test_a_service_repository_s_event_that_is_refused(event: Any, said: str) -> None:
    with pytest.raises(SlipwayError) as error:
        merged_change(event, "event", commit=COMMIT)
    assert said in str(error.value)


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.sampled_from(HOSTILE), st.text(max_size=20),
    st.sampled_from(list(FIELDS.values())), st.lists(st.text(max_size=3), max_size=2),
)  # fmt: skip
changes = st.dictionaries(
    st.sampled_from(["repository", "ref", "commit", "pull_request", "force_full_build", "title"]), values
)
ROUTES = parse_routes(
    {"routes": [{"repository": REPOSITORY, "branches": ["*"], "workflow": "fleet", "environment": "dev"}]},
    "routes",
    ["dev"],
)


@given(changes, st.dictionaries(st.text(max_size=8), values, max_size=3))
def test_nothing_unsafe_is_passed_on_whatever_is_written(change: dict[str, Any], more: dict[str, Any]) -> None:
    """The outputs are all that later jobs see. Those that reach a command line are the route's or a truth."""
    try:
        decision = decide(dispatched({**FIELDS, **change}, **more), ROUTES, "routes")
    except SlipwayError:
        return
    outputs = decision.outputs()
    assert all(not value or SAFE.fullmatch(value) for value in outputs.values())
    assert (outputs["environment"], outputs["workflow"], outputs["repository"]) == ("dev", "fleet", REPOSITORY)
    assert outputs["force_full_build"] in ("true", "false")
    assert len(outputs["commit"]) in (40, 64)
    assert outputs["pull_request"].isdecimal() or not outputs["pull_request"]


@given(st.recursive(values, lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8))
def test_any_document_is_answered_in_a_line(document: Any) -> None:
    event = document if isinstance(document, dict) else {"client_payload": document}
    for read in (dispatched_change, merged_change):
        with suppress(SlipwayError):
            read(event, "event")
    check_size({"change": FIELDS}, "event")
