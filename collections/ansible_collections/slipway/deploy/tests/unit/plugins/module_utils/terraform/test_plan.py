# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading plans, and refusing what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError
from ansible_collections.slipway.deploy.plugins.module_utils.terraform.plan import Counts, Plan, read_plan

from .plans import content, plan, resource


def read(document: Any) -> Plan:
    return read_plan(content(document), "plan.json")


@pytest.mark.parametrize(
    ("given_resource", "action", "counts"),
    [
        (resource("a.a", "create", after={}), "create", Counts(add=1)),
        (resource("a.a", "update"), "update", Counts(change=1)),
        (resource("a.a", "delete", before={}), "destroy", Counts(destroy=1)),
        (resource("a.a", "delete", "create"), "replace", Counts(destroy=1, replace=1, add=1)),
        (resource("a.a", "create", "delete"), "replace", Counts(destroy=1, replace=1, add=1)),
        (resource("a.a", "forget"), "forget", Counts(forget=1)),
        (resource("a.a", "create", "forget"), "replace", Counts(replace=1, forget=1, add=1)),
        (resource("a.a", "read", mode="data"), "read", Counts()),
        (resource("a.a", "no-op", previous_address="a.b"), "no-op", Counts(moved=1)),
        (resource("a.a", "update", importing={"id": "x"}), "update", Counts(change=1, imported=1)),
        (resource("a.a", "no-op", importing={"identity": {"arn": "x"}}), "no-op", Counts(imported=1)),
        (resource("a.a", "delete", deposed="0f"), "destroy", Counts(destroy=1)),
        # What a newer Terraform may do.
        (resource("a.a", "delete", "archive"), "destroy", Counts(destroy=1)),
        (resource("a.a", "rename"), "update", Counts(change=1)),
    ],
)
def test_what_a_resource_does(given_resource: dict[str, Any], action: str, counts: Counts) -> None:
    found = read(plan(given_resource))
    assert [item.action for item in found.resources] == [action]
    assert found.counts == counts
    assert not found.empty


@pytest.mark.parametrize("given_resource", [resource("a.a", "no-op"), resource("a.a", "delete", mode="data")])
def test_what_is_no_change(given_resource: dict[str, Any]) -> None:
    assert read(plan(given_resource)).empty


def test_what_is_destroyed_comes_first() -> None:
    given_plan = plan(
        resource("a.read", "read", mode="data"),
        resource("a.create", "create"),
        resource("a.update", "update"),
        resource("a.forget", "forget"),
        resource("a.replace", "delete", "create", replace_paths=[["ami"]], before={"ami": 1}, after={"ami": 2, "b": 1}),
        resource("a.delete", "delete", action_reason="delete_because_no_module"),
    )
    found = read(given_plan)
    assert [item.address[2:] for item in found.resources] == [
        *("delete", "replace", "forget", "update", "create", "read"),
    ]
    assert found.resources[0].reason == "its module is no longer in the configuration"
    assert [(item.path, item.forces) for item in found.resources[1].attributes] == [("ami", True), ("b", False)]
    assert found.resources[1].order == "destroy, then create"


def test_outputs_drift_checks_and_what_is_deferred() -> None:
    secret = {"actions": ["update"], "before": "s3cret-1", "after": "s3cret-2"}
    found = read(
        plan(
            resource("a.a", "no-op", before={"url": "x s3cret-1"}),
            output_changes={
                "same": {"actions": ["no-op"], "before": 1, "after": 1},
                "marked": {**secret, "before_sensitive": True, "after_sensitive": True, "after_unknown": False},
                "planned": secret,
            },
            planned_values={"outputs": {"planned": {"sensitive": True, "value": "s3cret-2"}}, "root_module": {}},
            resource_drift=[resource("a.b", "update", before={"u": "s3cret-1"}, after={"u": "y"})],
            deferred_changes=[{"reason": "unknown", "resource_change": resource("a.c", "create")}],
            checks=[{"address": {"to_display": "check.up"}, "status": "fail"}, {"status": "pass"}],
            complete=False,
        )
    )
    assert [item.address for item in found.outputs] == ["marked", "planned"]
    assert found.drift[0].attributes[0].before == '"(sensitive value)"'
    assert (found.deferred, found.failed_checks, found.complete) == (("a.c",), ("check.up",), False)
    assert "s3cret" not in repr(found)


