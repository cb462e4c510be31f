# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes that differ, and what is never shown of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.terraform.values import (
    SENSITIVE,
    UNKNOWN,
    Hidden,
    Side,
    attributes,
    secrets_in,
)


def rows(before: Any, after: Any, **masks: Any) -> list[tuple[str, str | None, str | None]]:
    """The attributes of a change."""
    one = Side(before, masks.get("before_sensitive", False))
    other = Side(after, masks.get("after_sensitive", False), masks.get("after_unknown", {}))
    return [(item.path, item.before, item.after) for item in attributes(one, other, (), Hidden())]


@pytest.mark.parametrize(
    ("before", "after", "masks", "expected"),
    [
        ({"a": 1}, {"a": 1}, {}, []),
        ({"a": 1}, {"a": 2}, {}, [("a", "1", "2")]),
        ({"a": 1}, {"a": True}, {}, [("a", "1", "true")]),
        (None, {"a": "x", "b": None}, {}, [("a", None, '"x"')]),
        ({"a": "x"}, None, {}, [("a", '"x"', None)]),
        ({"a": None}, {"a": "x"}, {}, [("a", None, '"x"')]),
        ({"id": "x"}, {}, {"after_unknown": {"id": True}}, [("id", '"x"', UNKNOWN)]),
        (None, {"t": {}}, {"after_unknown": {"t": {"x": True}}}, [("t.x", None, UNKNOWN)]),
        (None, None, {"after_unknown": True}, [("", None, UNKNOWN)]),
        ({"l": ["a", "b"]}, {"l": ["a"]}, {}, [("l", '["a", "b"]', '["a"]')]),
        ({"l": []}, {"l": ["a", None]}, {"after_unknown": {"l": [False, True]}}, [("l", "[]", f'["a", {UNKNOWN}]')]),
        ({"l": [{"n": 1}]}, {"l": [{"n": 1}, {"n": 2}]}, {}, [("l[1].n", None, "2")]),
        ({"t": {"a b": "x"}}, {"t": {"a b": "y"}}, {}, [('t["a b"]', '"x"', '"y"')]),
        ({"p": '{"a": [1]}'}, {"p": '{"a": [2]}'}, {}, [("p.a", "[1]", "[2]")]),
        ({"p": '{"a": 1}'}, {"p": '{"a":1}'}, {}, [("p", '"{\\"a\\": 1}"', '"{\\"a\\":1}"')]),
        ({"a": "x\ny"}, {"a": "é"}, {}, [("a", '"x\\ny"', '"é"')]),
        ({"a": {"b": 1}}, {"a": [1]}, {}, [("a", '{"b": 1}', "[1]")]),
    ],
)
def test_what_differs(before: Any, after: Any, masks: dict[str, Any], expected: list[Any]) -> None:
    assert rows(before, after, **masks) == expected


S = SENSITIVE


