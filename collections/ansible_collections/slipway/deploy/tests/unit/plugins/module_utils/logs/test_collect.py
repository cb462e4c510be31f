# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What leaves a host of its logs: no private key, no value of the service, nothing that looks like a secret."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.slipway.deploy.plugins.module_utils.logs.collect import redacted

BEGIN, END = "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"
lines = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20), max_size=5)


@given(lines, lines, lines)
def test_nothing_of_a_private_key_is_left(before: list[str], body: list[str], after: list[str]) -> None:
    marked = [f"KEYBODY {line}" for line in body]
    found = redacted([*before, f"12:00 {BEGIN}", *marked, f"12:01 {END}", *after], [])
    assert not any("KEYBODY" in line for line in found)
    assert len(found) == len(before) + 1 + len(after)
    assert found[len(before)] == "12:00 [redacted private key]"


def test_a_key_on_one_line_ends_there() -> None:
    assert redacted([f"x {BEGIN}abc{END} y", "next"], []) == ["x [redacted private key]", "next"]


def test_the_service_s_own_values_go_and_long_lines_stay() -> None:
    tail = "at com.example.Frame " * 40
    assert redacted([f"login of hunter2000 failed {tail}"], ["hunter2000"]) == [
        f"login of [redacted] failed {tail}".rstrip()
    ]
