# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tasks found on many hosts, put together."""

from __future__ import annotations

from ansible_collections.slipway.deploy.plugins.filter.gathered import FilterModule
from ansible_collections.slipway.deploy.plugins.module_utils.hosts.gather import gathered

HOSTVARS = {
    "a": {"__shown": {"active": True}, "__staged": {"ping": "pong"}, "other": 1},
    "b": {"other": 2},
}


def test_variables_have_the_names_that_are_asked_for() -> None:
    assert gathered(HOSTVARS, ["a"], shown="__shown") == {"a": {"shown": {"active": True}}}


def test_what_is_not_there_is_left_out() -> None:
    assert gathered(HOSTVARS, ["b", "gone"], shown="__shown") == {"b": {}}


def test_it_is_a_filter() -> None:
    assert FilterModule().filters() == {"gathered": gathered}
