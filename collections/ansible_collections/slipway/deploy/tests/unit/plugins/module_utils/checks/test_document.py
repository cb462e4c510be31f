# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a JSON answer must hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.checks.document import (
    RULES,
    Rules,
    parse_wanted,
    problem,
)
from ansible_collections.slipway.deploy.plugins.module_utils.common.errors import SlipwayError

DOCUMENT = {
    "total": 31,
    "rate": 0.5,
    "items": [{"id": 7, "name": "Mina"}, {"id": 8, "name": ""}],
    "scheduler": {"running": True, "jobs": {}},
    "error": None,
    "vehicle": {"type": "car"},
}


@pytest.mark.parametrize(
    ("path", "wanted", "said"),
    [
        ("total", 31, ""),
        ("total", 31.0, ""),
        ("total", "31", 'total is not "31"'),
        ("total", {"min": 1, "max": 31, "type": "integer"}, ""),
        ("total", {"min": 32}, "total is not at least 32"),
        ("total", {"max": 10}, "total is not at most 10"),
        ("rate", {"type": "number"}, ""),
        ("rate", {"type": "integer"}, 'rate is not of type "integer"'),
        ("items", {"length_min": 1}, ""),
        ("items", {"length": 2, "type": "array"}, ""),
        ("items", {"length_min": 3}, "items is not of length 3 or more"),
        ("items", {"length_max": 1}, "items is not of length 1 or less"),
        ("items.0.name", {"length_min": 1}, ""),
        ("items.1.name", {"length": 0}, ""),
        ("items.2", {"exists": False}, ""),
        ("items.2", {"exists": True}, "items.2 is missing in the answer"),
        ("items.2", {"type": "object"}, "items.2 is missing in the answer"),
        ("items.0", {"exists": True}, ""),
        ("items.0", {"exists": False}, "items.0 is in the answer, and must not be"),
        ("scheduler", {"running": True, "jobs": {}}, ""),
        ("scheduler.running", {"type": "boolean", "equals": True}, ""),
        ("scheduler.running", {"min": 1}, "scheduler.running is not at least 1"),
        ("scheduler.jobs", {}, ""),
        ("scheduler.jobs", {"length": 0}, ""),
        ("error", None, ""),
        ("error", {"type": "null"}, ""),
        ("error", {"length_max": 5}, "error is not of length 5 or less"),
        ("vehicle", {"equals": {"type": "car"}}, ""),
        ("vehicle", {"type": "object"}, ""),
        ("vehicle.type", {"one_of": ["car", "van"]}, ""),
        ("vehicle.type", {"one_of": ["van", 1]}, 'vehicle.type is none of ["van", 1]'),
        # A mapping that is not of rules alone is what it is compared with.
        ("vehicle", {"type": "car", "doors": 3}, 'vehicle is not {"type": "car", "doors": 3}'),
        (".", {"type": "object", "length_min": 6}, ""),
        (".", {"type": "array"}, 'the answer is not of type "array"'),
    ],
)
def test_what_is_wanted_at_a_path(path: str, wanted: Any, said: str) -> None:
    assert problem(DOCUMENT, path, parse_wanted(wanted, "json")) == said


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ({"type": "car"}, 'json.a.type: "car" is not a value for type. Write one of string, number'),
        ({"type": "car"}, "To compare with this mapping itself, write equals: before it"),
        ({"min": "1"}, 'json.a.min: "1" is not a value for min. Write a number'),
        ({"min": True}, "true is not a value for min"),
        ({"length": -1}, "-1 is not a value for length. Write a whole number"),
        ({"one_of": []}, "[] is not a value for one_of. Write a list"),
        ({"exists": "yes"}, '"yes" is not a value for exists'),
        (float("nan"), "JSON has no such value"),
    ],
)
def test_rules_that_are_none(wanted: Any, line: str) -> None:
    with pytest.raises(SlipwayError) as caught:
        parse_wanted(wanted, "json.a")
    assert line in str(caught.value)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
RULE = st.sampled_from(sorted(RULES))


@given(JSON)
def test_every_document_is_itself(document: Any) -> None:
    assert problem(document, ".", parse_wanted({"equals": document}, "")) == ""
    assert problem({"a": document}, "a", document) == ""


@given(JSON, st.dictionaries(RULE, JSON, min_size=1, max_size=3))
def test_any_rule_holds_or_says_one_line(document: Any, written: dict[str, Any]) -> None:
    try:
        wanted = parse_wanted(written, "json")
    except SlipwayError:
        return
    assert isinstance(wanted, Rules)
    said = problem(document, ".", wanted)
    # All of the rules together hold exactly where each of them does.
    each = [problem(document, ".", parse_wanted({name: value}, "")) for name, value in written.items()]
    assert (said == "") is (not any(each)) or written.get("exists") is False
    assert "\n" not in said


def test_a_number_that_no_machine_has() -> None:
    document = json.loads('{"a": 1' + "0" * 400 + ', "b": 1e999}')
    assert problem(document, "a", Rules((("type", "integer"), ("min", 1)))) == ""
    assert problem(document, "b", Rules((("type", "integer"),))) == 'b is not of type "integer"'