@pytest.mark.parametrize(
    ("before", "after", "masks", "expected"),
    [
        ({"p": "old"}, {"p": "new"}, {"after_sensitive": {"p": True}}, [("p", S, S)]),
        ({"p": "old"}, {"p": "new"}, {"before_sensitive": {"p": True}}, [("p", S, S)]),
        ({"p": "old"}, {"p": "old"}, {"before_sensitive": {"p": True}}, []),
        (None, {"p": "new", "n": 1}, {"after_sensitive": {"p": True}}, [("n", None, "1"), ("p", None, S)]),
        ({"p": "old"}, None, {"before_sensitive": True}, [("", S, None)]),
        ({"p": "old"}, {}, {"before_sensitive": {"p": True}, "after_unknown": {"p": True}}, [("p", S, S)]),
        ({"l": ["a", "old"]}, {"l": ["b", "new"]}, {"after_sensitive": {"l": [False, True]}},
         [("l", f'["a", {S}]', f'["b", {S}]')]),
        ({"l": ["old"]}, {"l": ["b", "new"]}, {"after_sensitive": {"l": [False, True]}}, [("l", S, S)]),
        ({"l": [{"t": "old"}]}, {"l": [{"t": "x"}, {"t": "new"}]},
         {"before_sensitive": {"l": [{"t": True}]}, "after_sensitive": {"l": [{}, {"t": True}]}},
         [("l[0].t", S, S), ("l[1].t", None, S)]),
        # Masks that do not fit.
        ({"l": ["a", "old"]}, None, {"before_sensitive": {"l": [True]}}, [("l", S, None)]),
        ({"l": [{"t": "old"}]}, None, {"before_sensitive": {"l": {"t": True}}}, [("l[0]", S, None)]),
        ({"m": {"t": "old"}}, None, {"before_sensitive": {"m": [True]}}, [("m.t", S, None)]),
        ({"p": "old"}, {"p": "new"}, {"after_sensitive": {"p": {"x": True}}}, [("p", S, S)]),
        ({"p": '{"t": "old"}'}, {"p": '{"t": "new"}'}, {"after_sensitive": {"p": True}}, [("p", S, S)]),
        ({"o": {"l": ["old"]}}, {}, {"before_sensitive": {"o": {"l": [True]}}, "after_unknown": {"o": True}},
         [("o", f'{{"l": [{S}]}}', UNKNOWN)]),
    ],
)  # fmt: skip
def test_what_is_sensitive_is_not_shown(before: Any, after: Any, masks: dict[str, Any], expected: list[Any]) -> None:
    assert rows(before, after, **masks) == expected


def test_a_sensitive_text_is_hidden_wherever_it_stands() -> None:
    value = {"password": 's3cr"et', "short": "abc", "pin": 123456, "more": ["t0ken-1"]}
    mask = {"password": True, "short": True, "pin": True, "more": [True]}
    hidden = Hidden(secrets_in(value, mask))
    url = {"url": 'postgres://u:s3cr"et@db', "json": '{"p": "s3cr\\"et"}', "pin": 1234567, "key": {"t0ken-1": "abc"}}
    shown = str(attributes(Side(None), Side(url), (), hidden))
    assert "s3cr" not in shown
    assert "123456" not in shown
    assert "t0ken-1" not in shown
    assert '"abc"' in shown


CANARY = "c4n4ry"
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))


@st.composite
def masked(draw: st.DrawFn, depth: int = 3) -> tuple[Any, Any]:
    """A value with a mask of its shape; what the mask hides contains the canary."""
    kind = draw(st.sampled_from(["leaf", "secret", "map", "list"] if depth else ["leaf", "secret"]))
    if kind == "leaf":
        return draw(LEAVES), draw(st.sampled_from([False, {}, [], None]))
    if kind == "secret":
        inside = draw(st.sampled_from([CANARY, [CANARY], {"x": CANARY}, f'{{"x": "{CANARY}"}}', CANARY * 2]))
        return inside, True
    if kind == "map":
        keys = draw(st.lists(st.sampled_from("abc"), unique=True))
        items = {key: draw(masked(depth - 1)) for key in keys}
        return {key: pair[0] for key, pair in items.items()}, {key: pair[1] for key, pair in items.items()}
    pairs = draw(st.lists(masked(depth - 1), max_size=3))
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


@given(masked(), masked(), st.sampled_from([{}, {"a": True}, [True], True, False, None]))
def test_no_mask_lets_a_sensitive_value_through(before: Any, after: Any, unknown: Any) -> None:
    found = attributes(Side(*before), Side(*after, unknown), (), Hidden())
    assert CANARY not in repr(found)
    assert CANARY not in repr(attributes(Side(*before), Side(), (), Hidden()))


@given(masked())
def test_what_a_mask_hides_is_found(value: tuple[Any, Any]) -> None:
    found = list(secrets_in(*value))
    assert all(CANARY in text for text in found)
    assert (CANARY in repr(value[0])) == bool(found)