def test_sensitive_variables_and_values_of_modules_are_hidden_everywhere() -> None:
    child = {"resources": [{"values": {"p": "s3cret-3"}, "sensitive_values": {"p": True}}]}
    found = read(
        plan(
            resource("a.a", "create", after={"url": "s3cret-1 s3cret-2 s3cret-3", "plain": "s3cret-4"}),
            variables={"p": {"value": {"x": ["s3cret-1"]}}, "env": {"value": "dev"}, "q": {"value": "s3cret-5"}},
            configuration={"root_module": {"variables": {"p": {"sensitive": True}, "q": {"sensitive": True}}}},
            planned_values={"root_module": {"child_modules": [child]}},
            prior_state={"values": {"outputs": {"o": {"sensitive": True, "value": "s3cret-2"}}}},
        )
    )
    shown = repr(found)
    assert not [number for number in (1, 2, 3, 5) if f"s3cret-{number}" in shown]
    assert "s3cret-4" in shown
    assert found.names == {"env": "dev"}


def test_the_masks_of_the_states_hold_for_a_change_without_its_own() -> None:
    def values(text: str) -> dict[str, Any]:
        row = {"address": "a.a", "values": {"p": text}, "sensitive_values": {"p": True}}
        return {"root_module": {"child_modules": [{"resources": [row]}]}}

    row = resource("a.a", "update", before={"p": "old"}, after={"p": "new"})
    del row["change"]["before_sensitive"], row["change"]["after_sensitive"]
    found = read(plan(row, planned_values=values("new"), prior_state={"values": values("old")}))
    assert [(item.before, item.after) for item in found.resources[0].attributes] == [("(sensitive value)",) * 2]


def test_other_encodings_and_older_minor_versions() -> None:
    text = json.dumps(plan(resource("é.a", "create"), format_version="1.0"))
    for encoding in ("utf-8-sig", "utf-16"):
        assert read_plan(text.encode(encoding), "plan.json").resources[0].address == "é.a"
    older = {key: value for key, value in plan().items() if key not in ("errored", "complete", "timestamp")}
    assert read(older).complete


@pytest.mark.parametrize(
    ("given_content", "said"),
    [
        (b"", "plan.json: the file is empty"),
        (
            b"PK\x03\x04\x14\x00",
            "plan.json: this is the plan for terraform apply, which only Terraform reads. Write it",
        ),
        (b"Terraform will perform the following actions:", "plan.json: it is not valid JSON (line 1)"),
        (b"\xc3\x28", "plan.json: it is not text"),
        (b"[command]/usr/bin/terraform show -json\n{}", "Set terraform_wrapper: false for hashicorp/setup-terraform"),
        (b'{"@level":"info"}\n{"@level":"info"}', "plan.json: this is the log of terraform plan -json, not a plan"),
        (content(plan())[:-30], "plan.json: it is not valid JSON"),
        (b"[" * 100_000, "plan.json: it is not valid JSON"),
        (b"[]", "it is not what terraform show -json writes: it has no format_version"),
        (b'{"a": {"sensitive": false, "value": 1}}', "it has no format_version"),
        (content(plan(format_version="0.2")), "it has the format 0.2; only 1.x is known. Use Terraform 1.1 or newer"),
        (content(plan(format_version="2.0")), "it has the format 2.0; only 1.x is known. Use a newer Slipway"),
        (b'{"format_version": "1.0", "values": {}}', "it is a state of Terraform, not a plan"),
        (
            content(plan(errored=True)),
            "terraform plan failed: the plan is not whole. Correct the error, and plan again",
        ),
        (content(plan({"address": "a.a"})), "it is not a complete plan of Terraform"),
        (content(plan(resource_changes={"a": 1})), "it is not a complete plan of Terraform"),
        (content(plan(planned_values=[1])), "it is not a complete plan of Terraform"),
    ],
)
def test_what_is_no_plan(given_content: bytes, said: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        read_plan(given_content, "plan.json")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@given(st.data(), JSON)
def test_a_plan_with_a_spoilt_part_is_read_or_refused(data: st.DataObject, part: Any) -> None:
    document = plan(
        resource("a.a", "create", after={"b": 1}),
        output_changes={"o": {"actions": ["create"], "after": 1}},
        variables={"v": {"value": 1}},
        configuration={"root_module": {"variables": {"v": {}}}},
    )
    place: Any = document
    while isinstance(place, (dict, list)) and place:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = part
            break
        place = place[key]
    try:
        read(document)
    except SlipwayError as error:
        assert str(error).startswith("plan.json: ")  # noqa: PT017 - either is right
